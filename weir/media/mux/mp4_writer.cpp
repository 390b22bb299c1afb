#include "weir/media/mux/mp4_writer.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "weir/media/av.hpp"
#include "weir/media/mux/mp4_index.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {
namespace {

constexpr std::int32_t timescale = 90'000;  // RTP's, so that a camera's times stay exact
constexpr int buffer_bytes = 32 << 10;
constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t back_us = second_us;         // further back is another time line
constexpr std::int64_t ahead_us = 600 * second_us;  // and so is further ahead

static_assert(MuxPacket::padding >= AV_INPUT_BUFFER_PADDING_SIZE);

struct FreeContext {
  void operator()(AVFormatContext* context) const {
    if (context->pb != nullptr) av_freep(&context->pb->buffer);
    avio_context_free(&context->pb);
    avformat_free_context(context);
  }
};
using Muxer = std::unique_ptr<AVFormatContext, FreeContext>;

std::int64_t ticks_of(std::int64_t us) { return av_rescale_q(us, microseconds, {1, timescale}); }

// Puts a stream's times on the file's line.
class TimeLine {
 public:
  explicit TimeLine(double fps) : frame_us_(fps >= 1 ? static_cast<std::int64_t>(1e6 / fps) : 40'000) {}

  void place(const MuxPacket& packet, AVPacket& out) {
    if (!any_) shift_us_ = -packet.dts_us;
    const std::int64_t step = packet.dts_us + shift_us_ - last_us_;
    if (any_ && (step < -back_us || step > ahead_us)) shift_us_ += frame_us_ - step;
    const std::int64_t dts_us = packet.dts_us + shift_us_;
    out.dts = any_ ? std::max(ticks_of(dts_us), last_ticks_ + 1) : 0;
    out.pts = std::max(ticks_of(packet.pts_us + shift_us_), out.dts);
    if (any_ && dts_us > last_us_) frame_us_ = dts_us - last_us_;
    // The muxer itself takes the next packet's time where there is one.
    out.duration = std::max<std::int64_t>(1, ticks_of(frame_us_));
    if (!any_) first_pts_ = out.pts;
    any_ = true;
    last_us_ = dts_us;
    last_ticks_ = out.dts;
    end_ticks_ = out.dts + out.duration;
  }

  std::int64_t first_pts() const { return first_pts_; }
  std::int64_t end() const { return end_ticks_; }

 private:
  bool any_ = false;
  std::int64_t shift_us_ = 0, last_us_ = 0, frame_us_;
  std::int64_t last_ticks_ = 0, end_ticks_ = 0, first_pts_ = 0;
};

}  // namespace

struct Mp4Writer::State {
  State(PartFile&& opened, const StreamInfo& info)
      : file(std::move(opened)), times(info.fps), name(info.codec), epoch(info.epoch) {}

  static int write_bytes(void* self, std::uint8_t* bytes, int size) {
    auto& state = *static_cast<State*>(self);
    if (state.broken) return AVERROR(EIO);
    const auto written = state.file.append({reinterpret_cast<const std::byte*>(bytes), static_cast<std::size_t>(size)});
    if (written) return size;
    state.broken = written.error();
    return AVERROR(EIO);
  }

  Error error(const char* text, int code) const { return {Code::failed, text, file.path(), av_text(code)}; }
  Result<void> describe(const StreamInfo& info);
  Result<void> begin();
  void fragment_ended(const AVPacket* next);

