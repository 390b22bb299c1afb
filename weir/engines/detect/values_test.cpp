#include "weir/engines/detect/values.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace weir::detect {
namespace {

constexpr int side = 416, classes = 2, columns = 5 + classes;

// What a YOLOX network would answer with, decoded by itself or not.
std::vector<float> yolox(const Reading& r, bool decoded, float spread, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> offset(0.5F, spread), size(1, 1);
  std::vector<float> numbers;
  for (const int stride : r.strides) {
    const auto s = static_cast<float>(stride);
    for (int y = 0; y < r.height / stride; ++y) {
      for (int x = 0; x < r.width / stride; ++x) {
        const float dx = offset(random), dy = offset(random), w = size(random), h = size(random);
        if (decoded) {
          numbers.insert(numbers.end(), {(dx + static_cast<float>(x)) * s, (dy + static_cast<float>(y)) * s,
                                         std::exp(w) * s, std::exp(h) * s});
        } else {
          numbers.insert(numbers.end(), {dx, dy, w, h});
        }
        numbers.insert(numbers.end(), {0.01F, 0.5F, 0.5F});
      }
    }
  }
  return numbers;
}

Reading recognised(Layout layout, const std::vector<std::vector<int>>& dims) {
  std::vector<Shape> shapes;
  for (const auto& d : dims) shapes.push_back(Shape::of(d));
  return recognise(layout, shapes, side, side, 0).value();
}

TEST(Values, yolox_that_decodes_itself_is_told_by_its_numbers) {
  const Reading r = recognised(Layout::yolox, {{1, 3549, columns}});
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    for (const float spread : {0.1F, 0.5F, 2.0F}) {
      EXPECT_FALSE(yolox_in_pixels(r, yolox(r, false, spread, seed).data())) << "seed " << seed;
      EXPECT_TRUE(yolox_in_pixels(r, yolox(r, true, spread, seed).data())) << "seed " << seed;
    }
  }
  const std::vector<float> zeros(3549 * columns, 0.0F), nothing(3549 * columns, std::nanf(""));
  EXPECT_FALSE(yolox_in_pixels(r, zeros.data()));
  EXPECT_FALSE(yolox_in_pixels(r, nothing.data()));

  Reading settled = r;
  const auto numbers = yolox(r, true, 0.5F, 1);
  const std::array<int, 3> dims{1, 3549, columns};
  const Tensor tensor{numbers.data(), Shape::of(dims)};
  ASSERT_TRUE(read_values(settled, {&tensor, 1}));
  EXPECT_EQ(settled.form, Form::yolox_pixels);
}

// One number that no probability has, at each place of confidences, and at one that is none.
void expect_refused_at(const std::vector<std::vector<int>>& dims, const std::vector<std::size_t>& confidences,
                       const std::vector<std::size_t>& others, std::size_t output = 0) {
  const Reading reading = recognised(Layout::automatic, dims);
  std::vector<std::vector<float>> numbers;
  std::vector<Tensor> tensors;
  for (const auto& d : dims) numbers.emplace_back(Shape::of(d).count(), 0.5F);
  for (std::size_t i = 0; i < dims.size(); ++i) tensors.push_back({numbers[i].data(), Shape::of(dims[i])});
  const auto accepted = [&](std::size_t at, float value) {
    const float before = std::exchange(numbers[output].at(at), value);
    Reading r = reading;
    const bool good = read_values(r, tensors).has_value();
    numbers[output][at] = before;
    return good;
  };
  for (const std::size_t at : confidences) {
    EXPECT_FALSE(accepted(at, 1.5F)) << to_string(tensors[0].shape) << " at " << at;
    EXPECT_FALSE(accepted(at, -4)) << at;
    EXPECT_TRUE(accepted(at, 1.005F)) << at;
    EXPECT_TRUE(accepted(at, std::nanf(""))) << at;
  }
  for (const std::size_t at : others) EXPECT_TRUE(accepted(at, -40)) << at;
}

TEST(Values, raw_scores_are_refused_in_every_form) {
  expect_refused_at({{1, 7, 26, 26}}, {0, 675, 5 * 676, 7 * 676 - 1}, {676, 5 * 676 - 1});
  expect_refused_at({{1, 3549, 7}}, {4, 6, 7 * 3549 - 1}, {0, 3, 7, 10});
  expect_refused_at({{1, 10647, 7}}, {4, 6, 7 * 10647 - 1}, {0, 3, 7});
  expect_refused_at({{1, 6, 3549}}, {4 * 3549, 6 * 3549 - 1}, {0, 4 * 3549 - 1});
  expect_refused_at({{1, 3549, 84}}, {4, 83, 84 * 3549 - 1}, {0, 3, 84});
  expect_refused_at({{9, 7}}, {6, 62}, {0, 5, 7});
  expect_refused_at({{1, 300, 6}}, {4, 1798}, {0, 5, 6});
  expect_refused_at({{1, 1, 10, 7}}, {2, 65}, {0, 1, 3, 6});
  expect_refused_at({{1, 40, 4}, {1, 40, 3}}, {0, 119}, {}, 1);
}

TEST(Values, boxes_that_are_offsets_from_anchors_are_refused) {
  Reading r = recognised(Layout::ssd, {{1, 100, 4}, {1, 100, 3}});
  std::mt19937 random(5);
  std::normal_distribution<float> offset(0, 1);
  std::vector<float> boxes(400), scores(300, 0.3F);
  for (float& b : boxes) b = offset(random);
  const std::array<int, 3> box_dims{1, 100, 4}, score_dims{1, 100, 3};
  const Tensor tensors[] = {{boxes.data(), Shape::of(box_dims)}, {scores.data(), Shape::of(score_dims)}};
  const auto refused = read_values(r, tensors);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().line(),
            "detect.model: the model's boxes are offsets from anchors: export it with decoded boxes (ssd)");
  for (std::size_t i = 0; i < 100; ++i) boxes[4 * i + 2] = boxes[4 * i] + 0.1F, boxes[4 * i + 3] = boxes[4 * i + 1] + 1;
  EXPECT_TRUE(read_values(r, tensors));
}

}  // namespace
}  // namespace weir::detect
