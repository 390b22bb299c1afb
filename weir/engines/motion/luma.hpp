// Luma as it lies in memory: what the scaler reads from a decoder's plane, and what motion engines look at.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::motion {

// A borrowed plane of brightness samples.
// Thread-safety: value type.  Allocates: never.  Blocks: never.  Ownership: borrowed; the pixels must outlive the view.
struct LumaView {
  const std::uint8_t* data = nullptr;  // the first sample of the top row: in packed formats the first luma byte
  std::ptrdiff_t stride_bytes = 0;     // from one row to the next; negative where the picture lies bottom-up
  int width = 0, height = 0;           // in samples
  int step_bytes = 1;                  // from one sample to the next: 1 planar, 2 for 16-bit planes and for YUYV
  int sample_bytes = 1;                // 1, or 2: little-endian
  int shift = 0;                       // of 16-bit samples: right shift that leaves 8 bits (yuv420p10: 2, P010: 8)

  const std::uint8_t* row(int y) const noexcept { return data + y * stride_bytes; }
};

}  // namespace weir::motion
