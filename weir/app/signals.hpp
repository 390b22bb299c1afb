// SIGINT and SIGTERM ask a program to end well; a second one ends it at once.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace weir::app {

// Make it first in main(), before any other thread: threads inherit the blocked signals. SIGPIPE is ignored, so that a
// client that goes away is an error of that write and nothing more.
// Thread-safety: all members from any thread.  Allocates: construction only.  Blocks: the destructor, briefly.
// Ownership: one per process; restores nothing.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  std::stop_token stop() const noexcept { return stop_.get_token(); }
  // The first signal that came, 0 if none.
  int received() const noexcept { return received_.load(); }
  // 128 + the signal that came, or `otherwise`.
  int exit_status(int otherwise) const noexcept;

 private:
  void wait();
  std::stop_source stop_;
  std::atomic<int> received_{0};
  int signals_ = -1;  // signalfd
  int ended_ = -1;    // eventfd: the destructor's word to the thread
  std::thread thread_;
};

}  // namespace weir::app
