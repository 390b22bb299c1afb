#include "weir/engines/track/zones.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <random>

namespace weir::track {
namespace {

constexpr int width = 1000, height = 500;
constexpr std::int64_t s = 1'000'000, look_us = s / 5;
constexpr int person = 0, car = 2;

// The middle of the picture: 250…750 by 125…375 pixels.
Zone middle(std::vector<int> labels = {}, std::int64_t dwell_us = 0) {
  return {"middle", {{0.25F, 0.25F}, {0.75F, 0.25F}, {0.75F, 0.75F}, {0.25F, 0.75F}}, std::move(labels), dwell_us};
}
// From the top to the bottom at x = 500: who looks down along it has the larger x on the left.
Line down(std::vector<int> labels = {}) { return {"down", {0.5F, 0.2F}, {0.5F, 0.8F}, std::move(labels)}; }

// Its foot is at x, y. Boxes are 100 pixels high: the margin is 5.
Track standing(float x, float y, std::uint64_t id = 1, int label = person) {
  Track track;
  track.id = id;
  track.box = {x - 20, y - 100, 40, 100};
  track.label = label;
  track.state = State::tracked;
  return track;
}

// One track that walks, five looks a second.
struct Walker {
  ZoneWatch watch;
  std::int64_t now_us = 0;
  std::vector<ZoneEvent> events = {};

  void look(float x, float y, int label = person) {
    now_us += look_us;
    const Track track = standing(x, y, 1, label);
    note(watch.update(std::span(&track, 1), {}, width, height, now_us));
  }
  void away() {
    now_us += look_us;
    note(watch.update({}, {}, width, height, now_us));
  }
  void end(float x, float y) {
    now_us += look_us;
    const Track track = standing(x, y);
    note(watch.update({}, std::span(&track, 1), width, height, now_us));
  }
  void note(std::span<const ZoneEvent> now) { events.insert(events.end(), now.begin(), now.end()); }

