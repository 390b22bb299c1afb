// Small RAII and error helpers around FFmpeg's C interfaces. For .cpp files of this room only: it includes FFmpeg.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <cstdarg>
#include <memory>
#include <string>

namespace weir::media {

constexpr AVRational microseconds{1, 1'000'000};

struct AvDelete {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecParserContext* p) const { av_parser_close(p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
  void operator()(AVBufferRef* p) const { av_buffer_unref(&p); }
};
template <class T>
using Av = std::unique_ptr<T, AvDelete>;

// "yuv420p", or "unknown".
std::string pixel_format_name(int format);

// What the library says about an error number.
std::string av_text(int error);

// FFmpeg prints addresses, passwords included, to stderr by itself: once this was called it prints nothing.
void silence_libraries();

// The first warning or error that the libraries say on a thread that listens. Nobody else hears it.
// Thread-safety: used by one thread.  Allocates: when something is said.  Blocks: never.  Ownership: outlives its
// scopes.
class LibraryWords {
 public:
  class Scope {
   public:
    explicit Scope(LibraryWords* words);  // null: nobody listens
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    LibraryWords* former_;
  };

  const std::string& first() const noexcept { return first_; }
  void clear() noexcept { first_.clear(); }

 private:
  friend void silence_libraries();
  static void hear(void* speaker, int level, const char* format, va_list arguments);
  std::string first_;
};

}  // namespace weir::media
