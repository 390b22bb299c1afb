#include "weir/media/audiobook/m4b/m4b_encoder.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "weir/media/audiobook/m4b/descriptor_io.hpp"
#include "weir/media/audiobook/m4b/iso639.hpp"

namespace weir::media::m4b {
namespace {

constexpr int bits_per_second = 64'000;  // of a channel

struct Chapter {
  std::uint64_t start;
  std::string title;
};

std::string words_of(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  return av_strerror(error, text.data(), text.size()) == 0 ? text.data() : "unknown error";
}

struct FreeMuxer {
  void operator()(AVFormatContext* muxer) const {
    DescriptorIo::close(std::exchange(muxer->pb, nullptr));
    avformat_free_context(muxer);
  }
};
struct FreeCodec {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

}  // namespace

struct Encoder::State {
  explicit State(int descriptor) : io(descriptor) {}

  tl::unexpected<Error> failed(const char* text, int error) const {
    if (const int disk = io.write_error(); disk != 0) {
      const bool full = disk == ENOSPC || disk == EDQUOT || disk == EFBIG;
      return fail(full ? Code::exhausted : Code::failed, full ? "no room on the disk; free some" : "cannot be written",
                  {}, std::strerror(disk));
    }
    return fail(Code::failed, text, {}, words_of(error));
  }

  Result<void> open_codec(int rate_hz, int channels);
  Result<void> open_muxer(const AudiobookInfo& info);
  Result<void> put_cover(const AudiobookInfo& info);
  Result<void> encode(std::span<const std::int16_t> samples);
  Result<void> drain();
  Result<void> name_chapters();