  std::vector<Happening> what() const {
    std::vector<Happening> all;
    for (const ZoneEvent& event : events) all.push_back(event.what);
    return all;
  }
};

using What = std::vector<Happening>;
using enum Happening;

TEST(Zones, who_walks_through_enters_and_leaves_once) {
  Walker walker{ZoneWatch({middle()}, {})};
  for (int x = 100; x <= 900; x += 40) walker.look(static_cast<float>(x), 250);
  ASSERT_EQ(walker.what(), (What{enter, leave}));
  const ZoneEvent& entered = walker.events[0];
  EXPECT_EQ(entered.index, 0U);
  EXPECT_EQ(entered.track, 1U);
  EXPECT_EQ(entered.box, standing(260, 250).box) << "the first look inside";
  EXPECT_EQ(entered.pts_us, 5 * look_us);
  EXPECT_EQ(entered.inside_us, 0);
  EXPECT_EQ(walker.events[1].inside_us, walker.events[1].pts_us - entered.pts_us);
  EXPECT_EQ(walker.watch.zone_counts()[0].inside, 0U);
  EXPECT_EQ(walker.watch.zone_counts()[0].entered, 1U);
  EXPECT_EQ(walker.watch.zone_counts()[0].left, 1U);
}

TEST(Zones, the_foot_decides_not_the_rest_of_the_box) {
  Walker walker{ZoneWatch({middle()}, {})};
  for (int i = 0; i < 20; ++i) walker.look(500, 440);
  EXPECT_TRUE(walker.events.empty()) << "head inside, foot below";
  for (int i = 0; i < 20; ++i) walker.look(500, 140);
  EXPECT_EQ(walker.what(), (What{enter})) << "head outside, foot inside";
}

TEST(Zones, a_foot_that_flickers_on_the_border_makes_one_event_not_a_storm) {
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937 random(seed);
  Walker walker{ZoneWatch({middle()}, {})};
  // ±4 pixels around the border, a minute long; each side is met every few looks.
  for (int i = 0; i < 300; ++i) {
    const float side = i % 3 == 0 ? -1.0F : 1.0F;
    walker.look(250 + side * std::uniform_real_distribution<float>(0.5F, 4)(random), 250);
  }
  EXPECT_TRUE(walker.events.empty());
  walker.look(300, 250);
  for (int i = 0; i < 300; ++i) walker.look(i % 2 == 0 ? 246.0F : 254.0F, 250);
  EXPECT_EQ(walker.what(), (What{enter}));
}

TEST(Zones, who_stays_close_behind_the_border_for_a_second_is_there) {
  Walker walker{ZoneWatch({middle()}, {})};
  for (int i = 0; i < 5; ++i) walker.look(252, 250);
  EXPECT_TRUE(walker.events.empty());
  walker.look(252, 250);
  ASSERT_EQ(walker.what(), (What{enter}));
  EXPECT_EQ(walker.events[0].pts_us, 6 * look_us);
  for (int i = 0; i < 6; ++i) walker.look(248, 250);
  EXPECT_EQ(walker.what(), (What{enter, leave}));
}

TEST(Zones, a_foot_cut_off_by_the_picture_is_inside_a_zone_that_reaches_its_edge) {
  const Zone bottom{"bottom", {{0, 0.5F}, {1, 0.5F}, {1, 1}, {0, 1}}, {}, 0};
  Walker walker{ZoneWatch({bottom}, {})};
  walker.look(500, 540);
  EXPECT_EQ(walker.what(), (What{enter}));
}

TEST(Zones, who_is_lost_has_not_left_until_the_track_ends) {
  Walker walker{ZoneWatch({middle()}, {})};
  for (int i = 0; i < 5; ++i) walker.look(500, 250);
  for (int i = 0; i < 8; ++i) walker.away();
  EXPECT_EQ(walker.what(), (What{enter}));
  EXPECT_EQ(walker.watch.zone_counts()[0].inside, 1U);
  walker.end(500, 250);
  ASSERT_EQ(walker.what(), (What{enter, leave}));
  EXPECT_EQ(walker.events[1].inside_us, 4 * look_us) << "up to when it was last seen";
  EXPECT_EQ(walker.events[1].box, standing(500, 250).box);
  EXPECT_EQ(walker.watch.zone_counts()[0].inside, 0U);
  walker.end(500, 250);
  EXPECT_EQ(walker.events.size(), 2U);
}

TEST(Zones, who_stays_long_enough_dwells_once_a_stay) {
  Walker walker{ZoneWatch({middle({}, 2 * s)}, {})};
  for (int i = 0; i < 10; ++i) walker.look(500, 250);
  EXPECT_EQ(walker.what(), (What{enter}));
  for (int i = 0; i < 20; ++i) walker.look(500, 250);
  ASSERT_EQ(walker.what(), (What{enter, dwell}));
  EXPECT_EQ(walker.events[1].inside_us, 2 * s);
  walker.look(900, 250);
  for (int i = 0; i < 30; ++i) walker.look(500, 250);
  EXPECT_EQ(walker.what(), (What{enter, dwell, leave, enter, dwell}));
}

TEST(Zones, only_the_labels_that_are_asked_for_and_who_is_renamed_inside_still_leaves) {
  Walker walker{ZoneWatch({middle({car})}, {down({car})})};
  for (int x = 100; x <= 900; x += 40) walker.look(static_cast<float>(x), 250);
  EXPECT_TRUE(walker.events.empty());
  walker.look(700, 250, car);
  walker.look(600, 250, person);
  walker.look(100, 250, person);
  ASSERT_EQ(walker.what(), (What{enter, leave}));
  EXPECT_EQ(walker.events[1].label, car) << "counts of a label go up and down together";
}

TEST(Zones, are_counted_by_label) {
  ZoneWatch watch({middle()}, {down()});
  for (int i = 0; i < 4; ++i) {
    const std::vector<Track> tracks = {standing(400, 250, 1, person), standing(600, 250, 2, car),
                                       standing(i < 2 ? 450.0F : 900.0F, 300, 3, car)};
    watch.update(tracks, {}, width, height, i * look_us);
  }
  const auto labels = watch.zone_labels(0);
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].label, person);
  EXPECT_EQ(labels[0].count.inside, 1U);
  EXPECT_EQ(labels[1].label, car);
  EXPECT_EQ(labels[1].count.inside, 1U);
  EXPECT_EQ(labels[1].count.entered, 2U);
  EXPECT_EQ(labels[1].count.left, 1U);
  ASSERT_EQ(watch.line_labels(0).size(), 1U);
  EXPECT_EQ(watch.line_labels(0)[0].label, car);
  EXPECT_EQ(watch.line_labels(0)[0].count.backward, 1U);
}

