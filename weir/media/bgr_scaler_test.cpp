#include "weir/media/bgr_scaler.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "weir/core/hot_path.hpp"
#include "weir/media/av.hpp"

namespace weir::media {
namespace {

struct Colour {
  int b, g, r;
};

struct Made {
  Av<AVFrame> av;
  Frame frame;
};

Made frame_of(int width, int height, AVPixelFormat format) {
  Made m;
  m.av.reset(av_frame_alloc());
  m.av->width = width, m.av->height = height, m.av->format = format;
  EXPECT_GE(av_frame_get_buffer(m.av.get(), 0), 0);
  m.frame.width = width, m.frame.height = height, m.frame.format = format;
  for (std::size_t p = 0; p < 4; ++p) m.frame.data[p] = m.av->data[p], m.frame.stride[p] = m.av->linesize[p];
  return m;
}

// Planar YUV of 8 bits, in one colour.
Made flat(int width, int height, std::array<int, 3> yuv, AVPixelFormat format = AV_PIX_FMT_YUV420P) {
  Made m = frame_of(width, height, format);
  for (std::size_t p = 0; p < 3; ++p) {
    const int rows = p == 0 ? height : (height + 1) / 2;
    for (int y = 0; y < rows; ++y) std::fill_n(m.av->data[p] + y * m.av->linesize[p], m.av->linesize[p], yuv[p]);
  }
  return m;
}

// A picture with a guard all around it.
struct Canvas {
  static constexpr std::uint8_t guard = 0xa5;
  int width, height;
  std::ptrdiff_t stride;
  std::vector<std::uint8_t> bytes;

