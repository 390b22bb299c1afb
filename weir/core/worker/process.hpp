// Process: a worker seen from its parent. Started, spoken to, watched, ended, reaped.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/core/worker/message.hpp"

namespace weir::worker {

// Why a worker ended.
enum class Cause : std::uint8_t {
  asked,     // its parent was done with it
  finished,  // it exited by itself with status 0
  failed,    // it exited with another status
  crash,     // a signal that nobody sent on purpose
  hang,      // it held work and said nothing until the deadline
  memory,    // it needed more than its limit
  protocol,  // it said what cannot be
  sandbox,   // it tried what it may not
};
constexpr std::size_t cause_count = 8;
std::string_view to_string(Cause cause) noexcept;

struct End {
  Cause cause = Cause::asked;
  std::string text;  // one line: "ended by SIGSEGV", "tried openat(\"/etc/passwd\")"
};

struct ProcessOptions {
  std::string id;                                         // shown to people: "front/decode"
  std::string owner;                                      // the account that its memory belongs to
  std::filesystem::path executable;                       // see worker_executable()
  std::size_t memory_max_bytes = std::size_t{512} << 20;  // private memory (RLIMIT_DATA); not in sanitizer builds
  Nanos start_timeout = std::chrono::seconds(10);         // from exec until it is in its sandbox
};

// All workers of one id, those that are gone included.
struct ProcessReport {
  std::string id, owner;
  pid_t pid = 0;             // 0: none runs now
  std::uint64_t starts = 0;  // restarts are one less
  std::array<std::uint64_t, cause_count> causes{};
  std::uint64_t revoked_leases = 0;
  std::string last_end;  // End::text of the last one that did not end as asked
  std::string sandbox;   // what is in force, for people: "no files, no network, no new processes"; or why not
};

enum class Received : std::uint8_t { message, deadline, stopped, ended };

// The child dies with this process, however that ends (PDEATHSIG), stopped or not.
// Thread-safety: send() and receive() from one thread; the rest from any.  Allocates: start() and the end.
// Blocks: start(), receive(), end() and the destructor.  Ownership: owns the child: it is dead and reaped afterwards.
class Process {
 public:
  // Starts the executable in its own process group, hands over `job` (its own format, at most 60 KiB) and
  // `descriptors` (at most 8), and waits until its sandbox is in force. Errors: not_found, failed (it ended: why),
  // unreachable (start_timeout), cancelled.
  static Result<std::unique_ptr<Process>> start(ProcessOptions options, std::span<const std::byte> job,
                                                std::span<const int> descriptors, const std::stop_token& stop);
  ~Process();

  // False: it has ended, or has not read the last 256 messages.
  bool send(const Message& message) noexcept;
  // Sends the message and, behind it, the pool's memory, which the child takes with Child::map(). The pool must be
  // `shared`.
  Result<void> send_memory(const Message& message, const Pool& pool);
  // The next message. A ring that makes no sense convicts the child.
  Received receive(Message& message, Instant deadline, const std::stop_token& stop = {});

  // The child must say something until then, or it is ended for `hang`; `never`: it owes nothing.
  void expect_until(Instant deadline) noexcept;
  // It said what cannot be: it is ended for `protocol`. `what` is one line.
  void convict(std::string what);
  // Ends it: asks, waits a moment, kills, reaps. Nothing of it runs afterwards, so its leases may be revoked. The first
  // call's cause stays.
  const End& end();
  // Set once it has ended by itself or was ended, and was reaped.
  std::optional<End> ended() const;
  // For the report: leases that were lent when it died. One that ended as asked gave them back in good order: its are
  // not counted.
  void count_revoked(std::size_t leases) noexcept;

  pid_t pid() const noexcept;  // 0: it is reaped
  const std::string& id() const noexcept;

  static std::vector<ProcessReport> report_all();

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "weir-worker-NAME" beside the running executable, or in $WEIR_TEST_BIN_DIR in builds with test hooks.
std::filesystem::path worker_executable(std::string_view name);

}  // namespace weir::worker