TEST(Zones, may_overlap_and_each_has_its_own_events) {
  const Zone left{"left", {{0, 0}, {0.5F, 0}, {0.5F, 1}, {0, 1}}, {}, 0};
  Walker walker{ZoneWatch({middle(), left}, {})};
  for (int x = 10; x <= 990; x += 70) walker.look(static_cast<float>(x), 250);
  ASSERT_EQ(walker.what(), (What{enter, enter, leave, leave}));
  const std::vector<std::size_t> zones = {walker.events[0].index, walker.events[1].index, walker.events[2].index,
                                          walker.events[3].index};
  EXPECT_EQ(zones, (std::vector<std::size_t>{1, 0, 1, 0}));
}

TEST(Lines, forward_is_from_left_to_right_as_seen_on_the_picture) {
  // Down along x = 500: its left is at the larger x.
  Walker walker{ZoneWatch({}, {down()})};
  for (int x = 600; x >= 400; x -= 20) walker.look(static_cast<float>(x), 250);
  EXPECT_EQ(walker.what(), (What{forward}));
  for (int x = 400; x <= 600; x += 20) walker.look(static_cast<float>(x), 250);
  EXPECT_EQ(walker.what(), (What{forward, backward}));
  EXPECT_EQ(walker.watch.line_counts()[0].forward, 1U);
  EXPECT_EQ(walker.watch.line_counts()[0].backward, 1U);

  // From left to right at half the height: its right is below.
  Walker other{ZoneWatch({}, {{"across", {0.1F, 0.5F}, {0.9F, 0.5F}, {}}})};
  for (int y = 150; y <= 400; y += 20) other.look(500, static_cast<float>(y));
  EXPECT_EQ(other.what(), (What{forward}));
}

TEST(Lines, one_fast_step_over_the_line_is_a_crossing) {
  Walker walker{ZoneWatch({}, {down()})};
  walker.look(900, 250);
  walker.look(100, 250);
  EXPECT_EQ(walker.what(), (What{forward}));
  for (int i = 0; i < 5; ++i) walker.away();
  walker.look(900, 250);
  EXPECT_EQ(walker.what(), (What{forward, backward})) << "also if it was lost on the way";
}

TEST(Lines, a_way_around_the_end_is_no_crossing) {
  Walker walker{ZoneWatch({}, {down()})};  // from y = 100 to 400
  walker.look(600, 450);
  walker.look(400, 450);
  walker.look(400, 250);
  EXPECT_TRUE(walker.events.empty());
  walker.look(600, 250);
  EXPECT_EQ(walker.what(), (What{backward})) << "and back through it is one";
}

TEST(Lines, the_ends_belong_to_the_line) {
  Walker through_end{ZoneWatch({}, {{"down", {0.5F, 0.25F}, {0.5F, 0.75F}, {}}})};
  through_end.look(600, 375);
  through_end.look(400, 375);
  through_end.look(600, 376);
  EXPECT_EQ(through_end.what(), (What{forward})) << "375 is the end itself, 376 beyond it";
}

TEST(Lines, a_foot_exactly_on_the_line_is_still_on_its_left) {
  Walker walker{ZoneWatch({}, {down()})};
  for (const float x : {600.0F, 500.0F, 400.0F}) walker.look(x, 250);
  EXPECT_EQ(walker.what(), (What{forward}))
      << "a foot on the line on the way does not hide the crossing, nor double it";
  for (const float x : {500.0F, 600.0F}) walker.look(x, 250);
  EXPECT_EQ(walker.what(), (What{forward, backward}));
}

TEST(Lines, a_foot_that_trembles_on_the_line_is_counted_once) {
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937 random(seed);
  Walker walker{ZoneWatch({}, {down()})};
  walker.look(600, 250);
  for (int i = 0; i < 300; ++i) {
    const float side = i % 3 == 0 ? 1.0F : -1.0F;
    walker.look(500 + side * std::uniform_real_distribution<float>(0, 4.5F)(random), 250);
  }
  EXPECT_TRUE(walker.events.empty());
  walker.look(400, 250);
  EXPECT_EQ(walker.what(), (What{forward}));
}

TEST(Lines, who_returns_before_getting_anywhere_has_not_crossed) {
  Walker walker{ZoneWatch({}, {down()})};
  for (const float x : {600.0F, 497.0F, 600.0F, 497.0F, 600.0F}) walker.look(x, 250);
  EXPECT_TRUE(walker.events.empty());
}

TEST(Lines, who_stops_just_behind_the_line_has_crossed_after_a_second) {
  Walker walker{ZoneWatch({}, {down()})};
  walker.look(600, 250);
  for (int i = 0; i < 10; ++i) walker.look(497, 250);
  EXPECT_EQ(walker.what(), (What{forward}));
}

