#include "weir/media/stream_tracker.hpp"

#include <algorithm>

#include "weir/core/clock.hpp"
#include "weir/media/key_frame_size.hpp"
#include "weir/media/stream_info.hpp"

namespace weir::media {
namespace {

std::span<const std::byte> bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::byte*>(data), data == nullptr ? 0 : size};
}

}  // namespace

Result<StreamTracker> StreamTracker::make(const AVCodecParameters& parameters, double fps, std::uint32_t first_epoch,
                                          std::int64_t first_pts_us) {
  Result<StreamInfo> info = describe_stream(parameters, fps, first_epoch);
  if (!info) return tl::unexpected(info.error());
  StreamTracker tracker;
  tracker.info_ = std::move(*info);
  tracker.offset_us_ = tracker.end_us_ = first_pts_us;
  return tracker;
}

void StreamTracker::take(AVPacket& native, AVRational time_base, Packet& packet) {
  look_for_change(native);
  av_packet_rescale_ts(&native, time_base, microseconds);
  native.time_base = microseconds;

  const std::int64_t frame_us = native.duration > 0 ? native.duration
                                : info_.fps > 0     ? static_cast<std::int64_t>(1e6 / info_.fps)
                                                    : 40'000;
  const bool has_pts = native.pts != AV_NOPTS_VALUE, has_dts = native.dts != AV_NOPTS_VALUE;
  if (!based_ && (has_pts || has_dts)) {
    based_ = true;
    base_us_ = has_pts ? native.pts : native.dts;
  }
  const std::int64_t shift = offset_us_ - base_us_;
  if (has_pts) native.pts += shift;
  if (has_dts) native.dts += shift;

  packet.dts_us = has_dts                ? native.dts
                  : has_pts              ? native.pts
                  : any_ && !restarting_ ? last_dts_us_ + frame_us
                                         : end_us_;
  packet.pts_us = has_pts ? native.pts : packet.dts_us;
  last_dts_us_ = packet.dts_us;
  end_us_ = std::max(end_us_, packet.pts_us + frame_us);

  packet.bytes = bytes_of(native.data, static_cast<std::size_t>(native.size));
  packet.key = (native.flags & AV_PKT_FLAG_KEY) != 0;
  packet.capture_us = wall_ns() / 1000;
  packet.epoch = info_.epoch;
  packet.restart = restarting_;
  packet.native = &native;
  any_ = true;
  restarting_ = false;
}

void StreamTracker::restart() {
  offset_us_ = end_us_;
  based_ = false;
  restarting_ = true;
  ++info_.epoch;
}

void StreamTracker::changed() {
  // Before the first packet there is nothing to tell apart from.
  if (any_ && !restarting_) ++info_.epoch;
  refresh(info_);
}

void StreamTracker::look_for_change(const AVPacket& native) {
  look_for_new_extradata(native);
  if ((native.flags & AV_PKT_FLAG_KEY) == 0) return;
  const auto bytes = bytes_of(native.data, static_cast<std::size_t>(native.size));
  if (info_.units.brings_other_parameter_sets(bytes)) {
    info_.units.adopt_parameter_sets(bytes);
    look_for_new_size(native);
    changed();
  } else if (const auto size = key_frame_size(info_.parameters->codec_id, bytes);
             size && (size->width != info_.width || size->height != info_.height)) {
    info_.width = size->width;
    info_.height = size->height;
    changed();
  }
}

void StreamTracker::look_for_new_extradata(const AVPacket& native) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&native, AV_PKT_DATA_NEW_EXTRADATA, &size);
  if (data == nullptr || info_.units.codec() == NalCodec::none) return;
  Result<AccessUnits> units = AccessUnits::make(info_.units.codec(), bytes_of(data, size));
  // The decoder will say what is wrong with it; the former description stays.
  if (!units) return;
  const auto before = info_.units.parameter_sets(), now = units->parameter_sets();
  if (std::equal(before.begin(), before.end(), now.begin(), now.end()) &&
      units->length_size() == info_.units.length_size()) {
    return;
  }
  info_.units = std::move(*units);
  look_for_new_size(native);
  changed();
}

// The size that the new parameter sets say, found by libavcodec's own parser: a rare event.
void StreamTracker::look_for_new_size(const AVPacket& native) {
  const AVCodecID id = info_.parameters->codec_id;
  Av<AVCodecParserContext> parser(av_parser_init(id));
  Av<AVCodecContext> context(avcodec_alloc_context3(avcodec_find_decoder(id)));
  const auto bytes = bytes_of(native.data, static_cast<std::size_t>(native.size));
  const Result<std::size_t> size = info_.units.annexb_bytes(bytes, true);
  if (parser == nullptr || context == nullptr || !size) return;
  std::vector<std::byte> unit(*size + AV_INPUT_BUFFER_PADDING_SIZE);
  if (!info_.units.write(bytes, true, unit)) return;
  parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
  std::uint8_t* out = nullptr;
  int out_size = 0;
  av_parser_parse2(parser.get(), context.get(), &out, &out_size, reinterpret_cast<const std::uint8_t*>(unit.data()),
                   static_cast<int>(*size), AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
  if (parser->width > 0 && parser->height > 0) {
    info_.width = parser->width;
    info_.height = parser->height;
  }
}

}  // namespace weir::media
