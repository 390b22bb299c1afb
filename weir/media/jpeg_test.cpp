#include "weir/media/jpeg.hpp"

#include <gtest/gtest.h>

#include "weir/media/av.hpp"

namespace weir::media {
namespace {

struct Picture {
  Av<AVFrame> av;
  Frame frame;
};

Picture picture(int width, int height, AVPixelFormat format = AV_PIX_FMT_YUV420P, int roughness = 0) {
  Picture p;
  p.av.reset(av_frame_alloc());
  p.av->width = width, p.av->height = height, p.av->format = format;
  EXPECT_GE(av_frame_get_buffer(p.av.get(), 0), 0);
  std::uint32_t random = 1;
  for (int plane = 0; plane < 4 && p.av->data[plane] != nullptr; ++plane) {
    const int rows = plane == 0 ? height : (height + 1) / 2;
    for (int y = 0; y < rows; ++y) {
      for (int x = 0; x < p.av->linesize[plane]; ++x) {
        random = random * 1664525u + 1013904223u;
        const int noise = roughness > 0 ? static_cast<int>(random >> 24) % roughness : 0;
        p.av->data[plane][y * p.av->linesize[plane] + x] =
            static_cast<std::uint8_t>(plane == 0 ? 60 + 100 * x / width + noise : 128);
      }
    }
  }
  p.frame.width = width, p.frame.height = height, p.frame.format = format;
  for (std::size_t i = 0; i < 4; ++i) p.frame.data[i] = p.av->data[i], p.frame.stride[i] = p.av->linesize[i];
  return p;
}

Av<AVFrame> decoded(std::span<const std::byte> jpeg) {
  Av<AVCodecContext> c(avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_MJPEG)));
  EXPECT_GE(avcodec_open2(c.get(), nullptr, nullptr), 0);
  Av<AVPacket> p(av_packet_alloc());
  EXPECT_GE(av_new_packet(p.get(), static_cast<int>(jpeg.size())), 0);
  std::copy(jpeg.begin(), jpeg.end(), reinterpret_cast<std::byte*>(p->data));
  Av<AVFrame> f(av_frame_alloc());
  EXPECT_GE(avcodec_send_packet(c.get(), p.get()), 0);
  EXPECT_GE(avcodec_receive_frame(c.get(), f.get()), 0);
  return f;
}

TEST(Jpeg, IsAPictureOfTheFrame) {
  JpegEncoder encoder;
  std::vector<std::byte> out(1 << 20);
  const Picture p = picture(640, 360);
  const auto size = encoder.encode(p.frame, out);
  ASSERT_TRUE(size) << size.error().line();
  const Av<AVFrame> back = decoded(std::span(out).first(*size));
  EXPECT_EQ(back->width, 640);
  EXPECT_EQ(back->height, 360);
  // Limited range became full range: 60 is (60 - 16) · 255 / 219.
  EXPECT_NEAR(back->data[0][180 * back->linesize[0] + 2], 51, 4);
  EXPECT_NEAR(back->data[0][180 * back->linesize[0] + 637], (159.0 - 16) * 255 / 219, 4);
}

TEST(Jpeg, WidePicturesAreScaledDownAndSizesMayChange) {
  JpegEncoder encoder(1280);
  std::vector<std::byte> out(1 << 20);
  for (const auto& [w, h, ow, oh] :
       {std::tuple{1920, 1080, 1280, 720}, {175, 113, 175, 113}, {3000, 100, 1280, 42}, {16, 16, 16, 16}}) {
    const auto size = encoder.encode(picture(w, h).frame, out);
    ASSERT_TRUE(size) << size.error().line();
    const Av<AVFrame> back = decoded(std::span(out).first(*size));
    EXPECT_EQ(back->width, ow);
    EXPECT_EQ(back->height, oh);
  }
}

TEST(Jpeg, OtherPixelFormatsAreShownToo) {
  JpegEncoder encoder;
  std::vector<std::byte> out(1 << 20);
  for (const AVPixelFormat format : {AV_PIX_FMT_BGR24, AV_PIX_FMT_GRAY8, AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P10LE}) {
    EXPECT_TRUE(encoder.encode(picture(320, 240, format).frame, out)) << format;
  }
  Frame nothing;
  EXPECT_FALSE(encoder.encode(nothing, out));
}

// What decoding devices give: chroma side by side, and ten bits in the upper end of sixteen.
TEST(Jpeg, PicturesOfDevicesLookLikeOthers) {
  JpegEncoder encoder;
  std::vector<std::byte> out(1 << 20);
  for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_NV12, AV_PIX_FMT_P010LE}) {
    const Picture p = picture(320, 240, format);
    for (int y = 0; y < 240; ++y) {
      std::uint8_t* luma = p.av->data[0] + y * p.av->linesize[0];
      std::uint8_t* chroma = p.av->data[1] + y / 2 * p.av->linesize[1];
      for (int x = 0; x < 320; ++x) {
        if (format == AV_PIX_FMT_P010LE) {
          reinterpret_cast<std::uint16_t*>(luma)[x] = 100 << 8;
          reinterpret_cast<std::uint16_t*>(chroma)[x] = (x % 2 == 0 ? 90 : 200) << 8;
        } else {
          luma[x] = 100;
          if (format == AV_PIX_FMT_NV12) chroma[x] = x % 2 == 0 ? 90 : 200;
        }
      }
      if (format != AV_PIX_FMT_YUV420P) continue;
      std::fill_n(chroma, 160, std::uint8_t{90});
      std::fill_n(p.av->data[2] + y / 2 * p.av->linesize[2], 160, std::uint8_t{200});
    }
    const auto size = encoder.encode(p.frame, out);
    ASSERT_TRUE(size) << size.error().line();
    const Av<AVFrame> back = decoded(std::span(out).first(*size));
    EXPECT_NEAR(back->data[0][100 * back->linesize[0] + 100], (100 - 16) * 255.0 / 219, 3) << format;
    EXPECT_NEAR(back->data[1][50 * back->linesize[1] + 50], 128 + (90 - 128) * 255.0 / 224, 4) << format;
    EXPECT_NEAR(back->data[2][50 * back->linesize[2] + 50], 128 + (200 - 128) * 255.0 / 224, 4) << format;
  }
}

TEST(Jpeg, ABoundIsKeptByCoarserPicturesAndNeverOverrun) {
  JpegEncoder encoder(1280, 2);
  const Picture p = picture(640, 360, AV_PIX_FMT_YUV420P, 90);
  std::vector<std::byte> out(1 << 20);
  const std::size_t fine = encoder.encode(p.frame, out).value();
  const auto coarse = encoder.encode(p.frame, std::span(out).first(fine / 2));
  ASSERT_TRUE(coarse) << coarse.error().line();
  EXPECT_LE(*coarse, fine / 2);
  std::vector<std::byte> tiny(200, std::byte{0xee});
  const auto none = encoder.encode(p.frame, std::span(tiny).first(100));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::exhausted);
  for (std::size_t i = 100; i < tiny.size(); ++i) EXPECT_EQ(tiny[i], std::byte{0xee});
  EXPECT_EQ(encoder.encode(p.frame, out).value(), fine);
}

}  // namespace
}  // namespace weir::media
