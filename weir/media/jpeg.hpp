// JpegEncoder: a frame as one JPEG, for browsers that cannot decode its codec, and for snapshots.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: when the frames' size or format changes, and in libavcodec.
// Blocks: while encoding.  Ownership: owns scaler and encoder; the frame is only read.
class JpegEncoder {
 public:
  // `quality`: 2 (best) to 31, as libavcodec's qscale.
  explicit JpegEncoder(int max_width = 1280, int quality = 6);
  ~JpegEncoder();
  JpegEncoder(JpegEncoder&&) noexcept;
  JpegEncoder& operator=(JpegEncoder&&) noexcept;

  // Writes a JPEG at most max_width wide into `out` and returns its size. A picture that does not fit is tried again
  // coarser; `exhausted`: even the coarsest does not fit. `unsupported`: a pixel format that cannot be converted.
  Result<std::size_t> encode(const Frame& frame, std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::media