  PartFile file;
  Muxer muxer;
  Av<AVPacket> packet;
  TimeLine times;
  FragmentIndex index{timescale};
  std::string name;
  std::uint32_t epoch;
  std::optional<Error> broken;     // nothing more is written
  std::uint64_t index_offset = 0;  // of the place for the index
  std::uint64_t whole_bytes = 0;   // up to the end of the last fragment
  std::int64_t whole_time = 0;
  std::uint64_t packets = 0, whole_packets = 0;
};

// The stream's description in the file, from which the muxer makes avcC or hvcC.
Result<void> Mp4Writer::State::describe(const StreamInfo& info) {
  AVStream* stream = avformat_new_stream(muxer.get(), nullptr);
  if (stream == nullptr || avcodec_parameters_copy(stream->codecpar, info.parameters.get()) < 0) {
    return tl::unexpected(error("not enough memory to describe the stream", AVERROR(ENOMEM)));
  }
  stream->time_base = {1, timescale};
  AVCodecParameters& codec = *stream->codecpar;
  codec.width = info.width;
  codec.height = info.height;
  // A tag of another container means nothing here. Apple's players take hvc1, not hev1.
  codec.codec_tag = codec.codec_id == AV_CODEC_ID_HEVC ? MKTAG('h', 'v', 'c', '1') : 0;
  if (info.units.codec() == NalCodec::none) return {};
  // The newest parameter sets may be known only from the packets.
  const std::span<const std::byte> sets = info.units.parameter_sets();
  if (sets.empty()) {
    return fail(Code::unsupported, "the stream has not sent its parameter sets yet; it is tried again", file.path(),
                info.codec);
  }
  av_freep(&codec.extradata);
  codec.extradata_size = 0;
  codec.extradata = static_cast<std::uint8_t*>(av_mallocz(sets.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (codec.extradata == nullptr) {
    return tl::unexpected(error("not enough memory to describe the stream", AVERROR(ENOMEM)));
  }
  std::memcpy(codec.extradata, sets.data(), sets.size());
  codec.extradata_size = static_cast<int>(sets.size());
  return {};
}

Result<void> Mp4Writer::State::begin() {
  void* buffer = av_malloc(buffer_bytes);
  if (buffer != nullptr) {
    muxer->pb =
        avio_alloc_context(static_cast<unsigned char*>(buffer), buffer_bytes, 1, this, nullptr, &write_bytes, nullptr);
  }
  packet.reset(av_packet_alloc());
  if (muxer->pb == nullptr || packet == nullptr) {
    if (muxer->pb == nullptr) av_free(buffer);
    return tl::unexpected(error("not enough memory to write the file", AVERROR(ENOMEM)));
  }
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "empty_moov+default_base_moof+frag_keyframe+skip_trailer", 0);
  // Long groups of pictures do not stay in memory, and those of one picture are not a fragment each.
  av_dict_set_int(&options, "frag_size", 2 << 20, 0);
  av_dict_set_int(&options, "frag_duration", 10 * second_us, 0);
  av_dict_set_int(&options, "min_frag_duration", second_us / 2, 0);
  // Times are right already; an edit list could not know yet what to say.
  av_dict_set_int(&options, "use_editlist", 0, 0);
  av_dict_set_int(&options, "video_track_timescale", timescale, 0);
  const int code = avformat_write_header(muxer.get(), &options);
  av_dict_free(&options);
  if (code < 0) {
    if (broken) return tl::unexpected(*broken);
    return fail(Code::unsupported, "such a stream cannot be put into an MP4 file", file.path(),
                name + ": " + av_text(code));
  }
  avio_flush(muxer->pb);
  index_offset = static_cast<std::uint64_t>(avio_tell(muxer->pb));
  const std::vector<std::byte> place = FragmentIndex::placeholder();
  avio_write(muxer->pb, reinterpret_cast<const unsigned char*>(place.data()), static_cast<int>(place.size()));
  avio_flush(muxer->pb);
  if (broken) return tl::unexpected(*broken);
  whole_bytes = file.bytes();
  return {};
}

Mp4Writer::Mp4Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mp4Writer::~Mp4Writer() = default;

Result<std::unique_ptr<Mp4Writer>> Mp4Writer::open(const std::filesystem::path& path, const StreamInfo& info) {
  silence_libraries();
  const AVOutputFormat* format = av_guess_format("mp4", nullptr, nullptr);
  if (format == nullptr) return fail(Code::unsupported, "this build's libavformat cannot write MP4 files", path);
  if (info.parameters == nullptr ||
      avformat_query_codec(format, info.parameters->codec_id, FF_COMPLIANCE_NORMAL) != 1) {
    return fail(Code::unsupported, "MP4 files cannot hold this camera's codec; let it send H.264", path, info.codec);
  }
  auto file = PartFile::open(path);
  if (!file) return tl::unexpected(file.error());
  auto state = std::make_unique<State>(std::move(*file), info);
  AVFormatContext* context = nullptr;
  const int code = avformat_alloc_output_context2(&context, format, nullptr, nullptr);
  if (code < 0) return tl::unexpected(state->error("not enough memory to write the file", code));
  state->muxer.reset(context);
  if (auto described = state->describe(info); !described) return tl::unexpected(described.error());
  if (auto begun = state->begin(); !begun) return tl::unexpected(begun.error());
  return std::unique_ptr<Mp4Writer>(new Mp4Writer(std::move(state)));
}

// `next`: the packet that did not belong to it any more; none at the end.
void Mp4Writer::State::fragment_ended(const AVPacket* next) {
  avio_flush(muxer->pb);
  if (broken || file.bytes() == whole_bytes) return;
  whole_bytes = file.bytes();
  whole_packets = packets;
  whole_time = next != nullptr ? next->dts : times.end();
  if (next != nullptr && (next->flags & AV_PKT_FLAG_KEY) != 0) index.key_at(whole_bytes, next->dts);
}

Result<void> Mp4Writer::write(const MuxPacket& packet) {
  State& s = *state_;
  if (s.broken) return tl::unexpected(*s.broken);
  if (s.packets == 0 && !packet.key) return fail(Code::invalid, "a recording begins with a key frame", s.file.path());
  if (packet.epoch != s.epoch) return fail(Code::invalid, "a packet of another format needs a new file", s.file.path());
  AVPacket& out = *s.packet;
  out.data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(packet.buffer.data()));
  out.size = static_cast<int>(packet.size);
  out.flags = packet.key ? AV_PKT_FLAG_KEY : 0;
  out.stream_index = 0;
  s.times.place(packet, out);
  if (s.packets == 0) s.index.key_at(s.whole_bytes, out.dts);
  const std::int64_t before = avio_tell(s.muxer->pb);
  const std::int64_t dts = out.dts;
  const int code = av_write_frame(s.muxer.get(), &out);
  out.data = nullptr;
  out.size = 0;
  if (s.broken) return tl::unexpected(*s.broken);
  if (code < 0) {
    s.broken = s.error("the packet cannot be put into the file", code);
    return tl::unexpected(*s.broken);
  }
  out.dts = dts;
  if (avio_tell(s.muxer->pb) != before) s.fragment_ended(&out);
  if (s.broken) return tl::unexpected(*s.broken);
  ++s.packets;
  return {};
}

Result<std::uint64_t> Mp4Writer::close() {
  State& s = *state_;
  if (!s.broken && s.packets > 0) {
    const int code = av_write_trailer(s.muxer.get());
    if (code < 0 && !s.broken) s.broken = s.error("the file cannot be ended", code);
    s.fragment_ended(nullptr);
  }
  if (s.whole_packets == 0) {
    if (s.broken) return tl::unexpected(*s.broken);
    return fail(Code::invalid, "nothing was recorded", s.file.path());
  }
  // A write that failed may have written some of it.
  if (s.broken || s.file.bytes() != s.whole_bytes) {
    if (auto cut = s.file.truncate(s.whole_bytes); !cut) return tl::unexpected(cut.error());
  }
  if (const auto box = s.index.box(s.times.first_pts(), s.whole_bytes, s.whole_time)) {
    // Its place is on the disk already; should even that fail, players walk through the file.
    if (auto written = s.file.overwrite(s.index_offset, *box); !written) {
      (void)s.file.overwrite(s.index_offset, FragmentIndex::placeholder());
    }
  }
  if (auto done = s.file.commit(); !done) return tl::unexpected(done.error());
  return s.whole_bytes;
}

std::uint64_t Mp4Writer::bytes() const noexcept { return state_->file.bytes(); }
std::int64_t Mp4Writer::duration_us() const noexcept {
  return av_rescale_q(state_->times.end(), {1, timescale}, microseconds);
}
std::uint64_t Mp4Writer::packets() const noexcept { return state_->packets; }
std::uint64_t Mp4Writer::whole_packets() const noexcept { return state_->whole_packets; }

}  // namespace weir::media
