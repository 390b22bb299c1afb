// Waker: tells the server's thread that there is something to send, at the price of one system call per nap.
#pragma once

#include <atomic>

namespace weir::server {

// Thread-safety: notify() from any thread, drain() from the server's.  Allocates: never.  Blocks: never.
// Ownership: owns its event descriptor; outlives server and producers.
class Waker {
 public:
  Waker() noexcept;
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // A system call unless a wake-up is under way already: not for hot paths.
  void notify() noexcept;
  // To be called before looking for work: what is posted afterwards wakes again.
  void drain() noexcept;
  int descriptor() const noexcept { return fd_; }

 private:
  int fd_;
  std::atomic<bool> pending_{false};
};

}  // namespace weir::server
