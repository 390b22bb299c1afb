// Motion in real clips. What is in them was established by looking at their frames, one by one at the borders.
#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "weir/engines/motion/motion.hpp"
#include "weir/engines/motion/test_video.hpp"

namespace weir::motion {
namespace {

struct Clip {
  const char* name;
  int width, height;
  double fps;
  int frames;
};

constexpr Clip cars{"video/car-detection.mp4", 768, 432, 12.5, 377};
constexpr Clip people{"video/one-by-one-person-detection.mp4", 768, 432, 10, 1394};
constexpr Clip bottles{"video/bottle-detection.mp4", 640, 360, 29.83, 1189};
constexpr Clip highway{"video/bgslibrary_video02.avi", 320, 240, 25, 748};

struct Interval {
  int first, last;  // frames, both included
  bool holds(int frame) const { return frame >= first && frame <= last; }
};

// For each frame that was looked at: its number and the boxes.
using Looks = std::vector<std::pair<int, std::vector<Box>>>;

Looks look_at(const std::filesystem::path& path, const Clip& clip, MotionConfig config = {}, int every = 1) {
  test::TestVideo video(path, clip.width, clip.height);
  LumaScale scale(video.view(), {640, 360});
  auto engine = make_motion_engine(config, {clip.width, clip.height}, scale.size());
  EXPECT_TRUE(engine.has_value());
  Looks looks;
  int frame = 0;
  for (; video.next(); ++frame) {
    if (frame % every != 0) continue;
    const auto boxes = (*engine)->look(scale.scale(video.view()), std::llround(frame / clip.fps * 1e6));
    looks.emplace_back(frame, std::vector(boxes.begin(), boxes.end()));
  }
  EXPECT_EQ(frame, clip.frames) << "the ffmpeg command decodes this clip (is it installed?)";
  return looks;
}

#define WEIR_CLIP(clip)                            \
  const auto path = weir::test::data((clip).name); \
  if (!path) GTEST_SKIP() << weir::test::no_data((clip).name)

double area_of_all(const std::vector<Box>& boxes) {
  double area = 0;
  for (const Box& box : boxes) area += static_cast<double>(box.w) * box.h;
  return area;
}

// Three passages: a white car, a blue and a red one at once, another white one. Between them wet asphalt and a few
// marks, which shift by some pixels as the camera sways, while its exposure halves under a white car and takes three
// seconds to come back. Shadows run ahead of and behind each car for some frames in which it is not yet, or no longer,
// in the picture: those frames may go either way.
constexpr Interval car_frames[] = {{56, 107}, {182, 237}, {316, 346}};
constexpr Interval empty_frames[] = {{0, 53}, {117, 176}, {244, 312}, {350, 376}};

class Cars : public testing::TestWithParam<int> {};

TEST_P(Cars, every_passing_car_gives_motion_and_the_empty_stretches_none) {
  WEIR_CLIP(cars);
  for (const auto& [frame, boxes] : look_at(*path, cars, {}, GetParam())) {
    for (const auto& interval : car_frames) {
      if (interval.holds(frame)) EXPECT_FALSE(boxes.empty()) << "a car is in frame " << frame;
    }
    for (const auto& interval : empty_frames) {
      if (interval.holds(frame)) EXPECT_TRUE(boxes.empty()) << "nothing is in frame " << frame;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryNthFrame, Cars, testing::Values(1, 2, 3));

TEST(RealVideo, boxes_lie_on_the_cars) {
  WEIR_CLIP(cars);
  const auto looks = look_at(*path, cars);
  // Measured in the frames themselves: left, top, right, bottom of each car's body.
  const auto covers = [&](int frame, int left, int top, int right, int bottom) {
    for (const Box& box : looks[static_cast<std::size_t>(frame)].second) {
      const double w = std::min(box.x + box.w, right) - std::max(box.x, left);
      const double h = std::min(box.y + box.h, bottom) - std::max(box.y, top);
      const double both = std::max(w, 0.0) * std::max(h, 0.0);
      const double either = static_cast<double>(box.w) * box.h + (right - left) * (bottom - top) - both;
      if (both / either > 0.6) return true;
    }
    return false;
  };
  EXPECT_TRUE(covers(80, 275, 60, 430, 345)) << "the first white car";
  EXPECT_TRUE(covers(332, 130, 55, 305, 390)) << "the second white car";
}

TEST(RealVideo, a_room_is_empty_after_each_visitor) {
  WEIR_CLIP(people);
  // Six people come to the table, stand there for up to 20 s, and leave; their shadows last a little longer.
  constexpr Interval there[] = {{66, 178}, {240, 440}, {512, 680}, {760, 860}, {930, 1180}, {1245, 1340}};
  constexpr Interval empty[] = {{0, 55}, {208, 222}, {462, 498}, {710, 740}, {882, 915}, {1212, 1230}, {1372, 1393}};
  std::size_t visits_seen = 0;
  std::array<int, std::size(there)> seen{};
  for (const auto& [frame, boxes] : look_at(*path, people)) {
    for (std::size_t i = 0; i < std::size(there); ++i) {
      if (there[i].holds(frame) && !boxes.empty()) ++seen[i];
    }
    for (const auto& interval : empty) {
      if (interval.holds(frame)) EXPECT_TRUE(boxes.empty()) << "nobody is in frame " << frame;
    }
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    // Who stands quite still becomes background; coming, moving and leaving is seen.
    EXPECT_GE(seen[i], (there[i].last - there[i].first) / 2) << "visitor " << i + 1;
    ++visits_seen;
  }
  EXPECT_EQ(visits_seen, 6U);
}

TEST(RealVideo, bottles_at_rest_are_no_motion_until_a_hand_comes) {
  WEIR_CLIP(bottles);
  const auto looks = look_at(*path, bottles);
  for (int frame = 0; frame < 165; ++frame) {
    EXPECT_TRUE(looks[static_cast<std::size_t>(frame)].second.empty()) << "frame " << frame;
  }
  for (const int frame : {180, 190, 200, 340, 350, 360, 480, 490, 500, 670, 690, 1070}) {
    EXPECT_FALSE(looks[static_cast<std::size_t>(frame)].second.empty()) << "a hand is in frame " << frame;
  }
}

TEST(RealVideo, a_busy_highway_moves_all_the_time_but_not_all_over) {
  WEIR_CLIP(highway);
  int moving = 0, all_over = 0, looked = 0;
  for (const auto& [frame, boxes] : look_at(*path, highway)) {
    if (frame < 25) continue;
    ++looked;
    moving += boxes.empty() ? 0 : 1;
    all_over += area_of_all(boxes) > 0.8 * highway.width * highway.height ? 1 : 0;
  }
  EXPECT_GE(moving, looked * 95 / 100);
  EXPECT_LE(all_over, looked / 20);
}

TEST(RealVideo, mog2_sees_the_cars_too) {
  WEIR_CLIP(cars);
  MotionConfig config;
  config.model = Model::mog2;
  int missed = 0, wrong = 0;
  for (const auto& [frame, boxes] : look_at(*path, cars, config)) {
    for (const auto& interval : car_frames) missed += interval.holds(frame) && boxes.empty() ? 1 : 0;
    for (const auto& interval : empty_frames) wrong += interval.holds(frame) && !boxes.empty() ? 1 : 0;
  }
  EXPECT_EQ(missed, 0);
  // It knows nothing of light: this is for comparison, the default engine has none.
  EXPECT_LE(wrong, 12);
}

}  // namespace
}  // namespace weir::motion
