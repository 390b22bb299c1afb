// LumaScale: a decoder's luma plane made small enough to look for motion in.
#pragma once

#include <cstdint>
#include <vector>

#include "weir/engines/motion/luma.hpp"
#include "weir/engines/motion/scale_kernels.hpp"

namespace weir::motion {

// The picture that fits into max_width × max_height with the source's aspect; never larger than the source.
struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};
Size fit(Size source, Size limit) noexcept;

// Averages down by any factor, straight from 8-bit or 16-bit planes and from packed formats. Each output row is the
// average of 2 source rows (4 from a factor of 4 on), at the quarter points of the area it stands for; columns the
// same, all of them at factors 2, 3, 4, 6, 8. That is close to an area average at a fraction of its memory traffic.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.
// Ownership: owns the small picture; a view of it is valid until the next scale().
class LumaScale {
 public:
  // `source` gives the layout: size, step, sample size, shift. Its data is not read.
  LumaScale(const LumaView& source, Size limit, const ScaleKernels& kernels = best_scale_kernels());

  Size size() const noexcept { return size_; }

  // `source` must have the layout given at construction (checked); pointer and stride may differ from call to call.
  LumaView scale(const LumaView& source) noexcept;

 private:
  const std::uint8_t* row_as_bytes(const LumaView& source, int y, std::uint8_t* buffer) noexcept;
  void shrink_row(const std::uint8_t* row, std::uint8_t* out) noexcept;

  const ScaleKernels& kernels_;
  LumaView layout_;
  Size size_;
  int halvings_ = 0;  // of the columns, before the rest
  enum class Rest { copy, third, taps } rest_ = Rest::copy;
  int row_taps_ = 1;                   // source rows per output row: 1, 2, 4
  std::vector<int> rows_;              // size_.height × row_taps_
  std::vector<int> columns_;           // size_.width × 2, after the halvings (Rest::taps)
  std::vector<std::uint8_t> wide_[6];  // rows of source width: two samples, two averages, two for the halvings
  std::vector<std::uint8_t> small_;
};

}  // namespace weir::motion
