// Convolver: many channels through a pair of impulse responses each, to two ears, in the calling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/filter.hpp"
#include "weir/engines/convolve/floats.hpp"
#include "weir/engines/convolve/history.hpp"
#include "weir/engines/convolve/kernels.hpp"
#include "weir/engines/convolve/plan.hpp"
#include "weir/engines/convolve/real_fft.hpp"
#include "weir/engines/convolve/tail.hpp"

namespace weir::convolve {

// Partitioned overlap-save convolution without added latency: sample n of the output holds sample n of the input. The
// history of the inputs is the convolver's, the response is the filter's: a filter that comes later sounds as if it had
// always played.
//   head    partitions of about a block: one FFT per input, spectra summed over inputs and partitions, one inverse FFT
//           per ear. A partition that is only partly filled is transformed as it is, and again when more has come.
//   tails   levels of longer partitions, each with a partition's time for its work, which is spread evenly over the
//           blocks of that time
// Between two filters it fades: out = (1 − g)·old + g·new with g = (n − start) / frames, where both are what they would
// be alone. Hence no step from sample to sample is longer than the longer one of theirs + |new − old| / frames.
// Thread-safety: one thread at a time.  Allocates: make() and destruction only.  Blocks: make() only (see Fft).
// Ownership: owns its filters from fade_to() on, until they leave through retired().
class Convolver {
 public:
  static Result<std::unique_ptr<Convolver>> make(const Shape& shape);
  // A plan and kernels of one's own choice: for tests and measurements.
  static std::unique_ptr<Convolver> make(const Plan& plan, const Kernels& kernels = best_kernels());
  ~Convolver();
  Convolver(const Convolver&) = delete;
  Convolver& operator=(const Convolver&) = delete;

  // in[inputs][frames] → out[2][frames], any number of frames. in[i] may be nullptr (silence); an output may be an
  // input. Samples that are not finite, or beyond ±largest_sample, are taken as 0 and counted.
  void process(const float* const* in, float* const* out, int frames) noexcept;

  // Goes over to a filter of the same plan within `frames` (0: at once), from fade_delay() frames from now at the
  // latest. Before the first sample it starts at once. False, and the filter stays the caller's: a fade is under way,
  // or the last one's old filter was not yet fetched from retired(); try again at the next block.
  [[nodiscard]] bool fade_to(Filter* filter, int frames) noexcept;
  // The filter that is no longer read, once; nullptr: none.
  Filter* retired() noexcept;
  bool fading() const noexcept { return next_ != nullptr; }
  // Twice the longest partition: what the tails have begun with the old filter is played to its end.
  int fade_delay() const noexcept;

  // The history becomes silence; a fade is at its end. Takes as long as writing that much memory.
  void reset() noexcept;

  std::uint64_t non_finite() const noexcept { return non_finite_; }
  const Plan& plan() const noexcept { return plan_; }

 private:
  Convolver(const Plan& plan, const Kernels& kernels);

  // One filter's part of the head.
  struct Lane {
    Floats older[2];  // the sum over all partitions but the newest, while that one fills
    Floats sums[2], times[2];
  };

  std::size_t head_size() const noexcept { return plan_.levels.front().size; }
  void piece(const float* const* in, float* const* out, std::size_t offset, std::size_t frames) noexcept;
  void begin_periods() noexcept;
  void take_in(const float* const* in, std::size_t offset, std::size_t frames) noexcept;
  void transform_head() noexcept;
  void multiply_head(const Filter& filter, Lane& lane, bool whole) noexcept;
  void sum_up(std::size_t lane, std::size_t ear, std::size_t frames, float* out) noexcept;
  void fade(float* out, const float* next, std::size_t frames) const noexcept;
  bool in_fade() const noexcept { return next_ != nullptr && position_ >= fade_start_; }
  void end_fade_if_over() noexcept;

  const Plan plan_;
  const Kernels& kernels_;
  RealFft fft_;
  SpectraHistory history_;
  std::vector<std::unique_ptr<Tail>> tails_;

  // The inputs' last samples: a ring whose beginning is repeated behind its end, so that windows are contiguous.
  const std::size_t longest_, ring_, stride_;
  Floats samples_;
  Floats mixed_;
  Lane lanes_[max_filters];

  std::uint64_t position_ = 0;  // samples so far
  std::size_t filled_ = 0;      // of the head's newest partition
  std::uint64_t non_finite_ = 0;

  // The current filter's lane is `lane_`, the next one's is the other.
  std::unique_ptr<Filter> current_, next_, retired_;
  std::size_t lane_ = 0;
  std::uint64_t fade_start_ = 0, fade_frames_ = 0;
};

}  // namespace weir::convolve
