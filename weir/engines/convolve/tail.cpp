#include "weir/engines/convolve/tail.hpp"

#include <algorithm>
#include <limits>

namespace weir::convolve {
namespace {

// At a sound card's pace caches are cold, which a transform of a whole partition feels more than products that stream
// through memory either way: by this much, measured at 16384 taps in blocks of 128.
constexpr float cold_fft = 1.5F;

}  // namespace

float Tail::group_ns(const Lane& lane) const noexcept {
  return Cost::group_ns + static_cast<float>(lane.spectra->terms()) * term_ns_;
}

Tail::Tail(const Plan& plan, std::size_t index, const Kernels& kernels)
    : inputs_(plan.inputs),
      index_(index),
      level_(plan.levels[index]),
      kernels_(kernels),
      fft_(level_.size, kernels, plan.effort),
      history_(inputs_, level_),
      input_(inputs_),
      lane_(max_filters),
      fft_ns_(cold_fft * Cost::fft_ns(level_.size)),
      term_ns_(Cost::term_ns(plan.bytes())) {
  for (Lane& lane : lanes_) {
    for (Floats& sum : lane.sums) sum = Floats(RealFft::sum_floats(level_.size));
    for (auto& ears : lane.results)
      for (Floats& result : ears) result = Floats(2 * level_.size);
  }
}

void Tail::begin(const float* windows, std::size_t stride, const Filter* const filters[max_filters]) noexcept {
  windows_ = windows;
  stride_ = stride;
  history_.turn();
  input_ = lane_ = group_ = ear_ = 0;
  done_ns_ = 0;
  work_ns_ = static_cast<float>(inputs_) * fft_ns_;
  // What was computed in the last period is heard now.
  parity_ ^= 1;
  for (std::size_t i = 0; i < max_filters; ++i) {
    Lane& lane = lanes_[i];
    lane.ready[parity_ ^ 1] = false;
    lane.spectra = filters[i] != nullptr ? &filters[i]->level(index_) : nullptr;
    if (lane.spectra != nullptr && lane.spectra->terms() == 0) lane.spectra = nullptr;
    if (lane.spectra == nullptr) continue;
    work_ns_ += 2 * fft_ns_ + static_cast<float>(groups()) * group_ns(lane);
  }
}

void Tail::advance(std::size_t elapsed) noexcept {
  // At the end everything is due, whatever rounding says.
  due_ns_ = elapsed == level_.size ? std::numeric_limits<float>::max()
                                   : work_ns_ * static_cast<float>(elapsed) / static_cast<float>(level_.size);
  if (!transform_inputs()) return;
  for (; lane_ < max_filters; ++lane_) {
    Lane& lane = lanes_[lane_];
    if (lane.spectra == nullptr) continue;
    if (!multiply(lane) || !transform_back(lane)) return;
    lane.ready[parity_ ^ 1] = true;
    group_ = ear_ = 0;
  }
}

bool Tail::transform_inputs() noexcept {
  for (; input_ < inputs_; ++input_) {
    if (!due(fft_ns_)) return false;
    fft_.forward(windows_ + input_ * stride_, history_.newest(input_), history_.group_stride());
    done_ns_ += fft_ns_;
  }
  return true;
}

bool Tail::multiply(Lane& lane) noexcept {
  if (group_ == groups()) return true;
  const float one_ns = group_ns(lane);
  const float behind = (due_ns_ - done_ns_) / one_ns + 0.5F;
  const std::size_t left = groups() - group_;
  const std::size_t now = behind >= static_cast<float>(left) ? left : static_cast<std::size_t>(std::max(behind, 0.0F));
  if (now > 0) {
    float* const sums[2] = {lane.sums[0].data(), lane.sums[1].data()};
    kernels_.multiply_add(history_.terms(*lane.spectra, 0, lane.spectra->terms()), level_.size, group_, group_ + now,
                          nullptr, sums);
    group_ += now;
    done_ns_ += static_cast<float>(now) * one_ns;
  }
  return now == left;
}

bool Tail::transform_back(Lane& lane) noexcept {
  for (; ear_ < 2; ++ear_) {
    if (!due(fft_ns_)) return false;
    fft_.inverse(lane.sums[ear_].data(), lane.results[parity_ ^ 1][ear_].data());
    done_ns_ += fft_ns_;
  }
  return true;
}

const float* Tail::result(std::size_t filter, std::size_t ear) const noexcept {
  const Lane& lane = lanes_[filter];
  return lane.ready[parity_] ? lane.results[parity_][ear].data() + level_.size : nullptr;
}

void Tail::forget(std::size_t filter) noexcept {
  lanes_[filter].spectra = nullptr;
  lanes_[filter].ready[0] = lanes_[filter].ready[1] = false;
}

void Tail::clear() noexcept {
  history_.clear();
  for (std::size_t i = 0; i < max_filters; ++i) forget(i);
  input_ = inputs_;
  lane_ = max_filters;
}

}  // namespace weir::convolve
