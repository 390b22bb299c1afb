// The hot path of `weir spatial`: a block of loudspeaker channels in, two ears out.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "weir/core/handover.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/convolve/convolver.hpp"
#include "weir/engines/equalize/equalizer.hpp"
#include "weir/engines/equalize/gain.hpp"
#include "weir/engines/equalize/limiter.hpp"
#include "weir/engines/equalize/peak_meter.hpp"

namespace weir::spatial {

// What is heard, prepared: filters for the channels, the equalizer, the gain. While it is heard, convolver
// and equalizer have theirs.
struct Sound : HandoverLink {
  std::unique_ptr<convolve::Filter> filter;
  std::unique_ptr<equalize::Equalization> equalization;  // none: flat
  float gain = 1;
};

struct RendererOptions {
  convolve::Shape shape;
  int rate_hz = 48000;
  int fade_frames = 960;  // of a change while it plays
  bool limiter = false;
};

struct RendererReport {
  std::uint64_t frames = 0;
  std::uint64_t changes = 0;          // sounds that began to be heard, the first included
  std::uint64_t non_finite = 0;       // samples of the input that were no numbers and counted as silence
  std::uint64_t clipped_samples = 0;  // of the output beyond full scale, in either ear
  double peak = 0;                    // of the output, 1: full scale
  std::uint64_t limited_frames = 0;   // that the limiter turned down
};

// Convolver → equalizer → gain → limiter → meter, all in the thread that calls process().
// Thread-safety: process() from one thread; change() and collect() from one other; report() from any.
// Allocates: make() only; frees in collect() and the destructor only.  Blocks: never.  Ownership: owns its sounds.
class Renderer {
 public:
  static Result<std::unique_ptr<Renderer>> make(RendererOptions options, std::unique_ptr<Sound> first);
  ~Renderer();

  // in: shape.inputs channels of `frames` samples each, full scale ±1; any number of frames. left and right must not
  // lie in any of them.
  void process(const float* const* in, float* left, float* right, int frames) noexcept;

  // Heard from the next block on, as soon as the change before it is over; one that comes meanwhile replaces it.
  void change(std::unique_ptr<Sound> next) { handover_.give(std::move(next)); }
  // Frees what is heard no more. To be called now and then.
  void collect() { handover_.collect(); }

  // The output is that much later than the input: the limiter's look ahead.
  int latency_frames() const noexcept { return limiter_ ? limiter_->latency_frames() : 0; }
  RendererReport report() const noexcept;

 private:
  Renderer(RendererOptions options, std::unique_ptr<Sound> first, std::unique_ptr<convolve::Convolver> convolver);
  void follow_changes() noexcept;

  const RendererOptions options_;
  Handover<Sound> handover_;
  Sound* heard_;
  Sound* fading_ = nullptr;   // out
  Sound* waiting_ = nullptr;  // to be heard next
  std::unique_ptr<convolve::Convolver> convolver_;
  equalize::Equalizer equalizer_;
  equalize::Gain gain_;
  std::optional<equalize::Limiter> limiter_;
  equalize::PeakMeter meter_;
  std::atomic<std::uint64_t> frames_{0}, changes_{1}, non_finite_{0};
};

}  // namespace weir::spatial
