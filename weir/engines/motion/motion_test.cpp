#include "weir/engines/motion/motion.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "weir/engines/motion/scene.hpp"

namespace weir::motion {
namespace {

TEST(Motion, settings_out_of_range_are_refused_by_name) {
  const auto owner = [](const MotionConfig& config) {
    const auto engine = make_motion_engine(config, {64, 64}, {64, 64});
    return engine ? std::string() : engine.error().owner;
  };
  EXPECT_EQ(owner({.threshold = 0}), "motion.threshold");
  EXPECT_EQ(owner({.threshold = 256}), "motion.threshold");
  EXPECT_EQ(owner({.min_area = -0.1}), "motion.min_area");
  EXPECT_EQ(owner({.min_area = 1.1}), "motion.min_area");
  EXPECT_EQ(owner({.min_area = std::numeric_limits<double>::quiet_NaN()}), "motion.min_area");
  EXPECT_EQ(owner({}), "");
  EXPECT_FALSE(make_motion_engine({}, {64, 64}, {0, 64}).has_value());
}

TEST(Motion, models_have_names) {
  for (const Model model : {Model::average, Model::mog2}) EXPECT_EQ(parse_model(to_string(model)).value(), model);
  const auto unknown = parse_model("mog3");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().detail, "mog3");
}

class EveryModel : public testing::TestWithParam<Model> {};

TEST_P(EveryModel, sees_a_moving_figure_and_nothing_else) {
  MotionConfig config;
  config.model = GetParam();
  const Size size{320, 180};
  auto engine = make_motion_engine(config, {640, 360}, size);
  ASSERT_TRUE(engine.has_value());
  test::Scene scene(size, 5);
  std::int64_t pts_us = 0;
  for (int i = 0; i < 60; ++i) EXPECT_TRUE((*engine)->look(scene.render(), pts_us += 66'000).empty()) << i;
  scene.figures = {{0, 60, 40, 60, 235}};
  for (; scene.figures[0].x < 270; scene.figures[0].x += 5) {
    const auto boxes = (*engine)->look(scene.render(), pts_us += 66'000);
    ASSERT_GE(boxes.size(), 1U);
    const double x = 2 * scene.figures[0].x;
    EXPECT_TRUE(std::any_of(boxes.begin(), boxes.end(),
                            [&](const Box& box) {
                              return box.x <= x + 32 && box.x + box.w >= x + 64 && box.y <= 136 &&
                                     box.y + box.h >= 224 && box.w * box.h < 20000;
                            }))
        << boxes[0].x << " " << boxes[0].y << " " << boxes[0].w << " " << boxes[0].h << " at " << x;
  }
  EXPECT_EQ((*engine)->stats().with_motion, 54U);
}

TEST_P(EveryModel, gives_no_more_than_max_boxes) {
  MotionConfig config;
  config.model = GetParam();
  config.min_area = 0;
  const Size size{640, 360};
  auto engine = make_motion_engine(config, size, size);
  ASSERT_TRUE(engine.has_value());
  test::Scene scene(size, 5);
  std::int64_t pts_us = 0;
  for (int i = 0; i < 30; ++i) (*engine)->look(scene.render(), pts_us += 66'000);
  for (int y = 0; y < 360; y += 40) {
    for (int x = 0; x < 640; x += 40) scene.figures.push_back({x + 8.0, y + 8.0, 8, 8, 250});
  }
  EXPECT_EQ((*engine)->look(scene.render(), pts_us + 66'000).size(), max_boxes);
  EXPECT_GT((*engine)->stats().boxes_cut, 0U);
}

TEST_P(EveryModel, what_moves_in_a_masked_part_counts_nowhere) {
  MotionConfig config;
  config.model = GetParam();
  const Size size{320, 180};
  auto engine = make_motion_engine(config, size, size);
  ASSERT_TRUE(engine.has_value());
  // The right half.
  std::vector<std::uint8_t> cells;
  for (int row = 0; row < mask_cells(size.height); ++row) {
    for (int column = 0; column < mask_cells(size.width); ++column) cells.push_back(column >= 20 ? 1 : 0);
  }
  (*engine)->mask(cells);
  test::Scene scene(size, 5);
  std::int64_t pts_us = 0;
  for (int i = 0; i < 60; ++i) EXPECT_TRUE((*engine)->look(scene.render(), pts_us += 66'000).empty()) << i;
  for (double x = 0; x < 280; x += 5) {
    scene.figures = {{x, 60, 40, 60, 235}};
    const auto boxes = (*engine)->look(scene.render(), pts_us += 66'000);
    EXPECT_EQ(boxes.empty(), x >= 160) << x;
    for (const Box& box : boxes) EXPECT_LE(box.x + box.w, 160 + 3);
  }
  (*engine)->mask({});
  scene.figures = {{250, 20, 40, 60, 20}};
  EXPECT_FALSE((*engine)->look(scene.render(), pts_us += 66'000).empty());
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel, testing::Values(Model::average, Model::mog2),
                         [](const auto& param) { return std::string(to_string(param.param)); });

}  // namespace
}  // namespace weir::motion
