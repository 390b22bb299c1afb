#include "weir/engines/equalize/limiter.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "weir/core/quiet_denormals.hpp"
#include "weir/engines/equalize/stereo.hpp"

namespace weir::equalize {
namespace {

constexpr double look_ahead_s = 0.0015, release_s = 0.1;
constexpr std::int64_t unity = std::int64_t{1} << 30;  // factors are summed in whole 2⁻³⁰

// What lies between two samples is made of those around them. The factor stands still for so many on either side of a
// peak, so that it is the same peak, only lower.
constexpr int plateau = 6;

int ramp_frames(double rate_hz) { return std::max(1, static_cast<int>(std::lround(rate_hz * look_ahead_s / 2))); }

}  // namespace

SlidingMinimum::SlidingMinimum(int length)
    : ring_(std::bit_ceil(static_cast<std::size_t>(length) + 1)),
      mask_(ring_.size() - 1),
      length_(static_cast<std::uint64_t>(length)) {}

float SlidingMinimum::push(float value) noexcept {
  while (end_ != first_ && ring_[(end_ - 1) & mask_].value >= value) --end_;
  ring_[end_++ & mask_] = {value, now_};
  if (ring_[first_ & mask_].when + length_ == now_) ++first_;
  ++now_;
  return ring_[first_ & mask_].value;
}

std::int64_t Limiter::RunningSum::push(std::int64_t value) noexcept {
  sum_ += value - ring_[at_];
  ring_[at_] = value;
  at_ = at_ + 1 == ring_.size() ? 0 : at_ + 1;
  return sum_;
}

void Limiter::RunningSum::fill(std::int64_t value) noexcept {
  std::fill(ring_.begin(), ring_.end(), value);
  sum_ = value * static_cast<std::int64_t>(ring_.size());
}

// The averages reach 2·ramp − 1 frames back. For all of these the smallest wanted factor must have covered the plateau
// around the frame that comes out, and the interval before it.
Limiter::Limiter(double rate_hz, double ceiling_db)
    : ceiling_(static_cast<float>(std::pow(10.0, ceiling_db / 20))),
      ramp_frames_(ramp_frames(rate_hz)),
      release_(1 - std::exp(-1 / (release_s * rate_hz))),
      wanted_(2 * ramp_frames_ - 1 + 2 * plateau + 1),
      first_(ramp_frames_, unity),
      second_(ramp_frames_, unity * ramp_frames_),
      delay_(static_cast<std::size_t>(TruePeak::delay_frames + 2 * ramp_frames_ - 2 + plateau)) {}

void Limiter::reset() noexcept {
  left_peak_.reset();
  right_peak_.reset();
  last_peak_ = 0;
  wanted_.reset();
  held_ = 1;
  first_.fill(unity);
  second_.fill(unity * ramp_frames_);
  std::fill(delay_.begin(), delay_.end(), Frame{});
}

float Limiter::next_factor(float peak) noexcept {
  // A sample is part of the interval before it and of the one after it.
  const float both = std::max(peak, std::exchange(last_peak_, peak));
  const float wanted = wanted_.push(both > ceiling_ ? ceiling_ / both : 1);
  held_ = wanted < held_ ? wanted : held_ + (wanted - held_) * release_;
  if (wanted == 1 && held_ > 1 - 1e-7) held_ = 1;
  const std::int64_t sum = second_.push(first_.push(static_cast<std::int64_t>(held_ * unity)));
  return static_cast<float>(static_cast<double>(sum) / (static_cast<double>(unity) * ramp_frames_ * ramp_frames_));
}

void Limiter::process(float* left, float* right, int frames) noexcept {
  const QuietDenormals quiet;
  std::uint64_t limited = 0;
  float lowest = 1;
  while (frames > 0) {
    const int some = std::min(frames, TruePeak::most_frames);
    float left_peaks[TruePeak::most_frames], right_peaks[TruePeak::most_frames];
    for (int i = 0; i < some; ++i) left[i] = finite(left[i]), right[i] = finite(right[i]);
    left_peak_.find(left, left_peaks, some);
    right_peak_.find(right, right_peaks, some);
    for (int i = 0; i < some; ++i) {
      const float factor = next_factor(std::max(left_peaks[i], right_peaks[i]));
      const Frame out = std::exchange(delay_[at_], Frame{left[i], right[i]});
      at_ = at_ + 1 == delay_.size() ? 0 : at_ + 1;
      // The factor is right; the last bit of a product may not be.
      left[i] = std::clamp(out.left * factor, -ceiling_, ceiling_);
      right[i] = std::clamp(out.right * factor, -ceiling_, ceiling_);
      limited += factor < 1;
      lowest = std::min(lowest, factor);
    }
    left += some, right += some, frames -= some;
  }
  if (limited == 0) return;
  limited_frames_.fetch_add(limited, std::memory_order_relaxed);
  for (float known = lowest_.load(std::memory_order_relaxed);
       lowest < known && !lowest_.compare_exchange_weak(known, lowest, std::memory_order_relaxed);) {
  }
}

}  // namespace weir::equalize
