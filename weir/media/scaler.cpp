#include "weir/media/scaler.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace weir::media {

Av<SwsContext> make_scaler(int width, int height, int format, int to_width, int to_height, AVPixelFormat to_format,
                           int flags) {
  const auto from = static_cast<AVPixelFormat>(format);
  if (av_pix_fmt_desc_get(from) == nullptr || sws_isSupportedInput(from) == 0) return nullptr;
  return Av<SwsContext>(
      sws_getContext(width, height, from, to_width, to_height, to_format, flags, nullptr, nullptr, nullptr));
}

}  // namespace weir::media
