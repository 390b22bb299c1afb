// SpectraHistory: the spectra of all inputs' last partitions, in the order in which they are multiplied.
#pragma once

#include <cstddef>

#include "weir/engines/convolve/filter.hpp"
#include "weir/engines/convolve/floats.hpp"
#include "weir/engines/convolve/kernels.hpp"
#include "weir/engines/convolve/plan.hpp"

namespace weir::convolve {

// A ring of partitions that turns towards lower addresses, so that older ones follow newer ones.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.  Ownership: owns its memory.
class SpectraHistory {
 public:
  SpectraHistory(std::size_t inputs, const Level& level)
      : inputs_(inputs),
        slots_(level.count),
        // One more than needed: groups whose distance is a power of two would share few places of the cache.
        group_stride_((inputs * level.count + 1) * spectrum_group),
        spectra_(group_stride_ * (level.size / group_bins)) {}

  // The oldest partition becomes the newest, with what is in it.
  void turn() noexcept { newest_ = newest_ == 0 ? slots_ - 1 : newest_ - 1; }
  float* newest(std::size_t input) noexcept { return spectra_.data() + (newest_ * inputs_ + input) * spectrum_group; }
  std::size_t group_stride() const noexcept { return group_stride_; }

  // For terms first…end-1 of a response.
  Terms terms(const Filter::Spectra& spectra, std::size_t first, std::size_t end) const noexcept {
    const std::size_t newest = newest_ * inputs_ * spectrum_group;
    return {.history = spectra_.data(),
            .newest = newest,
            .wrapped = newest - slots_ * inputs_ * spectrum_group,
            .offsets = spectra.offsets.data(),
            .response = spectra.response.data(),
            .all = spectra.terms(),
            .first = first,
            .end = end,
            .wrap = spectra.before[slots_ - newest_],
            .group_stride = group_stride_};
  }

  void clear() noexcept { spectra_.clear(); }

 private:
  std::size_t inputs_, slots_, group_stride_;
  std::size_t newest_ = 0;
  Floats spectra_;
};

}  // namespace weir::convolve
