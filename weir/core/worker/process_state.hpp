// What a Process is made of, and the thread that watches over its child.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "weir/core/worker/launch.hpp"
#include "weir/core/worker/process.hpp"

namespace weir::worker {

// The watcher starts the child, hears of its violations, its silence and its end, and is the only one that kills and
// reaps it. The child's end follows that of the thread that started it, so this thread is the one: it lives as long.
// Verdicts may come from any thread; the first one counts.
struct Process::State {
  explicit State(ProcessOptions asked, detail::ControlMemory memory, detail::Descriptor its_socket)
      : options(std::move(asked)), control(std::move(memory)), socket(std::move(its_socket)) {}
  // The child is dead and reaped, the watcher gone.
  ~State();

  // Why the child has to end. False: there is another reason already, or it has ended.
  bool judge(Cause cause, std::string text);
  bool judged() const noexcept { return is_judged.load(std::memory_order_acquire); }
  bool over() const noexcept { return is_over.load(std::memory_order_acquire); }
  void wake_watcher() const noexcept;
  // Waits until the child is reaped.
  const End& wait_for_end();
  void wait_for_end(Instant deadline);

  const ProcessOptions options;
  detail::ControlMemory control;
  detail::Descriptor socket, child_end, wake, pidfd, violations;

  // Used by the thread that sends and receives.
  RingWriter writer{control->to_child};
  RingReader reader{control->to_parent};

  std::atomic<pid_t> pid{0};
  std::atomic<Instant> expected{never};  // the child must say something until then
  std::atomic<Instant> planned{never};   // until when the watcher sleeps
  std::atomic<bool> is_judged{false}, is_over{false};

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;              // the sandbox is in force
  bool too_slow = false;           // it was not until start_timeout
  std::optional<Error> unstarted;  // there is no child and was none
  std::optional<End> verdict;
  std::optional<End> ended;

  std::thread watcher;

  // The watcher's own.
  void watch();

 private:
  bool launch();
  Instant look_at_deadlines(Instant now);
  void sleep_until(Instant deadline);
  void hear_from_child();
  void hear_of_violation();
  void carry_out_verdict(Instant now);
  void kill_group() noexcept;
  void reap();
  End classify(int code, int status);

  Instant start_deadline_ = never, kill_at_ = never;
  bool greeted_ = false, asked_to_end_ = false, killed_ = false;
};

}  // namespace weir::worker
