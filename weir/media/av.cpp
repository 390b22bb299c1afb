#include "weir/media/av.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <array>
#include <mutex>

namespace weir::media {

Av<SwsContext> make_scaler(int width, int height, int format, int to_width, int to_height, AVPixelFormat to_format,
                           int flags) {
  const auto from = static_cast<AVPixelFormat>(format);
  if (av_pix_fmt_desc_get(from) == nullptr || sws_isSupportedInput(from) == 0) return nullptr;
  return Av<SwsContext>(
      sws_getContext(width, height, from, to_width, to_height, to_format, flags, nullptr, nullptr, nullptr));
}

std::string pixel_format_name(int format) {
  const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(format));
  return name != nullptr ? name : "unknown";
}

std::string av_text(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

void silence_libraries() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback([](void*, int, const char*, va_list) {}); });
}

}  // namespace weir::media
