// Waiting that always ends: until an instant, or until asked to stop, whichever comes first.
#pragma once

#include <atomic>
#include <stop_token>

#include "weir/core/clock.hpp"

namespace weir::media {

// False if stopped before `until`.
// Thread-safety: any thread.  Allocates: never.  Blocks: at most until `until`.  Ownership: none.
inline bool sleep_until(Clock& clock, Instant until, const std::stop_token& stop) {
  std::atomic<std::uint32_t> stopped{0};
  std::stop_callback wake(stop, [&stopped] {
    stopped.store(1, std::memory_order_release);
    Clock::wake_all(stopped);
  });
  while (stopped.load(std::memory_order_acquire) == 0) {
    if (clock.now() >= until) return true;
    clock.wait(stopped, 0, until);
  }
  return false;
}

}  // namespace weir::media
