#include "weir/media/test_clips.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "weir/media/av.hpp"

namespace weir::media::test {
namespace {

void check(int code, const char* what) {
  if (code < 0) throw std::runtime_error(std::string(what) + ": " + av_text(code));
}

// A gradient with a square that moves: something for every codec to predict.
void draw(AVFrame& rgb, int number) {
  const int at = number * 5 % std::max(1, rgb.width - 24), down = number * 3 % std::max(1, rgb.height - 24);
  for (int y = 0; y < rgb.height; ++y) {
    std::uint8_t* line = rgb.data[0] + static_cast<std::ptrdiff_t>(y) * rgb.linesize[0];
    for (int x = 0; x < rgb.width; ++x) {
      const bool square = x >= at && x < at + 24 && y >= down && y < down + 24;
      line[3 * x] = square ? 240 : static_cast<std::uint8_t>(40 + x * 120 / rgb.width);
      line[3 * x + 1] = square ? 200 : static_cast<std::uint8_t>(40 + y * 120 / rgb.height);
      line[3 * x + 2] = square ? 30 : static_cast<std::uint8_t>((x * 7 + y * 13 + number) & 63);
    }
  }
}

}  // namespace

std::filesystem::path make_clip(const std::filesystem::path& path, const ClipOptions& o) {
  silence_libraries();
  const AVCodec* codec = avcodec_find_encoder_by_name(o.encoder.c_str());
  if (codec == nullptr) throw std::runtime_error("no encoder " + o.encoder);
  AVFormatContext* out = nullptr;
  check(avformat_alloc_output_context2(&out, nullptr, nullptr, path.c_str()), "output");
  const std::unique_ptr<AVFormatContext, void (*)(AVFormatContext*)> guard(out, [](AVFormatContext* c) {
    avio_closep(&c->pb);
    avformat_free_context(c);
  });
  Av<AVCodecContext> c(avcodec_alloc_context3(codec));
  c->width = o.width, c->height = o.height;
  c->pix_fmt = av_get_pix_fmt(o.pixel_format.c_str());
  c->time_base = {1, o.fps};
  c->framerate = {o.fps, 1};
  c->gop_size = o.gop;
  c->max_b_frames = o.b_frames;
  c->thread_count = 1;
  c->bit_rate = 400'000;
  if (c->pix_fmt == AV_PIX_FMT_YUVJ420P) c->color_range = AVCOL_RANGE_JPEG;
  if ((out->oformat->flags & AVFMT_GLOBALHEADER) != 0) c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* dictionary = nullptr;
  for (const auto& [key, value] : o.encoder_options) av_dict_set(&dictionary, key.c_str(), value.c_str(), 0);
  const int opened = avcodec_open2(c.get(), codec, &dictionary);
  av_dict_free(&dictionary);
  check(opened, "encoder");
  AVStream* stream = avformat_new_stream(out, nullptr);
  check(avcodec_parameters_from_context(stream->codecpar, c.get()), "parameters");
  stream->time_base = c->time_base;
  stream->avg_frame_rate = c->framerate;
  check(avio_open(&out->pb, path.c_str(), AVIO_FLAG_WRITE), "file");
  check(avformat_write_header(out, nullptr), "header");

  Av<AVFrame> rgb(av_frame_alloc()), picture(av_frame_alloc());
  rgb->width = picture->width = o.width, rgb->height = picture->height = o.height;
  rgb->format = AV_PIX_FMT_RGB24, picture->format = c->pix_fmt;
  check(av_frame_get_buffer(rgb.get(), 0), "frame");
  check(av_frame_get_buffer(picture.get(), 0), "frame");
  Av<SwsContext> scaler(sws_getContext(o.width, o.height, AV_PIX_FMT_RGB24, o.width, o.height, c->pix_fmt, SWS_BILINEAR,
                                       nullptr, nullptr, nullptr));
  Av<AVPacket> packet(av_packet_alloc());
  auto drain = [&] {
    while (avcodec_receive_packet(c.get(), packet.get()) >= 0) {
      packet->duration = 1;
      av_packet_rescale_ts(packet.get(), c->time_base, stream->time_base);
      packet->stream_index = 0;
      check(av_interleaved_write_frame(out, packet.get()), "write");
    }
  };
  for (int i = 0; i < o.frames; ++i) {
    draw(*rgb, i);
    check(av_frame_make_writable(picture.get()), "frame");
    sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, o.height, picture->data, picture->linesize);
    picture->pts = i;
    check(avcodec_send_frame(c.get(), picture.get()), "encode");
    drain();
  }
  check(avcodec_send_frame(c.get(), nullptr), "encode");
  drain();
  check(av_write_trailer(out), "trailer");
  return path;
}

