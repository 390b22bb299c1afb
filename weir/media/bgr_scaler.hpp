// BgrScaler: a frame of any pixel format, scaled into a rectangle of a BGR picture: what detectors look at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"

namespace weir::media {

// Reads the decoder's planes as they are; there is no full-size BGR in between. YUV is taken as BT.709 from 720 lines
// on and as BT.601 below: frames do not carry their matrix, and this is what nearly all streams mean.
// Thread-safety: used by one thread.  Allocates: when the frame's size or format or the rectangle's size changes.
// Blocks: never.  Ownership: owns its scaler; frame and canvas are the caller's.
class BgrScaler {
 public:
  BgrScaler();
  ~BgrScaler();
  BgrScaler(BgrScaler&&) noexcept;
  BgrScaler& operator=(BgrScaler&&) noexcept;

  // Writes every pixel of the canvas: the whole frame into x, y, w, h, which lies inside (else `invalid`), and
  // `border` in all three channels around it. Unsupported: a pixel format that cannot be converted.
  Result<void> scale(const Frame& frame, int x, int y, int w, int h, std::uint8_t* bgr, std::ptrdiff_t stride_bytes,
                     int canvas_w, int canvas_h, std::uint8_t border);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::media
