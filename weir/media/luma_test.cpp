#include "weir/media/luma.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <gtest/gtest.h>

#include <cmath>

#include "weir/media/av.hpp"

namespace weir::media {
namespace {

constexpr int width = 70, height = 38;

std::uint8_t expected(int x, int y) { return static_cast<std::uint8_t>(40 + x * 2 + y); }

// A grey ramp in any format, made by swscale from grey.
Av<AVFrame> ramp(AVPixelFormat format) {
  silence_libraries();
  Av<AVFrame> grey(av_frame_alloc()), out(av_frame_alloc());
  for (AVFrame* f : {grey.get(), out.get()}) f->width = width, f->height = height;
  grey->format = AV_PIX_FMT_YUV444P;
  out->format = format;
  if (av_frame_get_buffer(grey.get(), 0) < 0 || av_frame_get_buffer(out.get(), 0) < 0) return nullptr;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      grey->data[0][y * grey->linesize[0] + x] = expected(x, y);
      grey->data[1][y * grey->linesize[1] + x] = grey->data[2][y * grey->linesize[2] + x] = 128;
    }
  }
  Av<SwsContext> scaler(sws_getContext(width, height, AV_PIX_FMT_YUV444P, width, height, format,
                                       SWS_POINT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr));
  if (scaler == nullptr) return nullptr;
  // Full range on both sides: what goes in as luma comes out as luma.
  const int* c = sws_getCoefficients(SWS_CS_DEFAULT);
  sws_setColorspaceDetails(scaler.get(), c, 1, c, 1, 0, 1 << 16, 1 << 16);
  if (sws_scale(scaler.get(), grey->data, grey->linesize, 0, height, out->data, out->linesize) <= 0) return nullptr;
  return out;
}

Frame frame_of(const AVFrame& f) {
  Frame frame;
  frame.width = f.width, frame.height = f.height, frame.format = f.format;
  for (std::size_t p = 0; p < 4; ++p) frame.data[p] = f.data[p], frame.stride[p] = f.linesize[p];
  return frame;
}

TEST(Luma, EveryYuvAndGreyFormatIsReadInPlace) {
  int tried = 0;
  for (const AVPixFmtDescriptor* d = av_pix_fmt_desc_next(nullptr); d != nullptr; d = av_pix_fmt_desc_next(d)) {
    const AVPixelFormat format = av_pix_fmt_desc_get_id(d);
    const auto layout = luma_layout(format);
    if (!layout || sws_isSupportedOutput(format) == 0) continue;
    SCOPED_TRACE(d->name);
    const Av<AVFrame> picture = ramp(format);
    ASSERT_NE(picture, nullptr);
    LumaReader reader;
    const Result<LumaView> view = reader.view(frame_of(*picture));
    ASSERT_TRUE(view);
    EXPECT_EQ(reader.conversions(), 0u);
    int worst = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) worst = std::max(worst, std::abs(view->at(x, y) - expected(x, y)));
    }
    EXPECT_LE(worst, 2);
    ++tried;
  }
  EXPECT_GT(tried, 40);
}

TEST(Luma, OtherFormatsAreConverted) {
  for (const AVPixelFormat format : {AV_PIX_FMT_RGB24, AV_PIX_FMT_BGR24, AV_PIX_FMT_RGBA, AV_PIX_FMT_GBRP,
                                     AV_PIX_FMT_RGB565LE, AV_PIX_FMT_RGB48LE, AV_PIX_FMT_YUV420P10BE}) {
    SCOPED_TRACE(av_get_pix_fmt_name(format));
    EXPECT_FALSE(luma_layout(format));
    const Av<AVFrame> picture = ramp(format);
    ASSERT_NE(picture, nullptr);
    LumaReader reader;
    for (int i = 1; i <= 3; ++i) {
      const Result<LumaView> view = reader.view(frame_of(*picture));
      ASSERT_TRUE(view);
      EXPECT_EQ(reader.conversions(), static_cast<std::uint64_t>(i));
      // A ramp stays a ramp: brighter to the right and downwards.
      EXPECT_GT(view->at(width - 1, 0), view->at(0, 0) + 60);
      EXPECT_GT(view->at(0, height - 1), view->at(0, 0) + 15);
    }
  }
}

TEST(Luma, BottomUpPicturesAreReadTheRightWayUp) {
  const Av<AVFrame> picture = ramp(AV_PIX_FMT_BGR24);
  Frame flipped = frame_of(*picture);
  flipped.data[0] += (height - 1) * static_cast<std::ptrdiff_t>(flipped.stride[0]);
  flipped.stride[0] = -flipped.stride[0];
  LumaReader reader;
  const Result<LumaView> view = reader.view(flipped);
  ASSERT_TRUE(view);
  EXPECT_GT(view->at(0, 0), view->at(0, height - 1) + 15);
}

TEST(Luma, WhatIsNoPictureIsRefused) {
  LumaReader reader;
  Frame frame;
  frame.width = frame.height = 16;
  frame.format = -1;
  EXPECT_EQ(reader.view(frame).error().code, Code::unsupported);
  frame.format = AV_PIX_FMT_VAAPI;
  EXPECT_EQ(reader.view(frame).error().code, Code::unsupported);
}

}  // namespace
}  // namespace weir::media
