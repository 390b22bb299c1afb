// Things that walk at random: whether each keeps one id.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "weir/engines/track/tracker.hpp"

namespace weir::track {
namespace {

constexpr double us_per_s = 1e6;
constexpr int car = 2, truck = 7;
using Seen = std::vector<Observation>;

// Things that walk about in 1920 × 1080, bend their ways, hide now and then, and are seen by a poor detector.
class Walk {
 public:
  Walk(unsigned seed, int things) : random_(seed) {
    for (int i = 0; i < things; ++i) {
      things_.push_back(
          {.x = uniform(100, 1700), .y = uniform(100, 900), .vx = uniform(-80, 80), .vy = uniform(-40, 40)});
    }
  }

  // Moves all by `seconds`; answers what is seen of them. truth() is where they are.
  Seen look(double seconds) {
    Seen seen;
    for (Thing& thing : things_) {
      thing.vx += normal(20) * std::sqrt(seconds);
      thing.vy += normal(10) * std::sqrt(seconds);
      if (thing.x + thing.vx * seconds < 0 || thing.x + thing.vx * seconds > 1860) thing.vx = -thing.vx;
      if (thing.y + thing.vy * seconds < 0 || thing.y + thing.vy * seconds > 930) thing.vy = -thing.vy;
      thing.x += thing.vx * seconds;
      thing.y += thing.vy * seconds;
      if (uniform(0, 1) < 0.08) continue;
      const double sure = uniform(0, 1) < 0.15 ? uniform(0.15, 0.6) : uniform(0.7, 1);
      const Box box = thing.box();
      seen.push_back({{box.x + static_cast<float>(normal(2)), box.y + static_cast<float>(normal(3)),
                       box.w + static_cast<float>(normal(2)), box.h + static_cast<float>(normal(3))},
                      static_cast<float>(sure),
                      uniform(0, 1) < 0.1 ? truck : car});
    }
    // False alarms, mostly unsure.
    while (uniform(0, 1) < 0.3) {
      seen.push_back({{static_cast<float>(uniform(0, 1800)), static_cast<float>(uniform(0, 900)), 60, 150},
                      static_cast<float>(uniform(0.1, 0.75)),
                      car});
    }
    std::ranges::shuffle(seen, random_);
    return seen;
  }

  std::vector<Box> truth() const {
    std::vector<Box> boxes;
    for (const Thing& thing : things_) boxes.push_back(thing.box());
    return boxes;
  }
  double uniform(double from, double to) { return std::uniform_real_distribution(from, to)(random_); }

 private:
  struct Thing {
    double x, y, vx, vy;
    Box box() const { return {static_cast<float>(x), static_cast<float>(y), 60, 150}; }
  };
  double normal(double deviation) { return std::normal_distribution(0.0, deviation)(random_); }

  std::mt19937 random_;
  std::vector<Thing> things_;
};

struct WalkCase {
  const char* name;
  int things;
  double least_step_s, most_step_s;  // between looks
  double least_faithful;             // share of looks at which a thing has the id it has most often
};

class Walks : public testing::TestWithParam<WalkCase> {};

TEST_P(Walks, ids_stay_with_the_things) {
  const WalkCase& walk_case = GetParam();
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::size_t faithful = 0, seen_at_all = 0;
  for (unsigned round = 0; round < 10; ++round) {
    Walk walk(seed + round, walk_case.things);
    Tracker tracker, twin;
    std::vector<std::map<std::uint64_t, std::size_t>> ids(static_cast<std::size_t>(walk_case.things));
    std::set<std::uint64_t> gone;
    double now_s = 0;
    while (now_s < 20) {
      const double step_s = walk.uniform(walk_case.least_step_s, walk_case.most_step_s);
      now_s += step_s;
      const Seen seen = walk.look(step_s);
      const auto pts_us = static_cast<std::int64_t>(now_s * us_per_s);
      const auto tracks = tracker.update(seen, pts_us);
      const auto same = twin.update(seen, pts_us);
      ASSERT_EQ(tracks.size(), same.size()) << "deterministic";
      for (std::size_t i = 0; i < tracks.size(); ++i) {
        ASSERT_EQ(tracks[i].id, same[i].id);
        ASSERT_EQ(tracks[i].box, same[i].box);
        if (i > 0) ASSERT_LT(tracks[i - 1].id, tracks[i].id) << "by id, none twice";
        ASSERT_FALSE(gone.contains(tracks[i].id)) << "an id came back after its end";
      }
      for (const Track& track : tracker.ended()) ASSERT_TRUE(gone.insert(track.id).second) << "ended twice";
      const auto truth = walk.truth();
      for (std::size_t i = 0; i < truth.size(); ++i) {
        std::optional<Track> best;
        for (const Track& track : tracks) {
          if (iou(track.box, truth[i]) > std::max(best ? iou(best->box, truth[i]) : 0, 0.3)) best = track;
        }
        if (best) ++ids[i][best->id];
      }
    }
    for (const auto& of_thing : ids) {
      std::size_t most = 0;
      for (const auto& [id, count] : of_thing) {
        most = std::max(most, count);
        seen_at_all += count;
      }
      faithful += most;
    }
  }
  EXPECT_GE(static_cast<double>(faithful), walk_case.least_faithful * static_cast<double>(seen_at_all));
  std::cout << "[ ids  ] " << static_cast<double>(faithful) / static_cast<double>(seen_at_all) << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Tracker, Walks,
                         testing::Values(WalkCase{"AFewAt25", 5, 0.04, 0.04, 0.9},
                                         WalkCase{"AFewAt5", 5, 0.2, 0.2, 0.8},
                                         WalkCase{"AFewNowAndThen", 5, 0.05, 0.4, 0.75},
                                         WalkCase{"ManyAt5", 20, 0.2, 0.2, 0.75}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace weir::track
