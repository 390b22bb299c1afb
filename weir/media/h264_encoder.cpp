#include "weir/media/h264_encoder.hpp"

#include <cstring>

namespace weir::media {

Result<H264Encoder> H264Encoder::make(int width, int height, int fps) {
  silence_libraries();
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr) {
    return fail(Code::unsupported, "this FFmpeg has no libx264, which the demo scenes need; install Debian's ffmpeg");
  }
  H264Encoder encoder;
  encoder.context_.reset(avcodec_alloc_context3(codec));
  encoder.frame_.reset(av_frame_alloc());
  AVCodecContext* c = encoder.context_.get();
  AVFrame* f = encoder.frame_.get();
  if (c == nullptr || f == nullptr) return fail(Code::exhausted, "not enough memory for an encoder");
  c->width = width, c->height = height;
  c->pix_fmt = AV_PIX_FMT_YUV420P;
  c->time_base = {1, fps};
  c->framerate = {fps, 1};
  c->gop_size = fps * 2;
  c->max_b_frames = 0;
  c->thread_count = 1;
  c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "preset", "ultrafast", 0);
  av_dict_set(&options, "tune", "zerolatency", 0);
  av_dict_set(&options, "profile", "baseline", 0);
  av_dict_set(&options, "crf", "24", 0);
  // A still picture must cost nothing and stay still: no scene-cut key frames in between.
  av_dict_set(&options, "sc_threshold", "0", 0);
  const int code = avcodec_open2(c, codec, &options);
  av_dict_free(&options);
  if (code < 0) return fail(Code::failed, "the H.264 encoder cannot be opened", {}, av_text(code));
  f->width = width, f->height = height;
  f->format = AV_PIX_FMT_YUV420P;
  if (av_frame_get_buffer(f, 0) < 0) return fail(Code::exhausted, "not enough memory for an encoder");
  return encoder;
}

Result<void> H264Encoder::encode(const Canvas& picture, std::int64_t number, AVPacket& packet) {
  AVFrame* f = frame_.get();
  if (const int code = av_frame_make_writable(f); code < 0) return fail(Code::exhausted, "not enough memory to encode");
  for (int p = 0; p < 3; ++p) {
    const int rows = p == 0 ? f->height : f->height / 2;
    const int bytes = p == 0 ? f->width : f->width / 2;
    for (int y = 0; y < rows; ++y) {
      std::memcpy(f->data[p] + static_cast<std::ptrdiff_t>(y) * f->linesize[p],
                  picture.plane(p) + static_cast<std::ptrdiff_t>(y) * picture.stride(p),
                  static_cast<std::size_t>(bytes));
    }
  }
  f->pts = number;
  int code = avcodec_send_frame(context_.get(), f);
  if (code >= 0) code = avcodec_receive_packet(context_.get(), &packet);
  if (code < 0) return fail(Code::failed, "the H.264 encoder failed", {}, av_text(code));
  packet.duration = 1;
  return {};
}

Result<Av<AVCodecParameters>> H264Encoder::parameters() const {
  Av<AVCodecParameters> parameters(avcodec_parameters_alloc());
  if (parameters == nullptr || avcodec_parameters_from_context(parameters.get(), context_.get()) < 0) {
    return fail(Code::exhausted, "not enough memory to describe a stream");
  }
  return parameters;
}

}  // namespace weir::media
