#include "weir/engines/equalize/equalizer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "weir/core/quiet_denormals.hpp"

namespace weir::equalize {

bool Equalizer::fade_to(Equalization* next, int frames) noexcept {
  if (fading() || retired_ != nullptr) return false;
  next_.reset(next);
  memories_[1 - which_] = {};
  fade_frames_ = std::max(frames, 1);
  faded_ = 0;
  if (frames <= 0 || silent_) end_fade();
  return true;
}

void Equalizer::end_fade() noexcept {
  retired_ = std::move(now_);
  now_ = std::move(next_);
  which_ = 1 - which_;
  fade_frames_ = faded_ = 0;
}

void Equalizer::reset() noexcept {
  if (fading()) end_fade();
  memories_[which_] = {};
  silent_ = true;
}

Stereo Equalizer::filter(const Equalization* equalization, Memories& memories, Stereo in) noexcept {
  if (equalization == nullptr) return in;
  Stereo out = in * equalization->gain_;
  Memory* memory = memories.data();
  for (const Equalization::Section& section : equalization->sections_) {
    const Stereo x = out;
    out = section.b0 * x + memory->one;
    memory->one = section.b1 * x - section.a1 * out + memory->two;
    memory->two = section.b2 * x - section.a2 * out;
    ++memory;
  }
  return out;
}

Stereo Equalizer::take(float left, float right) noexcept {
  const float l = finite(left), r = finite(right);
  not_finite_ += !std::isfinite(left) + !std::isfinite(right);
  return Stereo{l, r};
}

void Equalizer::process(float* left, float* right, int frames) noexcept {
  const QuietDenormals quiet;
  silent_ = silent_ && frames <= 0;
  if (fading()) {
    const int some = std::min(frames, fade_frames_ - faded_);
    run_fade(left, right, some);
    left += some, right += some, frames -= some;
  }
  run(left, right, frames);
}

void Equalizer::run(float* left, float* right, int frames) noexcept {
  for (int i = 0; i < frames; ++i) {
    const Stereo out = filter(now_.get(), memories_[which_], take(left[i], right[i]));
    left[i] = to_float(out[0]);
    right[i] = to_float(out[1]);
  }
}

void Equalizer::run_fade(float* left, float* right, int frames) noexcept {
  const double step = 1.0 / fade_frames_;
  for (int i = 0; i < frames; ++i) {
    const Stereo in = take(left[i], right[i]);
    const Stereo from = filter(now_.get(), memories_[which_], in);
    const Stereo to = filter(next_.get(), memories_[1 - which_], in);
    const double share = faded_++ * step;
    const Stereo out = from + (to - from) * Stereo{share, share};
    left[i] = to_float(out[0]);
    right[i] = to_float(out[1]);
  }
  if (faded_ == fade_frames_) end_fade();
}

}  // namespace weir::equalize
