#include "weir/engines/detect/output_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/hot_path.hpp"

namespace weir::detect {
namespace {

constexpr int side = 640;

// Boxes as a YOLOv5 network gives them: centre and size in its pixels, objectness, two classes.
struct Network {
  std::vector<float> numbers = std::vector<float>(25'200 * 7, 0.0F);
  std::size_t rows = 0;

  void put(float cx, float cy, float w, float h, float first, float second = 0) {
    const float row[] = {cx, cy, w, h, 1, first, second};
    std::copy(std::begin(row), std::end(row), numbers.begin() + static_cast<std::ptrdiff_t>(7 * rows++));
  }
  Tensor tensor() const {
    const std::array<int, 3> dims{1, 25'200, 7};
    return {numbers.data(), Shape::of(dims)};
  }
};

OutputReader reader(float confidence = 0.5F, std::vector<std::uint8_t> wanted = {1, 1}) {
  const std::array<int, 3> dims{1, 25'200, 7};
  const Shape shape = Shape::of(dims);
  return {recognise(Layout::automatic, {&shape, 1}, side, side, 0).value(), confidence, std::move(wanted)};
}

std::vector<Detection> read(OutputReader& r, const Network& n, int width, int height) {
  const Tensor t = n.tensor();
  const auto found = r.read({&t, 1}, place(Fit::centre, width, height, side, side), width, height).value();
  return {found.begin(), found.end()};
}

TEST(OutputReader, gives_source_pixels_inside_the_picture) {
  OutputReader r = reader();
  Network n;
  n.put(320, 320, 64, 32, 0.9F);  // the middle of both
  n.put(0, 320, 64, 32, 0.8F);    // half outside on the left
  n.put(320, 130, 64, 40, 0.7F);  // reaches into the border above: y from 140 on is the picture
  n.put(320, 60, 64, 32, 0.95F);  // in the border alone
  EXPECT_THAT(read(r, n, 1920, 1080),
              testing::ElementsAre(Detection{864, 492, 192, 96, 0.9F, 0}, Detection{0, 492, 96, 96, 0.8F, 0},
                                   Detection{864, 0, 192, 30, 0.7F, 0}));
  EXPECT_TRUE(read(r, Network{}, 1920, 1080).empty());
}

TEST(OutputReader, a_portrait_picture_has_its_borders_at_the_sides) {
  OutputReader r = reader();
  Network n;
  n.put(320, 320, 36, 64, 0.9F);
  EXPECT_THAT(read(r, n, 1080, 1920), testing::ElementsAre(Detection{486, 864, 108, 192, 0.9F, 0}));
}

TEST(OutputReader, suppresses_within_a_label_and_reports_wanted_ones) {
  Network n;
  n.put(320, 320, 64, 32, 0.8F);
  n.put(322, 320, 64, 32, 0.9F);
  n.put(321, 320, 64, 32, 0.1F, 0.7F);
  OutputReader both = reader();
  const auto found = read(both, n, 640, 640);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FLOAT_EQ(found[0].confidence, 0.9F);
  EXPECT_EQ(found[0].label, 0);
  EXPECT_FLOAT_EQ(found[1].confidence, 0.7F);
  EXPECT_EQ(found[1].label, 1);
  OutputReader second = reader(0.5F, {0, 1});
  ASSERT_EQ(read(second, n, 640, 640).size(), 1U);
  EXPECT_EQ(read(second, n, 640, 640)[0].label, 1);
  OutputReader strict = reader(0.85F);
  EXPECT_EQ(read(strict, n, 640, 640).size(), 1U);
}

TEST(OutputReader, never_more_than_max_detections) {
  OutputReader r = reader(0);
  Network n;
  for (int i = 0; i < 25'200; ++i) {
    n.put(static_cast<float>(i % 160) * 4 + 2, static_cast<float>(i / 160 % 160) * 4 + 2, 3, 3,
          static_cast<float>(i) / 25'200);
  }
  const auto found = read(r, n, 640, 640);
  EXPECT_EQ(found.size(), max_detections);
  EXPECT_GT(found.back().confidence, 0.9F);
}

TEST(OutputReader, allocates_nothing_per_picture) {
  OutputReader r = reader(0);
  Network n;
  for (int i = 0; i < 3000; ++i) n.put(static_cast<float>(i % 640), static_cast<float>(i % 600), 9, 9, 0.9F);
  const Tensor t = n.tensor();
  const Placement p = place(Fit::centre, 1920, 1080, side, side);
  HotPath path("test.detect", HotPath::Kind::own, 0);
  for (int i = 0; i < 3; ++i) {
    const HotPath::Scope scope(path);
    EXPECT_TRUE(r.read({&t, 1}, p, 1920, 1080));
  }
  EXPECT_EQ(path.report().passes, 3U);
  EXPECT_EQ(path.report().bytes, 0U);
}

TEST(OutputReader, outputs_of_other_shapes_are_refused) {
  OutputReader r = reader();
  Network n;
  n.put(320, 320, 64, 32, 0.9F);
  const std::array<int, 3> dims{1, 8400, 7};
  const Tensor other{n.numbers.data(), Shape::of(dims)};
  const Placement p = place(Fit::centre, 640, 640, side, side);
  EXPECT_EQ(r.read({&other, 1}, p, 640, 640).error().line(), "detect.model: the model's outputs changed their shapes");
  EXPECT_FALSE(r.read({}, p, 640, 640));
}

}  // namespace
}  // namespace weir::detect
