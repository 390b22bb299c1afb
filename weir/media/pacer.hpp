// Pacer: lets packets through at the rate at which they were taken.
#pragma once

#include <cstdint>
#include <stop_token>

#include "weir/core/clock.hpp"
#include "weir/media/wait.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: never.  Blocks: until a packet is due or stopped.  Ownership: borrows
// the clock.
class Pacer {
 public:
  explicit Pacer(Clock& clock) : clock_(clock) {}

  // Waits until `media_us` is due. False if stopped first.
  bool wait(std::int64_t media_us, const std::stop_token& stop) {
    const Instant now = clock_.now();
    Instant due = start_ + std::chrono::microseconds(media_us - first_us_);
    // After a pause (a suspended machine, a consumer that waited) go on from here: no burst to catch up.
    if (!started_ || now - due > patience) {
      started_ = true;
      start_ = due = now;
      first_us_ = media_us;
    }
    return sleep_until(clock_, due, stop);
  }

 private:
  static constexpr Nanos patience = std::chrono::milliseconds(500);
  Clock& clock_;
  Instant start_{};
  std::int64_t first_us_ = 0;
  bool started_ = false;
};

}  // namespace weir::media