  DescriptorIo io;
  std::unique_ptr<AVCodecContext, FreeCodec> codec;
  std::unique_ptr<AVFrame, FreeCodec> frame;
  std::unique_ptr<AVPacket, FreeCodec> packet;
  std::unique_ptr<AVFormatContext, FreeMuxer> muxer;
  AVStream* sound = nullptr;
  std::vector<std::int16_t> waiting;  // less than a frame
  std::vector<Chapter> chapters;
  std::uint64_t frames = 0;   // given
  std::int64_t next_pts = 0;  // of the next frame to encode
};

Result<void> Encoder::State::open_codec(int rate_hz, int channels) {
  const AVCodec* aac = avcodec_find_encoder_by_name("aac");
  if (aac == nullptr) return fail(Code::unsupported, "this build of libavcodec has no AAC encoder");
  codec.reset(avcodec_alloc_context3(aac));
  frame.reset(av_frame_alloc());
  packet.reset(av_packet_alloc());
  if (codec == nullptr || frame == nullptr || packet == nullptr) return failed("out of memory", AVERROR(ENOMEM));
  codec->sample_rate = rate_hz;
  codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
  codec->bit_rate = bits_per_second * channels;
  codec->time_base = {1, rate_hz};
  codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  av_channel_layout_default(&codec->ch_layout, channels);
  // At this rate it is as good as the default search, at a fifth of its cost.
  av_opt_set(codec->priv_data, "aac_coder", "fast", 0);
  if (const int code = avcodec_open2(codec.get(), aac, nullptr); code < 0)
    return failed("AAC cannot be encoded at this rate", code);
  frame->format = codec->sample_fmt;
  frame->nb_samples = codec->frame_size;
  frame->sample_rate = rate_hz;
  av_channel_layout_copy(&frame->ch_layout, &codec->ch_layout);
  if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0) return failed("out of memory", code);
  return {};
}

Result<void> Encoder::State::open_muxer(const AudiobookInfo& info) {
  AVFormatContext* context = nullptr;
  if (const int code = avformat_alloc_output_context2(&context, nullptr, "ipod", "book.m4b"); code < 0)
    return failed("this build of libavformat cannot write M4B", code);
  muxer.reset(context);
  muxer->opaque = &io;
  muxer->flags |= AVFMT_FLAG_BITEXACT;
  // For the copy that brings the index to the front: there is only the one file.
  muxer->io_open = [](AVFormatContext* self, AVIOContext** opened, const char*, int flags, AVDictionary**) {
    *opened = static_cast<DescriptorIo*>(self->opaque)->open(flags);
    return *opened == nullptr ? AVERROR(ENOMEM) : 0;
  };
  muxer->io_close2 = [](AVFormatContext*, AVIOContext* opened) {
    DescriptorIo::close(opened);
    return 0;
  };
  muxer->pb = io.open(AVIO_FLAG_WRITE);
  sound = avformat_new_stream(muxer.get(), nullptr);
  if (muxer->pb == nullptr || sound == nullptr || avcodec_parameters_from_context(sound->codecpar, codec.get()) < 0)
    return failed("out of memory", AVERROR(ENOMEM));
  sound->time_base = codec->time_base;
  const auto say = [](AVDictionary** where, const char* key, const std::string& value) {
    if (!value.empty()) av_dict_set(where, key, value.c_str(), 0);
  };
  say(&sound->metadata, "language", iso639_2(info.language));
  say(&muxer->metadata, "title", info.title);
  say(&muxer->metadata, "album", info.title);
  say(&muxer->metadata, "artist", info.author);
  say(&muxer->metadata, "genre", "Audiobook");
  say(&muxer->metadata, "media_type", "2");  // an audiobook, to Apple's players
  return put_cover(info);
}

Result<void> Encoder::State::put_cover(const AudiobookInfo& info) {
  AVStream* picture = nullptr;
  if (!info.cover.empty()) {
    picture = avformat_new_stream(muxer.get(), nullptr);
    if (picture == nullptr) return failed("out of memory", AVERROR(ENOMEM));
    picture->disposition = AV_DISPOSITION_ATTACHED_PIC;
    picture->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    picture->codecpar->codec_id = picture_of(info.cover) == Picture::png ? AV_CODEC_ID_PNG : AV_CODEC_ID_MJPEG;
    // The muxer wants to see some; they do not come into the file.
    picture->codecpar->width = picture->codecpar->height = 1;
  }
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "faststart", 0);
  // Of the edit list and the chapters, which would else be rounded to milliseconds.
  av_dict_set_int(&options, "movie_timescale", codec->sample_rate, 0);
  const int code = avformat_write_header(muxer.get(), &options);
  av_dict_free(&options);
  if (code < 0) return failed("the file cannot be begun", code);
  if (picture == nullptr) return {};
  if (const int made = av_new_packet(packet.get(), static_cast<int>(info.cover.size())); made < 0)
    return failed("out of memory", made);
  std::memcpy(packet->data, info.cover.data(), info.cover.size());
  packet->stream_index = picture->index;
  packet->pts = packet->dts = 0;
  packet->flags = AV_PKT_FLAG_KEY;
  const int written = av_write_frame(muxer.get(), packet.get());
  av_packet_unref(packet.get());
  return written < 0 ? Result<void>(failed("the cover cannot be written", written)) : Result<void>();
}

// interleaved; a frame, or less at the end.
Result<void> Encoder::State::encode(std::span<const std::int16_t> samples) {
  const auto channels = static_cast<std::size_t>(codec->ch_layout.nb_channels);
  if (const int code = av_frame_make_writable(frame.get()); code < 0) return failed("out of memory", code);
  const std::size_t count = samples.size() / channels;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    auto* plane = reinterpret_cast<float*>(frame->extended_data[channel]);
    for (std::size_t i = 0; i < count; ++i) plane[i] = static_cast<float>(samples[i * channels + channel]) / 32768;
  }
  frame->nb_samples = static_cast<int>(count);
  frame->pts = next_pts;
  next_pts += frame->nb_samples;
  if (const int code = avcodec_send_frame(codec.get(), frame.get()); code < 0)
    return failed("the sound cannot be encoded", code);
  return drain();
}

