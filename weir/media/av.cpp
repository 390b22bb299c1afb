#include "weir/media/av.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <array>
#include <cstdio>
#include <mutex>
#include <utility>

namespace weir::media {
namespace {

thread_local LibraryWords* listener = nullptr;

}  // namespace

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
  std::call_once(once, [] { av_log_set_callback(&LibraryWords::hear); });
}

void LibraryWords::hear(void*, int level, const char* format, va_list arguments) {
  // Above the lowest byte there may be a colour.
  if (listener == nullptr || (level & 0xff) > AV_LOG_WARNING || !listener->first_.empty()) return;
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string& first = listener->first_;
  first = text.data();
  while (!first.empty() && (first.back() == '\n' || first.back() == '.')) first.pop_back();
}

LibraryWords::Scope::Scope(LibraryWords* words) : former_(std::exchange(listener, words)) {}
LibraryWords::Scope::~Scope() { listener = former_; }

}  // namespace weir::media
