// Each decoder on tensors made by hand around one box: 40×20 pixels, centred at (100, 60) of a 320×256 input.
#include "weir/engines/detect/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace weir::detect {
namespace {

constexpr int width = 320, height = 256, classes = 3;
constexpr float cx = 100, cy = 60, bw = 40, bh = 20;

struct Made {
  Reading reading;
  std::vector<std::vector<float>> numbers;
  std::vector<Shape> shapes;

  Made(Layout layout, std::vector<std::vector<int>> dims, int labels = 0) {
    for (const auto& d : dims) {
      shapes.push_back(Shape::of(d));
      numbers.emplace_back(shapes.back().count(), 0.0F);
    }
    const auto recognised = recognise(layout, shapes, width, height, labels);
    EXPECT_TRUE(recognised) << recognised.error().line();
    reading = recognised.value();
  }
  std::vector<Tensor> tensors() const {
    std::vector<Tensor> all;
    for (std::size_t i = 0; i < numbers.size(); ++i) all.push_back({numbers[i].data(), shapes[i]});
    return all;
  }
  void set(std::size_t first, const std::vector<float>& values, std::size_t output = 0, std::size_t step = 1) {
    for (std::size_t i = 0; i < values.size(); ++i) numbers[output].at(first + i * step) = values[i];
  }
};

std::vector<Detection> decoded(const Made& made, float least = 0.3F) {
  Candidates into(least, std::vector<std::uint8_t>(classes, 1), 10'000);
  EXPECT_TRUE(fits(made.reading, made.tensors()));
  decode(made.reading, made.tensors(), into);
  return {into.taken().begin(), into.taken().end()};
}

void expect_the_box(const std::vector<Detection>& found, float confidence, int label) {
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].x, cx - bw / 2, 1e-3);
  EXPECT_NEAR(found[0].y, cy - bh / 2, 1e-3);
  EXPECT_NEAR(found[0].w, bw, 1e-3);
  EXPECT_NEAR(found[0].h, bh, 1e-3);
  EXPECT_NEAR(found[0].confidence, confidence, 1e-5);
  EXPECT_EQ(found[0].label, label);
}

float logit(float p) { return std::log(p / (1 - p)); }

TEST(Decode, fastestdet) {
  Made m(Layout::automatic, {{1, 5 + classes, 16, 20}});
  // 100 px are 6.25 cells of 16, 60 px 3.75: in the cell (6, 3), or from the next one backwards.
  const std::size_t plane = 320;
  const std::vector<float> box{
      0.9F, std::atanh(0.25F), std::atanh(0.75F), logit(bw / width), logit(bh / height), 0.1F, 0.2F, 0.7F};
  m.set(3 * 20 + 6, box, 0, plane);
  expect_the_box(decoded(m), std::pow(0.9F, 0.6F) * std::pow(0.7F, 0.4F), 2);

  Made back(Layout::automatic, {{1, 5 + classes, 16, 20}});
  back.set(4 * 20 + 7, {0.9F, std::atanh(-0.75F), std::atanh(-0.25F), box[3], box[4], 0.8F, 0.2F, 0}, 0, plane);
  expect_the_box(decoded(back), std::pow(0.9F, 0.6F) * std::pow(0.8F, 0.4F), 0);
  EXPECT_TRUE(decoded(back, 0.95F).empty());
}

// Rows of the grids with strides 8, 16 and 32.
constexpr std::size_t cells8 = 40 * 32, cells16 = 20 * 16, cells32 = 10 * 8, cells = cells8 + cells16 + cells32;

TEST(Decode, yolox_with_offsets_from_each_grid) {
  struct Place {
    std::size_t row;
    float stride, x, y;
  };
  // The cells that the centre lies in.
  for (const auto& [row, stride, x, y] : {Place{7 * 40 + 12, 8, 12, 7}, Place{cells8 + 3 * 20 + 6, 16, 6, 3},
                                          Place{cells8 + cells16 + 1 * 10 + 3, 32, 3, 1}}) {
    Made m(Layout::yolox, {{1, static_cast<int>(cells), 5 + classes}});
    ASSERT_EQ(m.reading.form, Form::yolox_offsets);
    m.set(row * (5 + classes),
          {cx / stride - x, cy / stride - y, std::log(bw / stride), std::log(bh / stride), 0.8F, 0.1F, 0.9F, 0.2F});
    expect_the_box(decoded(m), 0.72F, 1);
  }
}

