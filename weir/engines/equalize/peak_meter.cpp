#include "weir/engines/equalize/peak_meter.hpp"

#include <cmath>
#include <limits>

namespace weir::equalize {

float PeakMeter::look(const float* samples, int frames, std::uint64_t& over, std::uint64_t& not_finite) noexcept {
  float peak = 0;
  int loud = 0, finite = 0;
  for (int i = 0; i < frames; ++i) {
    const float magnitude = std::fabs(samples[i]);
    const bool is_finite = magnitude <= std::numeric_limits<float>::max();
    const float counted = is_finite ? magnitude : 0;
    peak = counted > peak ? counted : peak;
    loud += counted > 1;
    finite += is_finite;
  }
  over += static_cast<std::uint64_t>(loud);
  not_finite += static_cast<std::uint64_t>(frames - finite);
  return peak;
}

void PeakMeter::note(Side& side, float peak) noexcept {
  // Only this thread writes `peak`; `recent` is also taken by the reader.
  if (peak > side.peak.load(std::memory_order_relaxed)) side.peak.store(peak, std::memory_order_relaxed);
  for (float known = side.recent.load(std::memory_order_relaxed);
       peak > known && !side.recent.compare_exchange_weak(known, peak, std::memory_order_relaxed);) {
  }
}

void PeakMeter::process(const float* left, const float* right, int frames) noexcept {
  if (frames <= 0) return;
  std::uint64_t over = 0, not_finite = 0;
  note(left_, look(left, frames, over, not_finite));
  note(right_, look(right, frames, over, not_finite));
  if (over != 0) over_.fetch_add(over, std::memory_order_relaxed);
  if (not_finite != 0) not_finite_.fetch_add(not_finite, std::memory_order_relaxed);
}

PeakMeter::Peaks PeakMeter::peaks() const noexcept {
  return {left_.peak.load(std::memory_order_relaxed), right_.peak.load(std::memory_order_relaxed)};
}

PeakMeter::Peaks PeakMeter::take_recent() noexcept {
  return {left_.recent.exchange(0, std::memory_order_relaxed), right_.recent.exchange(0, std::memory_order_relaxed)};
}

}  // namespace weir::equalize
