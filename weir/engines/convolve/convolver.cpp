#include "weir/engines/convolve/convolver.hpp"

#include <algorithm>

#include "weir/core/quiet_denormals.hpp"

namespace weir::convolve {

Result<std::unique_ptr<Convolver>> Convolver::make(const Shape& shape) {
  const Result<Plan> plan = plan_for(shape);
  if (!plan) return tl::unexpected(plan.error());
  return make(*plan);
}

std::unique_ptr<Convolver> Convolver::make(const Plan& plan, const Kernels& kernels) {
  return std::unique_ptr<Convolver>(new Convolver(plan, kernels));
}

Convolver::Convolver(const Plan& plan, const Kernels& kernels)
    : plan_(plan),
      kernels_(kernels),
      fft_(head_size(), kernels, plan.effort),
      history_(plan.inputs, plan.levels.front()),
      longest_(plan.levels.back().size),
      ring_(3 * longest_),  // a window of two partitions, and one that is written meanwhile
      stride_(ring_ + longest_ + group_bins),
      samples_(plan.inputs * stride_),
      mixed_(head_size()) {
  for (std::size_t i = 1; i < plan.levels.size(); ++i) tails_.push_back(std::make_unique<Tail>(plan, i, kernels));
  for (Lane& lane : lanes_) {
    for (std::size_t ear = 0; ear < 2; ++ear) {
      lane.older[ear] = Floats(RealFft::sum_floats(head_size()));
      lane.sums[ear] = Floats(RealFft::sum_floats(head_size()));
      lane.times[ear] = Floats(2 * head_size());
    }
  }
}

Convolver::~Convolver() = default;

void Convolver::process(const float* const* in, float* const* out, int frames) noexcept {
  const QuietDenormals quiet;
  const std::size_t all = frames > 0 ? static_cast<std::size_t>(frames) : 0;
  for (std::size_t done = 0; done < all;) {
    const std::size_t now = std::min(all - done, head_size() - filled_);
    piece(in, out, done, now);
    done += now;
  }
}

void Convolver::piece(const float* const* in, float* const* out, std::size_t offset, std::size_t frames) noexcept {
  end_fade_if_over();
  if (filled_ == 0) begin_periods();
  take_in(in, offset, frames);
  transform_head();
  const bool whole = frames == head_size(), fades = in_fade();
  if (current_ != nullptr) multiply_head(*current_, lanes_[lane_], whole);
  if (fades) multiply_head(*next_, lanes_[lane_ ^ 1], whole);
  for (std::size_t ear = 0; ear < 2; ++ear) {
    sum_up(lane_, ear, frames, out[ear] + offset);
    if (!fades) continue;
    sum_up(lane_ ^ 1, ear, frames, mixed_.data());
    fade(out[ear] + offset, mixed_.data(), frames);
  }
  position_ += frames;
  filled_ = whole ? 0 : (filled_ + frames) % head_size();
  for (const auto& tail : tails_) {
    const std::size_t elapsed = position_ % tail->size();
    tail->advance(elapsed == 0 ? tail->size() : elapsed);
  }
  end_fade_if_over();
}

void Convolver::begin_periods() noexcept {
  history_.turn();
  const std::uint64_t fade_end = fade_start_ + fade_frames_;
  for (const auto& tail : tails_) {
    const std::size_t size = tail->size();
    if (position_ % size != 0) continue;
    // Heard in the period after this one: whoever has a share in that.
    const Filter* filters[max_filters] = {};
    if (next_ == nullptr || position_ + size < fade_end) filters[lane_] = current_.get();
    if (next_ != nullptr && position_ + 2 * size > fade_start_) filters[lane_ ^ 1] = next_.get();
    const std::size_t begin = static_cast<std::size_t>((position_ + ring_ - 2 * size) % ring_);
    tail->begin(samples_.data() + begin, stride_, filters);
  }
}

void Convolver::take_in(const float* const* in, std::size_t offset, std::size_t frames) noexcept {
  const auto place = static_cast<std::size_t>(position_ % ring_);
  const std::size_t missing = head_size() - filled_ - frames;
  for (std::size_t input = 0; input < plan_.inputs; ++input) {
    float* const to = samples_.data() + input * stride_ + place;
    if (in[input] != nullptr)
      non_finite_ += kernels_.copy_sound(in[input] + offset, to, frames, largest_sample);
    else
      std::fill_n(to, frames, 0.0F);
    std::fill_n(to + frames, missing, 0.0F);
    if (place < longest_) std::copy_n(to, frames + missing, to + ring_);
  }
}

void Convolver::transform_head() noexcept {
  const auto begin = static_cast<std::size_t>((position_ - filled_ + ring_ - head_size()) % ring_);
  for (std::size_t input = 0; input < plan_.inputs; ++input)
    fft_.forward(samples_.data() + input * stride_ + begin, history_.newest(input), history_.group_stride());
}

void Convolver::multiply_head(const Filter& filter, Lane& lane, bool whole) noexcept {
  const Filter::Spectra& spectra = filter.level(0);
  const std::size_t bins = head_size(), groups = bins / group_bins, newest = spectra.before[1];
  float* const sums[2] = {lane.sums[0].data(), lane.sums[1].data()};
  if (whole) {
    kernels_.multiply_add(history_.terms(spectra, 0, spectra.terms()), bins, 0, groups, nullptr, sums);
  } else {
    float* const older[2] = {lane.older[0].data(), lane.older[1].data()};
    if (filled_ == 0)
      kernels_.multiply_add(history_.terms(spectra, newest, spectra.terms()), bins, 0, groups, nullptr, older);
    const float* const base[2] = {older[0], older[1]};
    kernels_.multiply_add(history_.terms(spectra, 0, newest), bins, 0, groups, base, sums);
  }
  for (std::size_t ear = 0; ear < 2; ++ear) fft_.inverse(sums[ear], lane.times[ear].data());
}

void Convolver::sum_up(std::size_t lane, std::size_t ear, std::size_t frames, float* out) noexcept {
  const bool silent = lane == lane_ && current_ == nullptr;
  if (silent) {
    std::fill_n(out, frames, 0.0F);
    return;
  }
  std::copy_n(lanes_[lane].times[ear].data() + head_size() + filled_, frames, out);
  for (const auto& tail : tails_)
    if (const float* result = tail->result(lane, ear)) kernels_.add(result + position_ % tail->size(), out, frames);
}

void Convolver::fade(float* out, const float* next, std::size_t frames) const noexcept {
  const auto length = static_cast<float>(fade_frames_);
  for (std::size_t i = 0; i < frames; ++i) {
    const auto since = static_cast<float>(position_ + i - fade_start_);
    const float gain = std::min(since / length, 1.0F);
    out[i] += gain * (next[i] - out[i]);
  }
}

bool Convolver::fade_to(Filter* filter, int frames) noexcept {
  if (next_ != nullptr || retired_ != nullptr) return false;
  WEIR_CHECK(filter->plan() == plan_, "a filter was made for another shape than its convolver");
  // Of the levels in which there is anything.
  std::size_t longest = head_size();
  for (std::size_t i = 1; i < plan_.levels.size(); ++i)
    if (filter->level(i).terms() > 0 || (current_ != nullptr && current_->level(i).terms() > 0))
      longest = plan_.levels[i].size;
  const std::uint64_t boundary = (position_ + longest - 1) / longest * longest;
  // Before the first sample everything is silence, which is the same through any filter.
  const bool prepared = position_ == 0 || longest == head_size();
  fade_start_ = prepared ? boundary : boundary + longest;
  fade_frames_ = frames > 0 ? static_cast<std::uint64_t>(frames) : 0;
  next_.reset(filter);
  return true;
}

void Convolver::end_fade_if_over() noexcept {
  if (next_ == nullptr || position_ < fade_start_ + fade_frames_) return;
  retired_ = std::move(current_);
  current_ = std::move(next_);
  for (const auto& tail : tails_) tail->forget(lane_);
  lane_ ^= 1;
}

Filter* Convolver::retired() noexcept { return retired_.release(); }

int Convolver::fade_delay() const noexcept {
  return static_cast<int>(plan_.levels.size() > 1 ? 2 * longest_ : longest_);
}

void Convolver::reset() noexcept {
  position_ = 0;
  filled_ = 0;
  fade_start_ = fade_frames_ = 0;
  end_fade_if_over();
  history_.clear();
  samples_.clear();
  for (const auto& tail : tails_) tail->clear();
}

}  // namespace weir::convolve