TEST(Lines, a_cut_long_ago_near_the_end_does_not_make_a_way_around_it_a_crossing) {
  Walker walker{ZoneWatch({}, {down()})};  // ends at y = 400
  // Through the line by a little, back around its end, away; then around the end to the other side.
  for (const auto& [x, y] : {std::pair{600.0F, 395.0F}, {498.0F, 395.0F}, {498.0F, 410.0F}, {600.0F, 410.0F}}) {
    walker.look(x, y);
  }
  walker.look(400, 450);
  EXPECT_TRUE(walker.events.empty());
}

// Whatever walks about: events of a track alternate, counts agree with the events, and all leave in the end.
TEST(Zones, of_random_walks_add_up) {
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937 random(seed);
  const auto step = [&] { return std::normal_distribution<float>(0, 15)(random); };
  ZoneWatch watch({middle()}, {down()});
  std::vector<std::vector<Happening>> of_track(40);
  std::vector<Track> tracks;
  for (std::uint64_t i = 0; i < of_track.size(); ++i) {
    tracks.push_back(standing(static_cast<float>(random() % width), static_cast<float>(random() % height), i));
  }
  std::uint64_t entered = 0, left = 0, ways_forward = 0, ways_backward = 0;
  const auto note = [&](std::span<const ZoneEvent> events) {
    for (const ZoneEvent& event : events) {
      entered += event.what == enter ? 1 : 0;
      left += event.what == leave ? 1 : 0;
      ways_forward += event.what == forward ? 1 : 0;
      ways_backward += event.what == backward ? 1 : 0;
      if (event.what != enter && event.what != leave) continue;
      auto& before = of_track[event.track];
      EXPECT_EQ(event.what, before.empty() || before.back() == leave ? enter : leave) << "track " << event.track;
      before.push_back(event.what);
    }
    EXPECT_EQ(watch.zone_counts()[0].inside, entered - left);
    EXPECT_EQ(watch.zone_counts()[0].entered, entered);
    EXPECT_EQ(watch.line_counts()[0].forward, ways_forward);
    EXPECT_EQ(watch.line_counts()[0].backward, ways_backward);
  };
  std::int64_t now_us = 0;
  for (int i = 0; i < 600; ++i) {
    now_us += look_us;
    std::vector<Track> seen;
    for (Track& track : tracks) {
      track.box.x += step();
      track.box.y += step();
      if (random() % 10 != 0) seen.push_back(track);
    }
    note(watch.update(seen, {}, width, height, now_us));
  }
  EXPECT_GT(entered, 20U);
  EXPECT_GT(ways_forward + ways_backward, 20U);
  note(watch.update({}, tracks, width, height, now_us));
  EXPECT_EQ(watch.zone_counts()[0].inside, 0U);
  EXPECT_EQ(entered, left);
}

TEST(Zones, remember_so_many_tracks_and_the_one_not_seen_for_longest_leaves) {
  ZoneWatch watch({middle()}, {});
  std::uint64_t left = 0;
  for (std::uint64_t i = 0; i < ZoneWatch::max_tracks + 10; ++i) {
    const Track track = standing(500, 250, i);
    for (const ZoneEvent& event :
         watch.update(std::span(&track, 1), {}, width, height, static_cast<std::int64_t>(i) * look_us)) {
      if (event.what != leave) continue;
      EXPECT_EQ(event.track, left);
      ++left;
    }
  }
  EXPECT_EQ(left, 10U);
  EXPECT_EQ(watch.zone_counts()[0].inside, ZoneWatch::max_tracks);
}

TEST(Zones, of_odd_boxes_times_and_sizes_make_no_events) {
  ZoneWatch watch({middle({}, s)}, {down()});
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Track> odd = {standing(nan, 250), standing(500, nan, 2)};
  EXPECT_TRUE(watch.update(odd, {}, width, height, 0).empty());
  const Track track = standing(500, 250, 3);
  EXPECT_TRUE(watch.update(std::span(&track, 1), {}, 0, height, 0).empty());
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(watch.update(std::span(&track, 1), {}, width, height, Limits::max()).size(), 1U);
  for (const ZoneEvent& event : watch.update({}, std::span(&track, 1), width, height, Limits::min())) {
    EXPECT_EQ(event.inside_us, 0) << "never negative";
  }
  EXPECT_EQ(watch.zone_counts()[0].inside, 0U);
}

}  // namespace
}  // namespace weir::track
