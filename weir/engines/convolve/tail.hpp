// Tail: one level of long partitions, whose work is spread evenly over the time that one partition lasts.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weir/engines/convolve/filter.hpp"
#include "weir/engines/convolve/floats.hpp"
#include "weir/engines/convolve/history.hpp"
#include "weir/engines/convolve/kernels.hpp"
#include "weir/engines/convolve/plan.hpp"
#include "weir/engines/convolve/real_fft.hpp"

namespace weir::convolve {

// Two filters at most are in use at a time: one, or the former and the next one of a fade.
constexpr std::size_t max_filters = 2;

// In each period of `size` samples: the inputs of the period before are transformed, multiplied and transformed back,
// a step at a time; what comes out is heard in the period after.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.
// Ownership: owns its buffers; borrows filters and inputs until the end of the period.
class Tail {
 public:
  Tail(const Plan& plan, std::size_t index, const Kernels& kernels);

  std::size_t size() const noexcept { return level_.size; }

  // A period begins. `windows` are the last 2·size samples of input 0, the other inputs' follow every `stride` floats;
  // `filters` are to be computed, nullptr: not this one.
  void begin(const float* windows, std::size_t stride, const Filter* const filters[max_filters]) noexcept;
  // Goes on with the work until the share that `elapsed` samples of the period have in it is done.
  void advance(std::size_t elapsed) noexcept;
  // What one filter gives for this period, `size` samples; nullptr: silence.
  const float* result(std::size_t filter, std::size_t ear) const noexcept;

  // A filter is out of use, what it gave is no longer heard.
  void forget(std::size_t filter) noexcept;
  void clear() noexcept;

 private:
  struct Lane {
    const Filter::Spectra* spectra = nullptr;  // nullptr: nothing to do
    Floats sums[2];                            // spectra of both ears
    Floats results[2][2];                      // by period's parity and ear; the second half is what is heard
    bool ready[2] = {};
  };

  float group_ns(const Lane& lane) const noexcept;
  bool transform_inputs() noexcept;
  bool multiply(Lane& lane) noexcept;
  bool transform_back(Lane& lane) noexcept;
  // Whether a step of this length is due: to the nearest whole step.
  bool due(float step_ns) const noexcept { return done_ns_ + step_ns / 2 <= due_ns_; }
  std::size_t groups() const noexcept { return level_.size / group_bins; }

  std::size_t inputs_, index_;
  Level level_;
  const Kernels& kernels_;
  RealFft fft_;
  SpectraHistory history_;
  Lane lanes_[max_filters];
  std::size_t parity_ = 0;  // of the results that are heard now

  // The period's work: forward transforms, then for each filter its groups and two inverse transforms.
  const float* windows_ = nullptr;
  std::size_t stride_ = 0;
  std::size_t input_ = 0, lane_ = 0, group_ = 0, ear_ = 0;  // the next step
  float work_ns_ = 0, due_ns_ = 0, done_ns_ = 0;
  const float fft_ns_, term_ns_;
};

}  // namespace weir::convolve
