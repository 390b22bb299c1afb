#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/data.hpp"
#include "weir/engines/detect/candidates.hpp"
#include "weir/engines/detect/test_pictures.hpp"

namespace weir::detect {
namespace {

std::unique_ptr<Detector> people(DetectorConfig config = {}) {
  config.kind = Kind::people;
  auto made = make_detector(config);
  EXPECT_TRUE(made) << made.error().line();
  return std::move(*made);
}

TEST(People, look_at_a_picture_with_a_longer_side_of_640) {
  const auto detector = people();
  EXPECT_EQ(detector->placement(1920, 1080), (Placement{.width = 640, .height = 360, .w = 640, .h = 360}));
  EXPECT_EQ(detector->placement(1080, 1920), (Placement{.width = 360, .height = 640, .w = 360, .h = 640}));
  EXPECT_EQ(detector->placement(320, 240), (Placement{.width = 640, .height = 480, .w = 640, .h = 480}));
  // At least one window fits.
  EXPECT_EQ(detector->placement(4000, 100), (Placement{.width = 640, .height = 128, .w = 640, .h = 16}));
  EXPECT_EQ(detector->placement(10, 2000), (Placement{.width = 64, .height = 640, .w = 3, .h = 640}));
  EXPECT_THAT(detector->labels(), testing::ElementsAre("person"));
  EXPECT_EQ(detector->info().name, "HOG people");
}

TEST(People, nobody_is_in_a_drawn_scene_without_people) {
  const auto detector = people();
  test::TestPicture picture = test::plain(detector->placement(1920, 1080), 170);
  // Road, a wall with windows, and noise.
  std::mt19937 random(2);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const bool window = y > 40 && y < 120 && x % 100 > 20 && x % 100 < 80;
      const unsigned level = (y > 220 ? 90U : window ? 60U : 170U) + random() % 8;
      std::fill_n(picture.pixels.begin() + (static_cast<std::ptrdiff_t>(y) * picture.width + x) * 3, 3,
                  static_cast<std::uint8_t>(level));
    }
  }
  const auto found = detector->detect(picture.view(), 1920, 1080);
  ASSERT_TRUE(found) << found.error().line();
  EXPECT_TRUE(found->empty());
}

TEST(People, any_size_is_survived) {
  const auto detector = people({.confidence = 0});
  for (const auto& [w, h] : {std::pair{1, 1}, {1, 4000}, {4000, 1}, {64, 128}, {63, 127}, {7680, 4320}}) {
    const auto found = detector->detect(test::plain(detector->placement(w, h), 40).view(), w, h);
    EXPECT_TRUE(found) << w << "×" << h << ": " << found.error().line();
  }
  Picture none;
  EXPECT_FALSE(detector->detect(none, 100, 100));
  EXPECT_FALSE(detector->detect(none, 0, 100));
}

TEST(People, settings_for_a_network_are_refused) {
  const auto refused = [](DetectorConfig config) {
    config.kind = Kind::people;
    const auto made = make_detector(config);
    return made ? "made" : made.error().line();
  };
  const std::string why =
      "detect.engine: a model, labels or a layout are of no use to the people engine: leave them out";
  EXPECT_EQ(refused({.model = "x.onnx"}), why);
  EXPECT_EQ(refused({.labels = "x.txt"}), why);
  EXPECT_EQ(refused({.layout = Layout::ssd}), why);
  EXPECT_EQ(refused({.classes = {"person", "car"}}),
            "detect.classes: the model has no such label (car; there is person)");
  EXPECT_EQ(refused({.classes = {"person"}}), "made");
}

// Two groups in a street, cut out of a picture in which everybody is too small for the window: two women in front with
// others behind them, and two people walking side by side.
TEST(People, in_a_street_are_found) {
  constexpr auto name = "video/MOT17-mini/MOT17-02-FRCNN/img1/000001.jpg";
  const auto path = weir::test::data(name);
  if (!path) GTEST_SKIP() << weir::test::no_data(name);
  const auto detector = people();
  struct Part {
    int x, y, w, h;
    Detection someone;  // in the part
  };
  for (const Part& part :
       {Part{360, 380, 480, 400, {226, 66, 84, 262, 1, 0}}, Part{1260, 380, 400, 480, {80, 38, 165, 370, 1, 0}}}) {
    const test::TestPicture picture =
        test::placed(*path, detector->placement(part.w, part.h), {part.x, part.y, part.w, part.h});
    ASSERT_GT(picture.width, 0);
    const auto found = detector->detect(picture.view(), part.w, part.h);
    ASSERT_TRUE(found) << found.error().line();
    EXPECT_TRUE(std::ranges::any_of(*found, [&](const Detection& d) { return overlap(d, part.someone) > 0.5F; }));
  }
}

}  // namespace
}  // namespace weir::detect
