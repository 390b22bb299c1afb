// Backoff: how long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/core/clock.hpp"

namespace weir::notify {

// Doubles from `first` to `longest`; each is jittered from half to whole, so that those who lost the same receiver do
// not come back in step.
// Thread-safety: one thread.  Allocates: never.  Blocks: never.  Ownership: value type.
class Backoff {
 public:
  Backoff(Nanos first, Nanos longest, std::uint64_t seed) noexcept
      : first_(first), longest_(longest), next_(first), random_(seed | 1) {}

  Nanos next() noexcept {
    const Nanos whole = next_;
    next_ = std::min(longest_, next_ * 2);
    // Xorshift (Marsaglia 2003).
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return whole / 2 + Nanos(static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(whole.count() / 2 + 1)));
  }
  // The receiver answered: the next failure starts with a short wait again.
  void worked() noexcept { next_ = first_; }

 private:
  Nanos first_, longest_, next_;
  std::uint64_t random_;
};

}  // namespace weir::notify