TEST(Decode, yolox_in_pixels_and_yolov5) {
  Made x(Layout::yolox, {{1, static_cast<int>(cells), 5 + classes}});
  x.reading.form = Form::yolox_pixels;
  Made v5(Layout::automatic, {{1, static_cast<int>(3 * cells), 5 + classes}});
  ASSERT_EQ(v5.reading.form, Form::yolov5_rows);
  for (Made* m : {&x, &v5}) {
    m->set(77 * (5 + classes), {cx, cy, bw, bh, 0.8F, 0.1F, 0.2F, 0.9F});
    m->set(78 * (5 + classes), {cx, cy, bw, bh, 0.4F, 0.1F, 0.2F, 0.7F});  // 0.28 in all
    expect_the_box(decoded(*m), 0.72F, 2);
  }
}

TEST(Decode, yolov8_both_ways_round) {
  Made columns(Layout::automatic, {{1, 4 + classes, static_cast<int>(cells)}});
  ASSERT_EQ(columns.reading.form, Form::yolov8_columns);
  columns.set(901, {cx, cy, bw, bh, 0.1F, 0.6F, 0.2F}, 0, cells);
  expect_the_box(decoded(columns), 0.6F, 1);
  // The last of all, in a block that is not full.
  Made last(Layout::automatic, {{1, 4 + classes, static_cast<int>(cells)}});
  last.set(cells - 1, {cx, cy, bw, bh, 0.9F, 0.6F, 0.2F}, 0, cells);
  expect_the_box(decoded(last), 0.9F, 0);

  Made rows(Layout::automatic, {{1, static_cast<int>(cells), 4 + classes}}, classes);
  ASSERT_EQ(rows.reading.form, Form::yolov8_rows);
  rows.set(901 * (4 + classes), {cx, cy, bw, bh, 0.1F, 0.2F, 0.6F});
  expect_the_box(decoded(rows), 0.6F, 2);
}

TEST(Decode, finished_boxes) {
  Made v5(Layout::automatic, {{9, 7}});
  ASSERT_EQ(v5.reading.form, Form::yolov5_finished);
  v5.set(4 * 7, {0, cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, 2, 0.55F});
  expect_the_box(decoded(v5), 0.55F, 2);

  Made v8(Layout::automatic, {{1, 300, 6}});
  ASSERT_EQ(v8.reading.form, Form::yolov8_finished);
  v8.set(299 * 6, {cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, 0.55F, 1});
  expect_the_box(decoded(v8), 0.55F, 1);
}

TEST(Decode, ssd_rows_have_background_as_class_0) {
  Made m(Layout::automatic, {{1, 1, 10, 7}});
  ASSERT_EQ(m.reading.form, Form::ssd_rows);
  const float left = (cx - bw / 2) / width, right = (cx + bw / 2) / width;
  const float top = (cy - bh / 2) / height, bottom = (cy + bh / 2) / height;
  m.set(0, {0, 0, 0.99F, left, top, right, bottom});
  m.set(7, {0, 3, 0.9F, left, top, right, bottom});
  m.set(14, {0, 4, 0.9F, left, top, right, bottom});  // there are three
  expect_the_box(decoded(m), 0.9F, 2);
}

TEST(Decode, ssd_pair) {
  for (const std::size_t boxes : {0U, 1U}) {
    Made m(Layout::automatic, {{1, 100, 4}, {1, 100, 1 + classes}});
    ASSERT_EQ(m.reading.form, Form::ssd_pair);
    m.reading.boxes = boxes, m.reading.scores = 1 - boxes;
    for (const std::size_t row : {50U, 51U}) {
      m.set(row * 4, {(cx - bw / 2) / width, (cy - bh / 2) / height, (cx + bw / 2) / width, (cy + bh / 2) / height},
            boxes);
    }
    m.set(50 * 4, {0.3F, 0.1F, 0.6F, 0}, 1 - boxes);
    m.set(51 * 4, {0.9F, 0.1F, 0, 0}, 1 - boxes);  // background
    expect_the_box(decoded(m), 0.6F, 1);
  }
}