std::vector<ClipFormat> clip_formats() {
  std::vector<ClipFormat> all;
  auto add = [&](const char* name, const char* file, bool into_leases, auto&& change) {
    ClipOptions o;
    change(o);
    all.push_back({name, file, o, into_leases});
  };
  add("H264", "a.mp4", true, [](ClipOptions&) {});
  add("H264Reordered", "b.mp4", true, [](ClipOptions& o) { o.b_frames = 3; });
  add("H264Refs16", "c.mp4", true, [](ClipOptions& o) {
    o.b_frames = 3;
    o.gop = 60;
    o.encoder_options = {{"refs", "16"}, {"x264-params", "ref=16:b-pyramid=normal"}};
  });
  add("H264OddSize", "d.mp4", true, [](ClipOptions& o) {
    o.width = 175;
    o.height = 113;
    o.pixel_format = "yuv444p";
  });
  add("H264Cropped", "e.mp4", true, [](ClipOptions& o) {
    o.width = 314;
    o.height = 182;
  });
  add("H264TenBits", "f.mp4", true, [](ClipOptions& o) { o.pixel_format = "yuv420p10le"; });
  add("H264InMatroska", "g.mkv", true, [](ClipOptions& o) { o.b_frames = 2; });
  add("H264InTransportStream", "h.ts", true, [](ClipOptions& o) { o.b_frames = 2; });
  add("Hevc", "i.mp4", true, [](ClipOptions& o) {
    o.encoder = "libx265";
    o.encoder_options = {{"x265-params", "log-level=none:pools=1:frame-threads=1:bframes=4:ref=4"},
                         {"preset", "ultrafast"}};
  });
  add("Mpeg4", "j.avi", true, [](ClipOptions& o) {
    o.encoder = "mpeg4";
    o.b_frames = 2;
  });
  add("Mpeg2", "k.ts", true, [](ClipOptions& o) {
    o.encoder = "mpeg2video";
    o.b_frames = 2;
  });
  add("Mjpeg", "l.avi", true, [](ClipOptions& o) {
    o.encoder = "mjpeg";
    o.pixel_format = "yuvj420p";
  });
  add("Vp8", "m.webm", true, [](ClipOptions& o) {
    o.encoder = "libvpx";
    o.encoder_options = {{"deadline", "realtime"}, {"cpu-used", "8"}, {"auto-alt-ref", "1"}, {"lag-in-frames", "10"}};
  });
  add("Vp9", "n.webm", true, [](ClipOptions& o) {
    o.encoder = "libvpx-vp9";
    o.encoder_options = {{"deadline", "good"}, {"cpu-used", "8"}, {"auto-alt-ref", "1"}, {"lag-in-frames", "12"}};
  });
  // Its threads ask for their buffers at any time.
  add("Huffyuv", "q.avi", true, [](ClipOptions& o) {
    o.encoder = "huffyuv";
    o.pixel_format = "yuv422p";
  });
  add("RawBottomUp", "o.avi", false, [](ClipOptions& o) {
    o.encoder = "rawvideo";
    o.pixel_format = "bgr24";
    o.width = 48;
    o.height = 48;
  });
  add("RawPlanar", "p.nut", false, [](ClipOptions& o) {
    o.encoder = "rawvideo";
    o.pixel_format = "yuv420p";
  });
  return all;
}

std::filesystem::path clip_that_changes_size(const Scratch& scratch) {
  ClipOptions small, large;
  small.frames = 30, small.b_frames = 2;
  large = small;
  large.width = 640, large.height = 352;
  auto bytes = read_file(make_clip(scratch / "small.h264", small));
  const auto more = read_file(make_clip(scratch / "large.h264", large));
  const auto first = bytes;
  bytes.insert(bytes.end(), more.begin(), more.end());
  bytes.insert(bytes.end(), first.begin(), first.end());
  write_file(scratch / "both.h264", bytes);
  return scratch / "both.h264";
}

}  // namespace weir::media::test

#if defined(__SANITIZE_ADDRESS__)
// libx265 keeps a few kilobytes of each encoder it closes; only tests encode with it.
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265\n"; }
#endif

#if defined(__SANITIZE_THREAD__)
// FFmpeg hands buffers between its frame threads by atomics of its own, which are not instrumented: what it allocated
// in one thread and frees in another looks like a race. The price: races of ours below a call of FFmpeg's are not seen
// either. libx265, which only tests encode with, does the same within itself.
extern "C" const char* __tsan_default_suppressions() {
  return "race:libavutil.so\nrace:libavcodec.so\nrace:libx265.so\n";
}
#endif
