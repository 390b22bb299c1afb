#include "weir/media/jpeg.hpp"

#include <algorithm>
#include <cstring>

#include "weir/media/scaler.hpp"

namespace weir::media {

struct JpegEncoder::State {
  int max_width = 0, quality = 0;
  int in_width = 0, in_height = 0, in_format = -1;
  bool in_full_range = false;
  Av<SwsContext> scaler;
  Av<AVCodecContext> context;
  Av<AVFrame> picture;
  Av<AVPacket> packet;

  Result<void> prepare(const Frame& frame);
  Result<std::size_t> encode_at(int q, std::span<std::byte> out);
};

JpegEncoder::JpegEncoder(int max_width, int quality) : state_(std::make_unique<State>()) {
  state_->max_width = std::max(16, max_width);
  state_->quality = std::clamp(quality, 2, 31);
}
JpegEncoder::~JpegEncoder() = default;
JpegEncoder::JpegEncoder(JpegEncoder&&) noexcept = default;
JpegEncoder& JpegEncoder::operator=(JpegEncoder&&) noexcept = default;

Result<void> JpegEncoder::State::prepare(const Frame& frame) {
  if (scaler != nullptr && in_width == frame.width && in_height == frame.height && in_format == frame.format &&
      in_full_range == frame.full_range) {
    return {};
  }
  silence_libraries();
  scaler.reset();
  const int width = std::min(max_width, frame.width);
  const int height = std::max(1, static_cast<int>(static_cast<std::int64_t>(frame.height) * width / frame.width));
  Av<SwsContext> made =
      make_scaler(frame.width, frame.height, frame.format, width, height, AV_PIX_FMT_YUVJ420P, SWS_FAST_BILINEAR);
  if (made == nullptr) {
    return fail(Code::unsupported, "pictures of this pixel format cannot be shown", {},
                pixel_format_name(frame.format));
  }
  const int* coefficients = sws_getCoefficients(SWS_CS_DEFAULT);
  sws_setColorspaceDetails(made.get(), coefficients, frame.full_range ? 1 : 0, coefficients, 1, 0, 1 << 16, 1 << 16);

  picture.reset(av_frame_alloc());
  packet.reset(av_packet_alloc());
  context.reset(avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG)));
  if (picture == nullptr || packet == nullptr || context == nullptr) {
    return fail(Code::exhausted, "not enough memory for a JPEG");
  }
  picture->width = width, picture->height = height;
  picture->format = AV_PIX_FMT_YUVJ420P;
  picture->color_range = AVCOL_RANGE_JPEG;
  if (av_frame_get_buffer(picture.get(), 0) < 0) return fail(Code::exhausted, "not enough memory for a JPEG");
  context->width = width, context->height = height;
  context->pix_fmt = AV_PIX_FMT_YUVJ420P;
  context->color_range = AVCOL_RANGE_JPEG;
  context->time_base = {1, 25};
  context->thread_count = 1;
  context->flags |= AV_CODEC_FLAG_QSCALE;
  context->qmin = 2, context->qmax = 31;
  if (const int code = avcodec_open2(context.get(), context->codec, nullptr); code < 0) {
    return fail(Code::failed, "the JPEG encoder cannot be opened", {}, av_text(code));
  }
  scaler = std::move(made);
  in_width = frame.width, in_height = frame.height, in_format = frame.format, in_full_range = frame.full_range;
  return {};
}

Result<std::size_t> JpegEncoder::State::encode_at(int q, std::span<std::byte> out) {
  picture->quality = q * FF_QP2LAMBDA;
  picture->pts = picture->pts == AV_NOPTS_VALUE ? 0 : picture->pts + 1;
  int code = avcodec_send_frame(context.get(), picture.get());
  if (code >= 0) code = avcodec_receive_packet(context.get(), packet.get());
  if (code < 0) return fail(Code::failed, "the JPEG encoder failed", {}, av_text(code));
  const auto size = static_cast<std::size_t>(packet->size);
  const bool fits = size <= out.size();
  if (fits) std::memcpy(out.data(), packet->data, size);
  av_packet_unref(packet.get());
  if (!fits) return fail(Code::exhausted, "the place for a JPEG is too small for it");
  return size;
}

Result<std::size_t> JpegEncoder::encode(const Frame& frame, std::span<std::byte> out) {
  if (frame.width <= 0 || frame.height <= 0 || frame.data[0] == nullptr) return fail(Code::invalid, "an empty frame");
  State& s = *state_;
  if (const Result<void> ready = s.prepare(frame); !ready) return tl::unexpected(ready.error());
  if (av_frame_make_writable(s.picture.get()) < 0) return fail(Code::exhausted, "not enough memory for a JPEG");
  sws_scale(s.scaler.get(), frame.data.data(), frame.stride.data(), 0, frame.height, s.picture->data,
            s.picture->linesize);
  Result<std::size_t> size = s.encode_at(s.quality, out);
  for (int q = s.quality * 2; !size && size.error().code == Code::exhausted && q / 2 < 31; q *= 2) {
    size = s.encode_at(std::min(q, 31), out);
  }
  return size;
}

}  // namespace weir::media