Result<void> Encoder::State::drain() {
  for (;;) {
    const int code = avcodec_receive_packet(codec.get(), packet.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    if (code < 0) return failed("the sound cannot be encoded", code);
    packet->stream_index = sound->index;
    av_packet_rescale_ts(packet.get(), codec->time_base, sound->time_base);
    const int written = av_write_frame(muxer.get(), packet.get());
    av_packet_unref(packet.get());
    if (written < 0 || io.write_error() != 0) return failed("the sound cannot be written", written);
  }
}

// libavformat takes chapters until the trailer, as an array of its own memory.
Result<void> Encoder::State::name_chapters() {
  std::erase_if(chapters, [&](const Chapter& chapter) { return chapter.start >= frames; });
  if (chapters.empty()) return {};
  // QuickTime's track has no gaps: its first chapter begins with the sound.
  if (chapters.front().start > 0) chapters.insert(chapters.begin(), Chapter{0, ""});
  muxer->chapters = static_cast<AVChapter**>(av_calloc(chapters.size(), sizeof(AVChapter*)));
  if (muxer->chapters == nullptr) return failed("out of memory", AVERROR(ENOMEM));
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) return failed("out of memory", AVERROR(ENOMEM));
    muxer->chapters[muxer->nb_chapters++] = chapter;
    chapter->id = static_cast<std::int64_t>(i);
    chapter->time_base = codec->time_base;
    chapter->start = static_cast<std::int64_t>(chapters[i].start);
    chapter->end = static_cast<std::int64_t>(i + 1 < chapters.size() ? chapters[i + 1].start : frames);
    // An empty title too: a chapter without one would be missing in QuickTime's track.
    av_dict_set(&chapter->metadata, "title", chapters[i].title.c_str(), 0);
  }
  return {};
}

Encoder::Encoder(std::unique_ptr<State> state) : state_(std::move(state)) {}
Encoder::~Encoder() = default;

std::uint64_t Encoder::frames() const noexcept { return state_->frames; }

Result<std::unique_ptr<Encoder>> Encoder::make(int descriptor, const AudiobookInfo& info, int rate_hz, int channels) {
  av_log_set_level(AV_LOG_QUIET);
  auto state = std::make_unique<State>(descriptor);
  if (auto opened = state->open_codec(rate_hz, channels); !opened) return tl::unexpected(opened.error());
  if (auto opened = state->open_muxer(info); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Encoder>(new Encoder(std::move(state)));
}

Result<void> Encoder::write(std::span<const std::int16_t> interleaved) {
  State& s = *state_;
  const auto channels = static_cast<std::size_t>(s.codec->ch_layout.nb_channels);
  const std::size_t whole = static_cast<std::size_t>(s.codec->frame_size) * channels;
  s.frames += interleaved.size() / channels;
  if (!s.waiting.empty()) {
    const auto some = interleaved.first(std::min(interleaved.size(), whole - s.waiting.size()));
    s.waiting.insert(s.waiting.end(), some.begin(), some.end());
    interleaved = interleaved.subspan(some.size());
    if (s.waiting.size() < whole) return {};
    if (auto encoded = s.encode(s.waiting); !encoded) return encoded;
    s.waiting.clear();
  }
  for (; interleaved.size() >= whole; interleaved = interleaved.subspan(whole)) {
    if (auto encoded = s.encode(interleaved.first(whole)); !encoded) return encoded;
  }
  s.waiting.assign(interleaved.begin(), interleaved.end());
  return {};
}

void Encoder::chapter(std::uint64_t start, std::string title) { state_->chapters.push_back({start, std::move(title)}); }

Result<void> Encoder::finish() {
  State& s = *state_;
  if (!s.waiting.empty()) {
    if (auto encoded = s.encode(s.waiting); !encoded) return encoded;
  }
  if (const int code = avcodec_send_frame(s.codec.get(), nullptr); code < 0)
    return s.failed("the sound cannot be encoded", code);
  if (auto drained = s.drain(); !drained) return drained;
  if (auto named = s.name_chapters(); !named) return named;
  const int code = av_write_trailer(s.muxer.get());
  avio_flush(s.muxer->pb);
  if (code < 0 || s.io.write_error() != 0) return s.failed("the file cannot be ended", code);
  return {};
}

}  // namespace weir::media::m4b
