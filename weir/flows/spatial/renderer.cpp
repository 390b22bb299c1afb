#include "weir/flows/spatial/renderer.hpp"

#include <algorithm>
#include <utility>

namespace weir::spatial {

Result<std::unique_ptr<Renderer>> Renderer::make(RendererOptions options, std::unique_ptr<Sound> first) {
  auto convolver = convolve::Convolver::make(options.shape);
  if (!convolver) return tl::unexpected(convolver.error());
  // Before the first sample there is nothing to fade from.
  if (!(*convolver)->fade_to(first->filter.release(), 0)) fatal("a new convolver did not take its first filter");
  return std::unique_ptr<Renderer>(new Renderer(options, std::move(first), std::move(*convolver)));
}

Renderer::Renderer(RendererOptions options, std::unique_ptr<Sound> first,
                   std::unique_ptr<convolve::Convolver> convolver)
    : options_(options), heard_(first.release()), convolver_(std::move(convolver)), gain_(heard_->gain) {
  if (!equalizer_.fade_to(heard_->equalization.release(), 0)) fatal("a new equalizer did not take its first filters");
  if (options.limiter) limiter_.emplace(options.rate_hz);
}

Renderer::~Renderer() {
  delete heard_;
  delete fading_;
  delete waiting_;
}

void Renderer::process(const float* const* in, float* left, float* right, int frames) noexcept {
  follow_changes();
  float* const ears[] = {left, right};
  convolver_->process(in, ears, frames);
  if (!equalizer_.flat()) equalizer_.process(left, right, frames);
  gain_.process(left, right, frames);
  if (limiter_) limiter_->process(left, right, frames);
  meter_.process(left, right, frames);
  non_finite_.store(convolver_->non_finite(), std::memory_order_relaxed);
  frames_.fetch_add(static_cast<std::uint64_t>(frames), std::memory_order_relaxed);
}

// One change after another: what fades out goes back when all parts have let go of it, and only then comes the next.
void Renderer::follow_changes() noexcept {
  if (fading_ != nullptr) {
    if (!fading_->filter) fading_->filter.reset(convolver_->retired());
    if (!fading_->filter || equalizer_.fading()) return;
    fading_->equalization.reset(equalizer_.retired());
    handover_.put_back(std::exchange(fading_, nullptr));
  }
  if (Sound* const next = handover_.take()) {
    if (waiting_ != nullptr) handover_.put_back(waiting_);
    waiting_ = next;
  }
  // The convolver refuses while it has not yet begun with the one before.
  if (waiting_ == nullptr || !convolver_->fade_to(waiting_->filter.get(), options_.fade_frames)) return;
  (void)waiting_->filter.release();
  // Its fade is over, and what it had was fetched.
  if (equalizer_.fade_to(waiting_->equalization.get(), options_.fade_frames)) (void)waiting_->equalization.release();
  gain_.ramp_to(waiting_->gain, options_.fade_frames);
  fading_ = std::exchange(heard_, std::exchange(waiting_, nullptr));
  changes_.fetch_add(1, std::memory_order_relaxed);
}

RendererReport Renderer::report() const noexcept {
  const equalize::PeakMeter::Peaks peaks = meter_.peaks();
  return {.frames = frames_.load(std::memory_order_relaxed),
          .changes = changes_.load(std::memory_order_relaxed),
          .non_finite = non_finite_.load(std::memory_order_relaxed),
          .clipped_samples = meter_.over(),
          .peak = std::max(peaks.left, peaks.right),
          .limited_frames = limiter_ ? limiter_->limited_frames() : 0};
}

}  // namespace weir::spatial
