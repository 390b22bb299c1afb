#include "weir/media/stream_bytes.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "weir/media/av.hpp"
#include "weir/media/stream_info.hpp"

namespace weir::media {
namespace {

constexpr std::uint32_t magic = 0x57535431;  // "WST1"
constexpr std::int32_t max_side = 1 << 20;   // pixels; no codec has pictures as wide or high
constexpr double max_fps = 1e6;

// Extradata and parameter sets follow, in this order.
struct Head {
  std::uint32_t magic_word;
  std::uint32_t epoch;
  double fps;
  std::int64_t bit_rate;
  std::int32_t codec_id;
  std::uint32_t codec_tag;
  std::int32_t format;
  std::int32_t profile, level;
  std::int32_t width, height;              // the parameters'
  std::int32_t shown_width, shown_height;  // StreamInfo's: those of the newest parameter sets
  std::int32_t aspect_num, aspect_den;
  std::int32_t bits_per_coded_sample, bits_per_raw_sample;
  std::int32_t field_order, color_range, color_primaries, color_trc, color_space, chroma_location, video_delay;
  std::int32_t nal_length_bytes;
  std::uint32_t extradata_bytes, parameter_set_bytes;
  std::uint32_t nothing;  // so that there are no bytes between fields
};
static_assert(std::is_trivially_copyable_v<Head> && sizeof(Head) == 120);

bool good_side(std::int32_t pixels) { return pixels >= 0 && pixels <= max_side; }
bool good_size(const Head& h) {
  return good_side(h.width) && good_side(h.height) && good_side(h.shown_width) && good_side(h.shown_height);
}

// Calls f(value, end, otherwise) for each field that must be one of `end` values because codecs look it up in tables;
// `otherwise` says that it is not known.
template <class Head, class F>
void each_choice(Head& h, F&& f) {
  f(h.field_order, AV_FIELD_BT + 1, AV_FIELD_UNKNOWN);
  f(h.color_range, AVCOL_RANGE_NB, AVCOL_RANGE_UNSPECIFIED);
  f(h.color_primaries, AVCOL_PRI_NB, AVCOL_PRI_UNSPECIFIED);
  f(h.color_trc, AVCOL_TRC_NB, AVCOL_TRC_UNSPECIFIED);
  f(h.color_space, AVCOL_SPC_NB, AVCOL_SPC_UNSPECIFIED);
  f(h.chroma_location, AVCHROMA_LOC_NB, AVCHROMA_LOC_UNSPECIFIED);
  f(h.video_delay, 256, 0);
  f(h.bits_per_coded_sample, 1025, 0);
  f(h.bits_per_raw_sample, 1025, 0);
}
bool good_choices(const Head& h) {
  bool good = h.aspect_num >= 0 && h.aspect_den >= 0 && h.bit_rate >= 0;
  each_choice(h, [&good](std::int32_t value, int end, int) { good = good && value >= 0 && value < end; });
  return good;
}

bool good_codec(const Head& h) {
  // Cast after the look: an enum holds no other values.
  if (h.codec_id <= 0 || h.codec_id >= AV_CODEC_ID_FIRST_AUDIO) return false;
  const AVCodecDescriptor* codec = avcodec_descriptor_get(static_cast<AVCodecID>(h.codec_id));
  return codec != nullptr && codec->type == AVMEDIA_TYPE_VIDEO && h.format >= -1 && h.format < AV_PIX_FMT_NB;
}

tl::unexpected<Error> no_stream() { return fail(Code::corrupt, "this is not the description of a stream"); }

Head head_of(const StreamInfo& info) {
  const AVCodecParameters& p = *info.parameters;
  Head h{};
  h.magic_word = magic;
  h.epoch = info.epoch;
  h.fps = info.fps;
  h.bit_rate = p.bit_rate;
  h.codec_id = p.codec_id;
  h.codec_tag = p.codec_tag;
  h.format = p.format;
  h.profile = p.profile, h.level = p.level;
  h.width = p.width, h.height = p.height;
  h.shown_width = info.width, h.shown_height = info.height;
  h.aspect_num = p.sample_aspect_ratio.num, h.aspect_den = p.sample_aspect_ratio.den;
  h.bits_per_coded_sample = p.bits_per_coded_sample, h.bits_per_raw_sample = p.bits_per_raw_sample;
  h.field_order = p.field_order, h.color_range = p.color_range, h.color_primaries = p.color_primaries;
  h.color_trc = p.color_trc, h.color_space = p.color_space, h.chroma_location = p.chroma_location;
  h.video_delay = p.video_delay;
  h.nal_length_bytes = info.units.length_size();
  h.extradata_bytes = p.extradata == nullptr ? 0 : static_cast<std::uint32_t>(p.extradata_size);
  h.parameter_set_bytes = static_cast<std::uint32_t>(info.units.parameter_sets().size());
  return h;
}

Result<Av<AVCodecParameters>> parameters_of(const Head& h, std::span<const std::byte> extradata) {
  Av<AVCodecParameters> p(avcodec_parameters_alloc());
  if (p == nullptr) return fail(Code::exhausted, "not enough memory to describe the stream");
  p->codec_type = AVMEDIA_TYPE_VIDEO;
  p->codec_id = static_cast<AVCodecID>(h.codec_id);
  p->codec_tag = h.codec_tag;
  p->format = h.format;
  p->bit_rate = h.bit_rate;
  p->profile = h.profile, p->level = h.level;
  p->width = h.width, p->height = h.height;
  p->sample_aspect_ratio = {h.aspect_num, h.aspect_den};
  p->bits_per_coded_sample = h.bits_per_coded_sample, p->bits_per_raw_sample = h.bits_per_raw_sample;
  p->field_order = static_cast<AVFieldOrder>(h.field_order);
  p->color_range = static_cast<AVColorRange>(h.color_range);
  p->color_primaries = static_cast<AVColorPrimaries>(h.color_primaries);
  p->color_trc = static_cast<AVColorTransferCharacteristic>(h.color_trc);
  p->color_space = static_cast<AVColorSpace>(h.color_space);
  p->chroma_location = static_cast<AVChromaLocation>(h.chroma_location);
  p->video_delay = h.video_delay;
  if (extradata.empty()) return p;
  p->extradata = static_cast<std::uint8_t*>(av_mallocz(extradata.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (p->extradata == nullptr) return fail(Code::exhausted, "not enough memory to describe the stream");
  std::memcpy(p->extradata, extradata.data(), extradata.size());
  p->extradata_size = static_cast<int>(extradata.size());
  return p;
}

}  // namespace

Result<std::vector<std::byte>> write_stream(const StreamInfo& info) {
  if (info.parameters == nullptr) return fail(Code::invalid, "a stream without parameters");
  Head h = head_of(info);
  // What a container says there is a guess: none is better than one that cannot be.
  if (!std::isfinite(h.fps) || h.fps < 0 || h.fps > max_fps) h.fps = 0;
  h.aspect_num = std::max(0, h.aspect_num), h.aspect_den = std::max(0, h.aspect_den);
  h.bit_rate = std::max<std::int64_t>(0, h.bit_rate);
  each_choice(h, [](std::int32_t& value, int end, int otherwise) {
    if (value < 0 || value >= end) value = otherwise;
  });
  const auto sets = info.units.parameter_sets();
  if (info.parameters->extradata_size < 0 || h.extradata_bytes > max_stream_bytes || sets.size() > max_stream_bytes ||
      sizeof(Head) + h.extradata_bytes + sets.size() > max_stream_bytes) {
    return fail(Code::unsupported, "the stream's description is too large for a worker; use pipeline = \"unified\"", {},
                std::to_string(h.extradata_bytes) + " and " + std::to_string(sets.size()) + " bytes");
  }
  if (!good_size(h)) {
    return fail(Code::unsupported, "no codec has pictures of this size", {},
                std::to_string(h.width) + "x" + std::to_string(h.height));
  }
  std::vector<std::byte> bytes(sizeof(Head) + h.extradata_bytes + sets.size());
  std::memcpy(bytes.data(), &h, sizeof h);
  if (h.extradata_bytes > 0) std::memcpy(bytes.data() + sizeof h, info.parameters->extradata, h.extradata_bytes);
  if (!sets.empty()) std::memcpy(bytes.data() + sizeof h + h.extradata_bytes, sets.data(), sets.size());
  return bytes;
}

Result<StreamInfo> parse_stream(std::span<const std::byte> bytes) {
  Head h;
  if (bytes.size() < sizeof h || bytes.size() > max_stream_bytes) return no_stream();
  std::memcpy(&h, bytes.data(), sizeof h);
  bytes = bytes.subspan(sizeof h);
  if (h.magic_word != magic || h.extradata_bytes > bytes.size() ||
      h.parameter_set_bytes != bytes.size() - h.extradata_bytes) {
    return no_stream();
  }
  if (!std::isfinite(h.fps) || h.fps < 0 || h.fps > max_fps || !good_size(h) || !good_codec(h) || !good_choices(h)) {
    return no_stream();
  }
  Result<AccessUnits> units =
      AccessUnits::restore(nal_codec(h.codec_id), h.nal_length_bytes, bytes.subspan(h.extradata_bytes));
  if (!units) return tl::unexpected(units.error());
  Result<Av<AVCodecParameters>> parameters = parameters_of(h, bytes.first(h.extradata_bytes));
  if (!parameters) return tl::unexpected(parameters.error());
  StreamInfo info;
  info.codec = avcodec_get_name((*parameters)->codec_id);
  info.width = h.shown_width, info.height = h.shown_height;
  info.fps = h.fps;
  info.epoch = h.epoch;
  info.units = std::move(*units);
  info.parameters = std::shared_ptr<const AVCodecParameters>(parameters->release(), AvDelete{});
  refresh(info);
  return info;
}

}  // namespace weir::media
