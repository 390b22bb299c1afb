// H264Encoder: pictures of a demo scene to H.264 as a camera would send it: no reordering, a key frame each 30
// pictures.
#pragma once

#include <memory>

#include "weir/core/result.hpp"
#include "weir/media/av.hpp"
#include "weir/media/demo_canvas.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: in libx264.  Blocks: while encoding.  Ownership: owns the encoder.
class H264Encoder {
 public:
  static Result<H264Encoder> make(int width, int height, int fps);

  // Encodes picture `number`; `packet` holds one access unit then, times in pictures.
  Result<void> encode(const Canvas& picture, std::int64_t number, AVPacket& packet);

  // For a StreamInfo: with the parameter sets in extradata.
  Result<Av<AVCodecParameters>> parameters() const;

 private:
  Av<AVCodecContext> context_;
  Av<AVFrame> frame_;
};

}  // namespace weir::media