  Canvas(int w, int h, int room = 0)
      : width(w), height(h), stride(w * 3 + room), bytes(static_cast<std::size_t>(stride * h + 256), guard) {}
  std::uint8_t* pixels() { return bytes.data() + 128; }
  Colour at(int x, int y) {
    const std::uint8_t* p = pixels() + y * stride + x * 3;
    return {p[0], p[1], p[2]};
  }
  bool guard_is_whole() {
    bool whole = std::all_of(bytes.begin(), bytes.begin() + 128, [](auto b) { return b == guard; });
    for (int y = 0; y < height; ++y) {
      const std::uint8_t* end = pixels() + y * stride + width * 3;
      whole = whole && std::all_of(end, end + (stride - width * 3), [](auto b) { return b == guard; });
    }
    return whole &&
           std::all_of(pixels() + stride * height, bytes.data() + bytes.size(), [](auto b) { return b == guard; });
  }
};

void expect_near(Colour is, Colour should, int slack = 3) {
  EXPECT_NEAR(is.b, should.b, slack);
  EXPECT_NEAR(is.g, should.g, slack);
  EXPECT_NEAR(is.r, should.r, slack);
}

TEST(BgrScaler, fills_the_rectangle_with_the_frame_and_the_rest_with_the_border) {
  BgrScaler scaler;
  std::mt19937 random(3);
  const Made white = flat(1920, 1080, {235, 128, 128});
  for (int i = 0; i < 60; ++i) {
    const int cw = 40 + static_cast<int>(random() % 160), ch = 40 + static_cast<int>(random() % 160);
    const int w = 1 + static_cast<int>(random() % static_cast<unsigned>(cw)),
              h = 1 + static_cast<int>(random() % static_cast<unsigned>(ch));
    const int x = static_cast<int>(random() % static_cast<unsigned>(cw - w + 1)),
              y = static_cast<int>(random() % static_cast<unsigned>(ch - h + 1));
    SCOPED_TRACE(testing::Message() << "seed 3, " << w << "×" << h << " at " << x << ", " << y << " of " << cw << "×"
                                    << ch);
    Canvas canvas(cw, ch, i % 3 * 5);
    const auto done = scaler.scale(white.frame, x, y, w, h, canvas.pixels(), canvas.stride, cw, ch, 114);
    ASSERT_TRUE(done) << done.error().line();
    bool right = true;
    for (int py = 0; py < ch; ++py) {
      for (int px = 0; px < cw; ++px) {
        const Colour c = canvas.at(px, py);
        const bool inside = px >= x && px < x + w && py >= y && py < y + h;
        // Rounding adds up over the lines that fall into one.
        const int least = inside ? 238 : 114, most = inside ? 255 : 114;
        right = right && std::min({c.b, c.g, c.r}) >= least && std::max({c.b, c.g, c.r}) <= most;
      }
    }
    EXPECT_TRUE(right);
    EXPECT_TRUE(canvas.guard_is_whole());
  }
}

TEST(BgrScaler, colours_follow_the_matrix_and_the_range) {
  BgrScaler scaler;
  Canvas canvas(64, 64);
  const auto centre = [&](const Frame& frame) {
    EXPECT_TRUE(scaler.scale(frame, 0, 0, 64, 64, canvas.pixels(), canvas.stride, 64, 64, 0));
    return canvas.at(32, 32);
  };
  // Pure red, as BT.709 and BT.601 write it.
  expect_near(centre(flat(1280, 720, {63, 102, 240}).frame), {0, 0, 255});
  expect_near(centre(flat(720, 576, {81, 90, 240}).frame), {0, 0, 255});
  expect_near(centre(flat(1280, 720, {32, 240, 118}).frame), {255, 0, 0});
  Made grey = flat(640, 480, {100, 128, 128});
  expect_near(centre(grey.frame), {98, 98, 98});
  grey.frame.full_range = true;
  expect_near(centre(grey.frame), {100, 100, 100});
}

// What decoding devices give: chroma side by side, and ten bits in the upper end of sixteen.
TEST(BgrScaler, colours_are_the_same_in_the_formats_of_devices) {
  constexpr std::array<int, 3> red{63, 102, 240};
  BgrScaler scaler;
  Canvas canvas(64, 64);
  for (const AVPixelFormat format : {AV_PIX_FMT_NV12, AV_PIX_FMT_P010LE}) {
    SCOPED_TRACE(av_get_pix_fmt_name(format));
    const Made m = frame_of(1280, 720, format);
    for (int plane = 0; plane < 2; ++plane) {
      for (int y = 0; y < (plane == 0 ? 720 : 360); ++y) {
        std::uint8_t* line = m.av->data[plane] + y * m.av->linesize[plane];
        for (int x = 0; x < 1280; ++x) {
          const int sample = plane == 0 ? red[0] : red[x % 2 == 0 ? 1 : 2];
          if (format == AV_PIX_FMT_NV12) {
            line[x] = static_cast<std::uint8_t>(sample);
          } else {
            reinterpret_cast<std::uint16_t*>(line)[x] = static_cast<std::uint16_t>(sample << 8);
          }
        }
      }
    }
    ASSERT_TRUE(scaler.scale(m.frame, 0, 0, 64, 64, canvas.pixels(), canvas.stride, 64, 64, 0));
    expect_near(canvas.at(32, 32), {0, 0, 255});
  }
}

TEST(BgrScaler, shrinking_averages_and_growing_keeps_places) {
  Made stripes = flat(1920, 1080, {0, 128, 128});
  for (int y = 0; y < 1080; ++y) {
    for (int x = 0; x < 1920; ++x) stripes.av->data[0][y * stripes.av->linesize[0] + x] = x % 2 == 0 ? 16 : 235;
  }
  BgrScaler scaler;
  Canvas canvas(352, 352);
  ASSERT_TRUE(scaler.scale(stripes.frame, 0, 0, 352, 352, canvas.pixels(), canvas.stride, 352, 352, 0));
  // Taking single samples would give black and white bars.
  for (int x = 4; x < 348; ++x) ASSERT_NEAR(canvas.at(x, 100).g, 127, 40) << x;

  Made halves = flat(64, 64, {16, 128, 128});
  for (int y = 0; y < 64; ++y) std::fill_n(halves.av->data[0] + y * halves.av->linesize[0] + 32, 32, 235);
  ASSERT_TRUE(scaler.scale(halves.frame, 0, 0, 352, 352, canvas.pixels(), canvas.stride, 352, 352, 0));
  expect_near(canvas.at(165, 100), {0, 0, 0});
  expect_near(canvas.at(187, 100), {255, 255, 255});
}

TEST(BgrScaler, takes_other_formats_and_changes_between_them) {
  BgrScaler scaler;
  Canvas canvas(50, 50);
  for (int round = 0; round < 2; ++round) {
    for (const AVPixelFormat format : {AV_PIX_FMT_BGR24, AV_PIX_FMT_RGB24, AV_PIX_FMT_BGRA}) {
      SCOPED_TRACE(av_get_pix_fmt_name(format));
      Made m = frame_of(120 + round, 90, format);
      const bool rgb = format == AV_PIX_FMT_RGB24;
      const int step = format == AV_PIX_FMT_BGRA ? 4 : 3;
      for (int y = 0; y < 90; ++y) {
        for (int x = 0; x < 120 + round; ++x) {
          std::uint8_t* p = m.av->data[0] + y * m.av->linesize[0] + x * step;
          p[rgb ? 2 : 0] = 200, p[1] = 90, p[rgb ? 0 : 2] = 20;
        }
      }
      ASSERT_TRUE(scaler.scale(m.frame, 0, 5, 50, 40, canvas.pixels(), canvas.stride, 50, 50, 7));
      expect_near(canvas.at(25, 25), {200, 90, 20});
      expect_near(canvas.at(25, 2), {7, 7, 7}, 0);
    }
    for (const AVPixelFormat format : {AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_GRAY8, AV_PIX_FMT_YUYV422}) {
      Made m = frame_of(120, 90, format);
      EXPECT_TRUE(scaler.scale(m.frame, 0, 0, 50, 50, canvas.pixels(), canvas.stride, 50, 50, 7));
    }
  }
}

TEST(BgrScaler, pictures_stored_bottom_up_come_out_upright) {
  Made m = frame_of(64, 64, AV_PIX_FMT_BGR24);
  for (int y = 0; y < 64; ++y) std::fill_n(m.av->data[0] + y * m.av->linesize[0], 64 * 3, y < 32 ? 250 : 10);
  m.frame.data[0] += 63 * static_cast<std::ptrdiff_t>(m.frame.stride[0]);
  m.frame.stride[0] = -m.frame.stride[0];
  BgrScaler scaler;
  Canvas canvas(32, 32);
  ASSERT_TRUE(scaler.scale(m.frame, 0, 0, 32, 32, canvas.pixels(), canvas.stride, 32, 32, 0));
  EXPECT_LT(canvas.at(16, 4).g, 20);
  EXPECT_GT(canvas.at(16, 28).g, 240);
}

TEST(BgrScaler, allocates_for_a_new_size_alone) {
  BgrScaler scaler;
  const Made m = flat(1920, 1080, {100, 128, 128});
  Canvas canvas(352, 352);
  HotPath path("test.bgr", HotPath::Kind::own, 0);
  for (const int h : {352, 198}) {
    ASSERT_TRUE(scaler.scale(m.frame, 0, 0, 352, h, canvas.pixels(), canvas.stride, 352, 352, 0));
    for (int i = 0; i < 5; ++i) {
      const HotPath::Scope scope(path);
      static_cast<void>(scaler.scale(m.frame, 0, 0, 352, h, canvas.pixels(), canvas.stride, 352, 352, 0));
    }
  }
  EXPECT_EQ(path.report().passes, 10U);
  EXPECT_EQ(path.report().bytes, 0U);
}

TEST(BgrScaler, what_cannot_be_is_refused_and_nothing_written) {
  BgrScaler scaler;
  const Made m = flat(64, 64, {100, 128, 128});
  Canvas canvas(32, 32);
  const auto code = [&](const Frame& f, int x, int y, int w, int h, std::ptrdiff_t stride) {
    const auto done = scaler.scale(f, x, y, w, h, canvas.pixels(), stride, 32, 32, 0);
    return done ? Code::failed : done.error().code;
  };
  for (const auto& [x, y, w, h] : {std::array{-1, 0, 8, 8},
                                   {0, -1, 8, 8},
                                   {25, 0, 8, 8},
                                   {0, 25, 8, 8},
                                   {0, 0, 0, 8},
                                   {0, 0, 8, 0},
                                   {0, 0, 33, 32},
                                   {2'147'483'647, 0, 2, 2}}) {
    EXPECT_EQ(code(m.frame, x, y, w, h, canvas.stride), Code::invalid);
  }
  EXPECT_EQ(code(m.frame, 0, 0, 32, 32, 95), Code::invalid);
  EXPECT_EQ(code(Frame{}, 0, 0, 32, 32, canvas.stride), Code::invalid);
  Frame strange;
  strange.width = strange.height = 16;
  strange.data[0] = m.frame.data[0];
  for (const int format : {-1, 100'000, static_cast<int>(AV_PIX_FMT_VAAPI)}) {
    strange.format = format;
    EXPECT_EQ(code(strange, 0, 0, 32, 32, canvas.stride), Code::unsupported) << format;
  }
  EXPECT_EQ(canvas.at(3, 3).g, Canvas::guard);
}

}  // namespace
}  // namespace weir::media
