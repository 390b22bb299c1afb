#include "weir/media/demuxer.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "weir/core/hot_path.hpp"
#include "weir/media/wait.hpp"

namespace weir::media {
namespace {

HotPath& demux_path() {
  static HotPath path("watch.demux", HotPath::Kind::library);
  return path;
}

// Text files count as video for libavformat: it draws them as an ANSI terminal would.
bool is_text_art(AVCodecID codec) {
  return codec == AV_CODEC_ID_ANSI || codec == AV_CODEC_ID_XBIN || codec == AV_CODEC_ID_BINTEXT ||
         codec == AV_CODEC_ID_IDF;
}

// Formats that say where the pictures are instead of having them.
bool is_playlist(const AVInputFormat& format) {
  static constexpr std::array<std::string_view, 6> names{"hls", "concat", "dash", "imf", "sdp", "vobsub"};
  return std::find(names.begin(), names.end(), format.name) != names.end();
}

}  // namespace

int Demuxer::Interrupt::check(void* self) noexcept {
  const auto& i = *static_cast<Interrupt*>(self);
  return i.stop.stop_requested() || i.timed_out() ? 1 : 0;
}

void Demuxer::limit(const std::stop_token& stop, Nanos timeout) {
  interrupt_.stop = stop;
  interrupt_.deadline = timeout > Nanos::zero() ? Clock::real().now() + timeout : never;
}

tl::unexpected<Error> Demuxer::error(int code, bool opening) const {
  auto say = [&](Code c, const char* text, const std::string& more) {
    Error e = options_.failure;
    e.code = c;
    e.text = text;
    if (!more.empty()) e.detail += e.detail.empty() ? more : ": " + more;
    return tl::unexpected<Error>(std::move(e));
  };
  const std::string text = av_text(code);
  if (interrupt_.stop.stop_requested()) return say(Code::cancelled, "stopped", "");
  // Inside some protocols a deadline that passed comes out as another error.
  if (!refused_.empty()) {
    return say(Code::invalid, "is a list of other files, which are not opened for it; give one of those", refused_);
  }
  if (code == AVERROR_EXIT || code == AVERROR(ETIMEDOUT) || interrupt_.timed_out()) {
    return opening ? say(Code::unreachable, "does not answer in time; is the address right and the camera on?", "")
                   : say(Code::unreachable, "went silent; it is tried again", "");
  }
  if (code == AVERROR_HTTP_UNAUTHORIZED || code == AVERROR_HTTP_FORBIDDEN) {
    return say(Code::denied, "refuses the user name and password; put the right ones into the address", text);
  }
  if (code == AVERROR_HTTP_NOT_FOUND)
    return say(Code::not_found, "has no such stream; check the path of the address", text);
  if (code == AVERROR(ENOENT)) return say(Code::not_found, "no such file; check the path", "");
  if (code == AVERROR(EACCES)) return say(Code::denied, "may not be read; check its permissions", "");
  if (code == AVERROR(EBUSY)) return say(Code::unreachable, "is used by another program", "");
  if (code == AVERROR(ENOMEM)) return say(Code::exhausted, "not enough memory to read it", "");
  if (options_.live) {
    if (code == AVERROR_INVALIDDATA || code == AVERROR_PROTOCOL_NOT_FOUND || code == AVERROR_STREAM_NOT_FOUND ||
        code == AVERROR_PATCHWELCOME) {
      return say(Code::corrupt, "answers, but not with a video stream that can be read", text);
    }
    return say(Code::unreachable, opening ? "cannot be reached" : "the connection was lost", text);
  }
  if (opening) return say(Code::corrupt, "not a video, or broken at its beginning; does another player read it?", text);
  return say(Code::corrupt, "the file is broken from here on", text);
}

Result<std::unique_ptr<Demuxer>> Demuxer::open(DemuxerOptions options, std::stop_token stop) {
  silence_libraries();
  std::unique_ptr<Demuxer> demuxer(new Demuxer(std::move(options)));
  if (const Result<void> done = demuxer->connect(std::move(stop)); !done) return tl::unexpected(done.error());
  return demuxer;
}

// A file says what it likes: what it names is not opened. Known playlists are refused by their format, as some of them
// would be read by libavformat's own ways.
int Demuxer::probe(AVFormatContext& context, const AVInputFormat*& format) {
  file_ = FileReader::make(options_.descriptor, context.interrupt_callback);
  if (file_ == nullptr) return AVERROR(ENOMEM);
  context.pb = file_->context();
  context.opaque = this;
  context.io_open = &Demuxer::refuse;
  if (format == nullptr) {
    const int score = av_probe_input_buffer2(context.pb, &format, options_.address.c_str(), nullptr, 0, 0);
    if (score < 0) return score;
  }
  if (!is_playlist(*format)) return 0;
  refused_ = format->name;
  return AVERROR(EPERM);
}

int Demuxer::refuse(AVFormatContext* context, AVIOContext**, const char* url, int, AVDictionary**) noexcept {
  static_cast<Demuxer*>(context->opaque)->refused_ = url == nullptr || *url == 0 ? "a name of nothing" : url;
  return AVERROR(EPERM);
}

Result<void> Demuxer::connect(std::stop_token stop) {
  AVDictionary* dictionary = std::exchange(options_.dictionary, nullptr);
  AVFormatContext* context = avformat_alloc_context();
  packet_.reset(av_packet_alloc());
  const AVInputFormat* format = options_.format == nullptr ? nullptr : av_find_input_format(options_.format);
  if (context == nullptr || packet_ == nullptr) {
    av_dict_free(&dictionary);
    avformat_free_context(context);
    return error(AVERROR(ENOMEM), true);
  }
  context->interrupt_callback = {&Interrupt::check, &interrupt_};
  if (options_.nonblocking) context->flags |= AVFMT_FLAG_NONBLOCK;
  limit(stop, options_.connect_timeout);
  if (options_.descriptor >= 0) {
    if (const int code = probe(*context, format); code < 0) {
      av_dict_free(&dictionary);
      avformat_free_context(context);
      return error(code, true);
    }
  }
  // On failure the context is freed by the call.
  int code = avformat_open_input(&context, options_.address.c_str(), format, &dictionary);
  av_dict_free(&dictionary);
  if (code < 0) return error(code, true);
  input_.reset(context);

  const bool known = options_.nonblocking && input_->nb_streams == 1 && input_->streams[0]->codecpar->width > 0;
  if (!known) {
    limit(stop, options_.connect_timeout);
    // Looking at a healthy stream is over well before the deadline: a session that is interrupted in the middle of a
    // message may be out of step afterwards, and is then found silent and opened again.
    if (options_.live) {
      input_->max_analyze_duration =
          std::chrono::duration_cast<std::chrono::microseconds>(options_.connect_timeout).count() / 2;
    }
    code = avformat_find_stream_info(input_.get(), nullptr);
    if (interrupt_.stop.stop_requested()) return error(AVERROR_EXIT, true);
    if (code < 0) return error(code, true);
  }
  return choose_stream();
}

Result<void> Demuxer::choose_stream() {
  const int best = av_find_best_stream(input_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  const bool attached = best >= 0 && (input_->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  if (best < 0 || attached || is_text_art(input_->streams[best]->codecpar->codec_id)) {
    Error e = options_.failure;
    // A camera whose server hung before the pictures came is not a camera without pictures.
    const bool silent = options_.live && interrupt_.timed_out();
    e.code = silent ? Code::unreachable : Code::invalid;
    e.text = silent ? "does not send a picture in time" : "has no video in it; give a file or camera that has";
    return tl::unexpected(std::move(e));
  }
  for (unsigned i = 0; i < input_->nb_streams; ++i) {
    if (static_cast<int>(i) != best) input_->streams[i]->discard = AVDISCARD_ALL;
  }
  stream_ = input_->streams[best];
  return {};
}

Demuxer::~Demuxer() {
  // Saying good-bye to a camera (RTSP TEARDOWN) may take a moment, not more, stopped or not.
  limit({}, std::chrono::milliseconds(500));
  av_dict_free(&options_.dictionary);
}

Result<Read> Demuxer::read(std::stop_token stop) {
  limit(stop, options_.live ? options_.stall_timeout : Nanos::zero());
  for (;;) {
    av_packet_unref(packet_.get());
    int code;
    {
      HotPath::Scope scope(demux_path());
      code = av_read_frame(input_.get(), packet_.get());
    }
    if (interrupt_.stop.stop_requested()) return error(AVERROR_EXIT, false);
    if (code == AVERROR(EAGAIN)) {
      if (interrupt_.timed_out()) return error(AVERROR_EXIT, false);
      sleep_until(Clock::real(), Clock::real().now() + std::chrono::milliseconds(2), stop);
      continue;
    }
    if (code == AVERROR_EOF) {
      if (!options_.live) return Read::end;
      Error e = options_.failure;
      e.code = Code::unreachable;
      // libavformat calls a deadline that passed inside some reads an end, too.
      e.text =
          interrupt_.timed_out() ? "went silent; it is tried again" : "the camera ended the stream; it is tried again";
      return tl::unexpected(std::move(e));
    }
    if (code < 0) return error(code, false);
    if (packet_->stream_index == stream_->index && packet_->size > 0) return Read::packet;
    // Packets of other streams do not count as life: a camera whose sound goes on shows nothing.
    if (interrupt_.timed_out()) return error(AVERROR_EXIT, false);
  }
}

bool Demuxer::rewind() {
  const std::int64_t start = stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time;
  return avformat_seek_file(input_.get(), stream_->index, INT64_MIN, start, start, 0) >= 0;
}

double Demuxer::fps() const noexcept {
  const AVRational rate = av_guess_frame_rate(input_.get(), stream_, nullptr);
  return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
}

}  // namespace weir::media
