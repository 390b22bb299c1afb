// Supervisor: one child per camera, document, device. A child that fails takes nothing else down and comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir {

enum class ChildState { connecting, up, stalled, parked, ended };
std::string_view to_string(ChildState state) noexcept;

// How one run of a child came to an end.
struct Outcome {
  enum class Kind {
    done,         // nothing left to do: the child is `ended`
    failed,       // cannot work, and trying again would not help: `ended`, with the error
    unreachable,  // refused, timed out, gone: tried again for ever, jittered backoff up to 3 s
    crashed,      // broke while working: tried again; too many in a minute park it for 60 s
    park,         // must not run as it is (a memory bound): parked for 60 s
  };
  Kind kind = Kind::done;
  Error error = {};  // why, unless done
};

struct ChildReport {
  std::string id;
  ChildState state = ChildState::connecting;
  std::string reason;          // one line for people, empty when all is well
  std::optional<Error> error;  // what the reason was made from
  Instant since;               // when the state was entered
  std::uint64_t restarts = 0;
  std::map<std::string, std::uint64_t> causes;  // restarts by cause: the name of the error's code
};

// When to try again: the rule alone, without threads.
// Thread-safety: one thread.  Allocates: never.  Blocks: never.  Ownership: value type.
class RestartPolicy {
 public:
  static constexpr Nanos max_backoff = std::chrono::seconds(3);
  static constexpr Nanos first_backoff = std::chrono::milliseconds(250);
  static constexpr Nanos window = std::chrono::minutes(1);
  static constexpr Nanos parked_for = std::chrono::seconds(60);

  struct Decision {
    bool again = false;
    bool parked = false;
    Nanos after{0};
  };

  // More than `max_restarts` crashes within a minute park the child.
  RestartPolicy(std::uint64_t max_restarts, std::uint64_t seed) noexcept;
  // The child worked: the next failure starts with a short wait again.
  void worked() noexcept { failures_ = 0; }
  Decision after(Outcome::Kind kind, Instant now) noexcept;

 private:
  Nanos backoff() noexcept;
  static constexpr std::size_t max_remembered = 64;
  std::uint64_t max_restarts_;
  std::uint64_t random_;
  unsigned failures_ = 0;
  std::size_t crashes_ = 0;  // in `recent_`, oldest first
  Instant recent_[max_remembered];
};

// Runs each child on a thread of its own, in an account of its own.
// Thread-safety: all members from any thread.  Allocates: yes.  Blocks: stop() and join().
// Ownership: owns its threads; destroying it stops and joins them.
class Supervisor {
 public:
  struct Options {
    Clock* clock = &Clock::real();
    std::uint64_t max_restarts = 5;  // crashes in a minute before a child is parked, 1 to 64
    std::uint64_t seed = 0;          // of the jitter; 0 takes one from the clock
    // Told of every change, on the child's thread.
    std::function<void(const ChildReport&)> on_change = {};
  };

  // What a child's run may use.
  class Child {
   public:
    const std::stop_token& stop() const noexcept { return stop_; }
    void up();                         // works: from now on a failure starts with a short wait again
    void stalled(std::string reason);  // connected, but nothing comes
   private:
    friend class Supervisor;
    struct Running;
    Child(Supervisor& of, Running& running, std::stop_token stop)
        : of_(of), running_(running), stop_(std::move(stop)) {}
    Supervisor& of_;
    Running& running_;
    std::stop_token stop_;
  };

  explicit Supervisor(Options options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // `run` is called again after each restart; it returns soon after child.stop() asks. What its thread allocates
  // belongs to the account of the child's id.
  void add(std::string id, std::function<Outcome(Child&)> run);
  // Asks all children to stop; does not wait.
  void stop() noexcept;
  // Waits until no child runs any more. A child that was stopped while it waited to be tried again keeps its state and
  // its reason.
  void join();
  bool all_ended() const;
  std::vector<ChildReport> report() const;

 private:
  static Outcome contained(Child::Running& running, Child& child);
  void supervise(Child::Running& running, const std::stop_token& stop);
  void change(Child::Running& running, ChildState state, std::string reason, std::optional<Error> error = {});
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir
