// Running programs from tests: start, watch their output, signal, and never leave one behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace weir::test {

using Watchdog = std::chrono::seconds;
// Long enough that only a hang reaches it, on a busy machine and under sanitizers.
constexpr Watchdog patient{120};

struct Command {
  std::vector<std::string> argv;                        // argv[0]: a path, or a name looked up in PATH
  std::map<std::string, std::string> env = {};          // added to this process's own
  std::vector<std::string> unset = {};                  // taken out of it
  std::filesystem::path cwd = {};                       // empty: this process's own
  std::size_t max_output_bytes = std::size_t{8} << 20;  // per stream; what is beyond is read and counted, not kept
};

// How a program ended. Exactly one of exit_code, signal, start_error is set.
struct Outcome {
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::string start_error;  // it could not be executed at all
  bool watchdog = false;    // the watchdog ended it: a hang
  std::string out, err;
  std::uint64_t discarded_bytes = 0;

  bool ok() const noexcept { return exit_code == 0 && !watchdog; }
  // "exit 2", "signal 6", "hung …" with the tail of both outputs: for a failed expectation's message.
  std::string line() const;
};

// A program in the background. Its destructor kills and reaps it, and what it left in its process group.
// Thread-safety: all members from any thread, but wait() from one.  Allocates: yes.
// Blocks: wait_for_output(), wait(), the destructor.  Ownership: owns the process.
class Process {
 public:
  explicit Process(const Command& command);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  pid_t pid() const noexcept;
  bool running() const;
  // False if it has ended already.
  bool send(int signal);

  // Waits until a line of stdout or stderr matches (ECMAScript), and gives the match's groups: [0] is all of it.
  // Nothing if the program ends first or the watchdog runs out.
  std::optional<std::vector<std::string>> wait_for_output(const std::string& pattern, Watchdog watchdog = patient);

  // What it has written until now.
  std::string out() const;
  std::string err() const;

  // Waits for the end; kills it when the watchdog runs out.
  Outcome wait(Watchdog watchdog = patient);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Outcome run(const Command& command, Watchdog watchdog = patient);

// A program of this build ($WEIR_TEST_BIN_DIR), or nothing if it was not built.
std::optional<std::filesystem::path> program(std::string_view name);

// A fresh directory that is removed with everything in it at the end of the scope.
class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace weir::test