TEST(Decode, of_another_shape_does_not_fit) {
  const auto with = [](Made m, std::vector<int> dims) {
    m.shapes[0] = Shape::of(dims);
    m.numbers[0].resize(m.shapes[0].count());
    return fits(m.reading, m.tensors());
  };
  const int n = static_cast<int>(cells);
  EXPECT_FALSE(with(Made(Layout::yolox, {{1, n, 8}}), {1, n + 1, 8}));
  EXPECT_FALSE(with(Made(Layout::yolox, {{1, n, 8}}), {1, n, 9}));
  EXPECT_FALSE(with(Made(Layout::yolov5, {{1, 3 * n, 8}}), {1, n, 8}));
  EXPECT_FALSE(with(Made(Layout::yolov8, {{1, 7, n}}), {1, 8, n}));
  EXPECT_FALSE(with(Made(Layout::fastestdet, {{1, 8, 16, 20}}), {1, 8, 17, 20}));
  EXPECT_FALSE(with(Made(Layout::fastestdet, {{1, 8, 16, 20}}), {1, 9, 16, 20}));
  EXPECT_FALSE(with(Made(Layout::fastestdet, {{1, 8, 16, 20}}), {8, 16, 20}));
  EXPECT_FALSE(with(Made(Layout::ssd, {{1, 9, 4}, {1, 9, 5}}), {1, 10, 4}));
  EXPECT_FALSE(with(Made(Layout::ssd, {{1, 1, 9, 7}}), {1, 1, 9, 6}));
  EXPECT_FALSE(with(Made(Layout::yolov8, {{1, 300, 6}}), {}));
  // Networks that finish may find any number.
  EXPECT_TRUE(with(Made(Layout::ssd, {{1, 1, 9, 7}}), {1, 1, 3, 7}));
  EXPECT_TRUE(with(Made(Layout::ssd, {{1, 1, 9, 7}}), {1, 1, 0, 7}));
  EXPECT_TRUE(with(Made(Layout::yolov5, {{9, 7}}), {0, 7}));
  Made pair(Layout::ssd, {{1, 9, 4}, {1, 9, 5}});
  const auto tensors = pair.tensors();
  EXPECT_FALSE(fits(pair.reading, std::span(tensors).first(1)));
  EXPECT_FALSE(fits(pair.reading, {}));
}

TEST(Decode, numbers_that_are_none_are_passed_over) {
  constexpr std::uint32_t seed = 11;
  std::mt19937 random(seed);
  constexpr float inf = std::numeric_limits<float>::infinity();
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(), inf, -inf, 3e38F, -3e38F, 1e-42F, 0.7F, 50};
  const int n = static_cast<int>(cells);
  for (const auto& dims : std::vector<std::vector<std::vector<int>>>{{{1, 8, 16, 20}},
                                                                     {{1, n, 8}},
                                                                     {{1, 3 * n, 8}},
                                                                     {{1, 7, n}},
                                                                     {{9, 7}},
                                                                     {{1, 300, 6}},
                                                                     {{1, 1, 50, 7}},
                                                                     {{1, 60, 4}, {1, 60, 5}}}) {
    Made m(Layout::automatic, dims);
    for (auto& numbers : m.numbers) {
      for (float& f : numbers) f = bad[random() % std::size(bad)];
    }
    for (const Detection& d : decoded(m)) {
      ASSERT_TRUE(std::isfinite(d.x + d.w) && std::isfinite(d.y + d.h)) << "seed " << seed;
      ASSERT_GE(d.confidence, 0.3F);
      ASSERT_LE(d.confidence, 1);
      ASSERT_GT(d.w, 0);
      ASSERT_LT(d.label, classes);
      ASSERT_GE(d.label, 0);
    }
  }
}

}  // namespace
}  // namespace weir::detect
