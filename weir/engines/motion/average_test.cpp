#include "weir/engines/motion/average.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "weir/core/hot_path.hpp"
#include "weir/engines/motion/scene.hpp"

namespace weir::motion {
namespace {

using test::Figure;
using test::Scene;

constexpr Size size{320, 180};
constexpr unsigned seed = 20261;  // one for all: every scene is the same on every machine

// A scene and an engine that looks at it, at `fps`.
struct Watch {
  Scene scene{size, seed};
  AverageEngine engine;
  double fps = 15;
  double now_s = 0;

  explicit Watch(MotionConfig config = {}, double frames_per_second = 15)
      : engine(config, size, size), fps(frames_per_second) {}

  std::vector<Box> look() {
    const auto boxes = engine.look(scene.render(), std::llround(now_s * 1e6));
    now_s += 1 / fps;
    return {boxes.begin(), boxes.end()};
  }

  // Looks for some time, with something happening before each look; gives the number of looks that saw motion.
  int looks_with_motion(double seconds, const std::function<void(double)>& before = {}) {
    const double start = now_s;
    int count = 0;
    while (now_s - start < seconds) {
      if (before) before(now_s - start);
      count += look().empty() ? 0 : 1;
    }
    return count;
  }
};

double overlap(const Box& box, const Figure& figure) {
  const double w = std::min<double>(box.x + box.w, figure.x + figure.w) - std::max<double>(box.x, figure.x);
  const double h = std::min<double>(box.y + box.h, figure.y + figure.h) - std::max<double>(box.y, figure.y);
  const double both = std::max(w, 0.0) * std::max(h, 0.0);
  return both / (box.w * box.h + figure.w * figure.h - both);
}

MotionConfig unguarded() {
  MotionConfig config;
  config.light_guard = false;
  return config;
}

TEST(Average, an_empty_scene_with_noise_has_no_motion) {
  for (const double noise : {0.0, 2.0, 6.0}) {
    Watch watch;
    watch.scene.noise = noise;
    EXPECT_EQ(watch.looks_with_motion(20), 0) << "noise " << noise;
  }
}

TEST(Average, a_noisy_picture_raises_its_own_limit) {
  Watch watch;
  watch.scene.noise = 4;
  watch.looks_with_motion(10);
  // Far more than the threshold alone would bear.
  EXPECT_EQ(watch.looks_with_motion(10, [&](double t) { watch.scene.noise = std::min(14.0, 4 + t); }), 0);
}

TEST(Average, a_moving_figure_gives_one_box_that_fits_it_in_every_look) {
  Watch watch;
  watch.looks_with_motion(3);
  watch.scene.figures = {{0, 60, 40, 60, 230}};
  auto& figure = watch.scene.figures[0];
  while (figure.x + figure.w < size.width) {
    const auto boxes = watch.look();
    ASSERT_EQ(boxes.size(), 1U) << "at x " << figure.x;
    EXPECT_GE(overlap(boxes[0], figure), 0.85) << boxes[0].x << " " << boxes[0].w << " at x " << figure.x;
    EXPECT_GT(boxes[0].confidence, 0.5F);
    figure.x += 6;
  }
  watch.scene.figures.clear();
  EXPECT_EQ(watch.looks_with_motion(5), 0) << "it left a trail";
}

TEST(Average, figures_apart_give_a_box_each) {
  Watch watch;
  watch.looks_with_motion(3);
  watch.scene.figures = {{10, 20, 30, 30, 230}, {150, 30, 30, 50, 20}, {250, 110, 40, 40, 240}};
  const auto boxes = watch.look();
  ASSERT_EQ(boxes.size(), 3U);
  for (const auto& figure : watch.scene.figures) {
    EXPECT_TRUE(std::any_of(boxes.begin(), boxes.end(), [&](const Box& box) { return overlap(box, figure) > 0.8; }))
        << figure.x;
  }
}

TEST(Average, boxes_are_in_source_pixels) {
  Scene scene(size, seed);
  AverageEngine engine({}, {1920, 1080}, size);
  for (int i = 0; i < 30; ++i) engine.look(scene.render(), i * 66'000);
  scene.figures = {{160, 90, 40, 40, 240}};
  const auto boxes = engine.look(scene.render(), 2'000'000);
  ASSERT_EQ(boxes.size(), 1U);
  EXPECT_NEAR(boxes[0].x, 960, 18);
  EXPECT_NEAR(boxes[0].y, 540, 18);
  EXPECT_NEAR(boxes[0].w, 240, 24);
  EXPECT_NEAR(boxes[0].h, 240, 24);
}

TEST(Average, what_is_smaller_than_min_area_is_no_motion) {
  MotionConfig config;
  config.min_area = 0.01;  // 576 pixels
  Watch watch(config);
  watch.looks_with_motion(3);
  watch.scene.figures = {{100, 80, 20, 20, 240}};
  EXPECT_TRUE(watch.look().empty());
  watch.scene.figures = {{100, 80, 32, 32, 240}};
  EXPECT_EQ(watch.look().size(), 1U);
}

TEST(Average, the_threshold_decides) {
  for (const int threshold : {20, 40}) {
    for (const int beyond : {-2, 2}) {
      MotionConfig config;
      config.threshold = threshold;
      AverageEngine engine(config, size, size);
      // Without texture and noise, so that the difference is the same everywhere.
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(size.width * size.height), 100);
      const LumaView view{pixels.data(), size.width, size.width, size.height};
      for (int i = 0; i < 60; ++i) engine.look(view, i * 66'000);
      for (int y = 60; y < 100; ++y) {
        std::fill_n(pixels.begin() + y * size.width + 100, 40, static_cast<std::uint8_t>(100 + threshold + beyond));
      }
      EXPECT_EQ(engine.look(view, 60 * 66'000).size(), beyond > 0 ? 1U : 0U) << threshold;
    }
  }
}

// Light. Each change is one that the engine without its guard takes for motion.
void expect_no_motion_but_without_guard(double seconds, const std::function<void(Scene&, double)>& change) {
  for (const bool guard : {true, false}) {
    MotionConfig config;
    config.light_guard = guard;
    Watch watch(config);
    watch.looks_with_motion(4);
    const int seen = watch.looks_with_motion(seconds, [&](double t) { change(watch.scene, t); });
    if (guard) {
      EXPECT_EQ(seen, 0);
    } else {
      EXPECT_GT(seen, 0) << "the scene does not test the guard";
    }
  }
}

TEST(Average, a_camera_that_changes_its_gain_in_steps_shows_no_motion) {
  expect_no_motion_but_without_guard(12,
                                     [](Scene& scene, double t) { scene.gain = 1 - 0.15 * (static_cast<int>(t) % 4); });
}

TEST(Average, flickering_lamps_show_no_motion) {
  expect_no_motion_but_without_guard(8, [](Scene& scene, double t) { scene.gain = 1 + 0.25 * std::sin(t * 21); });
}

TEST(Average, a_sunrise_shows_no_motion) {
  expect_no_motion_but_without_guard(30, [](Scene& scene, double t) { scene.gain = 0.35 + 0.04 * t; });
}

TEST(Average, fog_that_comes_in_shows_no_motion) {
  expect_no_motion_but_without_guard(4, [](Scene& scene, double t) {
    scene.gain = 1 - 0.15 * t;
    scene.offset = 25 * t;
  });
}

// A gain alone does not explain it: dark and bright places rise by the same. It is understood, not learned anew.
TEST(Average, a_veil_over_the_picture_is_seen_through) {
  const auto veil = [](Scene& scene, double t) { scene.offset = 40 * (static_cast<int>(t) % 2); };
  expect_no_motion_but_without_guard(10, veil);
  Watch watch;
  watch.looks_with_motion(4);
  watch.looks_with_motion(10, [&](double t) { veil(watch.scene, t); });
  EXPECT_EQ(watch.engine.stats().relearned, 0U);
}

TEST(Average, lights_going_out_show_no_motion_and_relearn) {
  Watch watch;
  watch.looks_with_motion(4);
  watch.scene.gain = 0.1;
  EXPECT_EQ(watch.looks_with_motion(5), 0);
  watch.scene.gain = 1;
  EXPECT_EQ(watch.looks_with_motion(5), 0);
  watch.scene.figures = {{100, 60, 40, 40, 235}};
  EXPECT_EQ(watch.look().size(), 1U) << "it sees again after relearning";
}

TEST(Average, another_picture_altogether_is_relearned_once) {
  Watch watch;
  watch.looks_with_motion(4);
  watch.scene.figures = {{0, 0, 320, 140, 30}};
  EXPECT_EQ(watch.looks_with_motion(3), 0);
  EXPECT_EQ(watch.engine.stats().relearned, 1U);
}

TEST(Average, without_the_guard_nothing_is_relearned) {
  Watch watch(unguarded());
  watch.looks_with_motion(4);
  watch.scene.figures = {{0, 0, 320, 140, 30}};
  EXPECT_GT(watch.looks_with_motion(3), 0);
  EXPECT_EQ(watch.engine.stats().relearned, 0U);
}

TEST(Average, a_figure_is_seen_while_the_light_changes) {
  Watch watch;
  watch.looks_with_motion(4);
  watch.scene.figures = {{0, 60, 40, 60, 235}};
  auto& figure = watch.scene.figures[0];
  const auto looks_before = watch.engine.stats().looks;
  const int seen = watch.looks_with_motion(3, [&](double t) {
    figure.x = 90 * t;
    watch.scene.gain = 1 - 0.2 * t;
  });
  EXPECT_EQ(static_cast<std::uint64_t>(seen), watch.engine.stats().looks - looks_before);
}

TEST(Average, a_swaying_camera_shows_no_motion) {
  Watch watch;
  watch.looks_with_motion(4);
  const int seen = watch.looks_with_motion(10, [&](double t) {
    watch.scene.sway_x = static_cast<int>(std::lround(4 * std::sin(t * 1.3)));
    watch.scene.sway_y = static_cast<int>(std::lround(2 * std::sin(t * 0.9)));
  });
  EXPECT_EQ(seen, 0);
}

TEST(Average, a_figure_is_seen_by_a_swaying_camera) {
  Watch watch;
  watch.looks_with_motion(4);
  watch.scene.figures = {{0, 60, 40, 60, 235}};
  auto& figure = watch.scene.figures[0];
  const auto looks_before = watch.engine.stats().looks;
  const int seen = watch.looks_with_motion(3, [&](double t) {
    figure.x = 90 * t;
    watch.scene.sway_x = static_cast<int>(std::lround(3 * std::sin(t * 2)));
  });
  EXPECT_EQ(static_cast<std::uint64_t>(seen), watch.engine.stats().looks - looks_before);
}

TEST(Average, what_stops_becomes_background_and_its_leaving_leaves_no_ghost) {
  Watch watch;
  watch.looks_with_motion(8);
  watch.scene.figures = {{120, 60, 60, 60, 235}};
  EXPECT_GT(watch.looks_with_motion(7), 100) << "it is seen while it is new";
  watch.looks_with_motion(5);
  EXPECT_EQ(watch.looks_with_motion(5), 0) << "it has become background";
  watch.scene.figures.clear();
  // The old place is known at once: nothing needs to be learned anew.
  EXPECT_LE(watch.looks_with_motion(5), 1);
}

TEST(Average, what_was_there_at_the_start_and_left_is_forgotten_soon) {
  Watch watch;
  watch.scene.figures = {{120, 60, 60, 60, 235}};
  watch.looks_with_motion(1);
  watch.scene.figures.clear();
  watch.looks_with_motion(4);
  EXPECT_EQ(watch.looks_with_motion(5), 0);
}

// What is learned must depend on time, not on the number of frames.
TEST(Average, learning_takes_the_same_time_at_every_frame_rate) {
  for (const double fps : {2.0, 5.0, 15.0, 30.0, 60.0}) {
    Watch watch({}, fps);
    watch.looks_with_motion(8);
    watch.scene.figures = {{120, 60, 60, 60, 235}};
    const double placed_s = watch.now_s;
    double gone_s = 0;
    while (gone_s == 0 && watch.now_s < placed_s + 30) {
      if (watch.look().empty()) gone_s = watch.now_s - placed_s;
    }
    EXPECT_GE(gone_s, 7.5) << fps << " fps";
    EXPECT_LE(gone_s, 11) << fps << " fps";
  }
}

TEST(Average, time_that_stands_still_or_jumps_does_no_harm) {
  Watch watch;
  watch.looks_with_motion(3);
  for (const std::int64_t jump_us : {std::int64_t{0}, std::int64_t{-3'000'000}, std::int64_t{1} << 50,
                                     std::numeric_limits<std::int64_t>::min() / 4, std::int64_t{0}}) {
    EXPECT_TRUE(watch.engine.look(watch.scene.render(), jump_us).empty());
  }
  watch.scene.figures = {{100, 60, 40, 40, 235}};
  EXPECT_EQ(watch.engine.look(watch.scene.render(), 66'000).size(), 1U);
}

TEST(Average, no_more_than_max_boxes_and_the_rest_is_counted) {
  Scene scene({640, 360}, seed);
  MotionConfig config;
  config.min_area = 0;
  AverageEngine engine(config, {640, 360}, {640, 360});
  for (int i = 0; i < 30; ++i) engine.look(scene.render(), i * 66'000);
  for (int y = 0; y < 360; y += 40) {
    for (int x = 0; x < 640; x += 40) scene.figures.push_back({x + 8.0, y + 8.0, 8, 8, 250});
  }
  const auto boxes = engine.look(scene.render(), 2'000'000);
  EXPECT_EQ(boxes.size(), max_boxes);
  EXPECT_EQ(engine.stats().boxes_cut, 16U * 9U - max_boxes);
}

TEST(Average, works_in_pictures_of_any_size) {
  for (const auto& [width, height] : {std::pair{48, 48}, {1, 1}, {7, 3}, {321, 239}, {640, 1}, {9, 360}}) {
    Scene scene({width, height}, seed);
    AverageEngine engine({}, {width, height}, {width, height});
    for (int i = 0; i < 60; ++i) {
      scene.figures.clear();
      if (i > 30) scene.figures = {{width / 4.0, height / 4.0, width / 2.0, height / 3.0, 240}};
      for (const Box& box : engine.look(scene.render(), i * 66'000)) {
        EXPECT_TRUE(box.x >= 0 && box.y >= 0 && box.w > 0 && box.h > 0 && box.x + box.w <= width &&
                    box.y + box.h <= height)
            << width << "x" << height;
      }
    }
    if (width >= 48 && height >= 48) {
      EXPECT_GT(engine.stats().with_motion, 0U) << width << "x" << height;
    }
  }
}

TEST(Average, the_fast_and_the_portable_path_give_the_same_boxes) {
  if (&best_average_kernels() == &portable_average_kernels()) GTEST_SKIP() << "this machine has the portable path only";
  Scene scene({325, 181}, seed);
  AverageEngine fast({}, scene.size(), scene.size(), best_average_kernels());
  AverageEngine portable({}, scene.size(), scene.size(), portable_average_kernels());
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    scene.gain = 1 + 0.3 * std::sin(i * 0.1);
    scene.offset = 10 * std::cos(i * 0.13);
    scene.figures.clear();
    if (i % 50 > 20) scene.figures = {{i % 50 * 5.0, 40, 30, 50, static_cast<double>(random() % 255)}};
    const auto view = scene.render();
    const auto a = fast.look(view, i * 40'000), b = portable.look(view, i * 40'000);
    ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << "look " << i;
  }
  EXPECT_GT(fast.stats().with_motion, 0U);
}

TEST(Average, allocates_nothing_after_construction) {
  HotPath path("test.motion", HotPath::Kind::own, 0);
  Watch watch;
  for (int i = 0; i < 400; ++i) {
    watch.scene.figures.clear();
    if (i % 100 > 50) watch.scene.figures = {{i % 100 * 2.0, 40, 30, 50, 240}};
    if (i == 350) watch.scene.gain = 0.1;
    const auto view = watch.scene.render();
    const HotPath::Scope scope(path);
    watch.engine.look(view, i * 66'000);
  }
  EXPECT_GT(watch.engine.stats().with_motion, 0U);
  EXPECT_GT(watch.engine.stats().relearned, 0U);
  EXPECT_EQ(path.report().passes, 400U);
  EXPECT_EQ(path.report().bytes, 0U);
  EXPECT_EQ(path.report().frees, 0U);
}

TEST(AverageDeathTest, refuses_a_picture_of_another_size) {
  Scene scene({64, 64}, seed);
  AverageEngine engine({}, {64, 64}, {32, 32});
  EXPECT_DEATH(engine.look(scene.render(), 0), "size");
}

}  // namespace
}  // namespace weir::motion
