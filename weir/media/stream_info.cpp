#include "weir/media/stream_info.hpp"

#include <algorithm>

#include "weir/media/av.hpp"
#include "weir/media/codec_string.hpp"

namespace weir::media {

NalCodec nal_codec(int codec_id) noexcept {
  if (codec_id == AV_CODEC_ID_H264) return NalCodec::h264;
  if (codec_id == AV_CODEC_ID_HEVC) return NalCodec::hevc;
  return NalCodec::none;
}

Result<StreamInfo> describe_stream(const AVCodecParameters& parameters, double fps, std::uint32_t epoch) {
  Av<AVCodecParameters> copy(avcodec_parameters_alloc());
  if (copy == nullptr || avcodec_parameters_copy(copy.get(), &parameters) < 0) {
    return fail(Code::exhausted, "not enough memory to describe the stream");
  }
  const auto extradata_bytes = static_cast<std::size_t>(std::max(0, parameters.extradata_size));
  Result<AccessUnits> units =
      AccessUnits::make(nal_codec(parameters.codec_id), {reinterpret_cast<const std::byte*>(parameters.extradata),
                                                         parameters.extradata == nullptr ? 0 : extradata_bytes});
  if (!units) return tl::unexpected(units.error());
  StreamInfo info;
  info.units = std::move(*units);
  info.codec = avcodec_get_name(parameters.codec_id);
  info.width = parameters.width;
  info.height = parameters.height;
  info.fps = fps;
  info.epoch = epoch;
  info.parameters = std::shared_ptr<const AVCodecParameters>(copy.release(), AvDelete{});
  refresh(info);
  return info;
}

void refresh(StreamInfo& info) {
  info.webcodecs = webcodecs_string(*info.parameters, info.units.parameter_sets(), info.fps);
}

}  // namespace weir::media
