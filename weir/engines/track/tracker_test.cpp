#include "weir/engines/track/tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "weir/core/hot_path.hpp"
#include "weir/engines/track/label_votes.hpp"

namespace weir::track {
namespace {

constexpr std::int64_t s = 1'000'000, frame_us = s / 25;
constexpr int car = 2, truck = 7;

Observation at(float x, float y = 100, float confidence = 0.9F, int label = 0) {
  return {{x, y, 40, 80}, confidence, label};
}

using Seen = std::vector<Observation>;

// As in a test program's frames: 25 a second.
struct Feed {
  Tracker tracker;
  std::int64_t now_us = 0;

  explicit Feed(TrackerConfig config = {}) : tracker(config) {}
  std::span<const Track> frame(const Seen& seen) {
    now_us += frame_us;
    return tracker.update(seen, now_us);
  }
  void frames(int count, const Seen& seen) {
    for (int i = 0; i < count; ++i) frame(seen);
  }
};

TEST(Tracker, a_track_is_shown_from_its_second_look_on_and_keeps_its_id) {
  Feed feed;
  EXPECT_TRUE(feed.frame({at(10)}).empty());
  for (int i = 1; i < 50; ++i) {
    const auto tracks = feed.frame({at(10 + 2.0F * static_cast<float>(i))});
    ASSERT_EQ(tracks.size(), 1U) << "frame " << i;
    EXPECT_EQ(tracks[0].id, 1U);
    EXPECT_EQ(tracks[0].state, State::tracked);
    EXPECT_EQ(tracks[0].hits, static_cast<std::uint32_t>(i) + 1);
    EXPECT_EQ(tracks[0].first_us, frame_us);
    EXPECT_EQ(tracks[0].last_us, feed.now_us);
  }
  const Track& track = feed.frame({at(110)})[0];
  EXPECT_NEAR(track.vx, 2 * 25, 5) << "pixels a second";
  EXPECT_NEAR(track.vy, 0, 5);
  EXPECT_NEAR(track.box.x, 110, 4);
  EXPECT_NEAR(track.box.w, 40, 2);
}

TEST(Tracker, one_look_is_no_track) {
  Feed feed;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(feed.frame({at(static_cast<float>(i % 5) * 200)}).empty());
    EXPECT_TRUE(feed.tracker.ended().empty());
  }
}

TEST(Tracker, doubtful_looks_continue_a_track_but_begin_none) {
  Feed feed;
  feed.frames(20, {at(10, 100, 0.3F)});
  EXPECT_TRUE(feed.frame({at(10, 100, 0.3F)}).empty());
  feed.frames(20, {at(10, 100, 0.65F)});
  EXPECT_TRUE(feed.frame({at(10, 100, 0.65F)}).empty()) << "high is for continuing, new_track for beginning";
  feed.frames(3, {at(10)});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(feed.frame({at(10, 100, 0.3F)}).size(), 1U);
  EXPECT_TRUE(feed.frame({at(10, 100, 0.05F)}).empty()) << "below low it is not used";
}

TEST(Tracker, who_is_hidden_for_a_second_comes_back_as_the_same) {
  Feed feed;
  float x = 10;
  for (int i = 0; i < 30; ++i, x += 3) feed.frame({at(x)});
  for (int i = 0; i < 25; ++i, x += 3) {
    EXPECT_TRUE(feed.frame({}).empty());
    ASSERT_EQ(feed.tracker.lost().size(), 1U);
    EXPECT_EQ(feed.tracker.lost()[0].state, State::lost);
    EXPECT_NEAR(feed.tracker.lost()[0].box.x, x, 30) << "where it should be by now";
  }
  const auto tracks = feed.frame({at(x)});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].id, 1U);
  EXPECT_TRUE(feed.tracker.lost().empty());
  EXPECT_TRUE(feed.tracker.ended().empty());
}

TEST(Tracker, who_is_away_for_longer_ends_once_and_comes_back_as_another) {
  Feed feed;
  feed.frames(10, {at(10)});
  int ended = 0;
  for (int i = 0; i < 75; ++i) {
    feed.frame({});
    for (const Track& track : feed.tracker.ended()) {
      ++ended;
      EXPECT_EQ(track.id, 1U);
      EXPECT_EQ(track.state, State::lost);
      EXPECT_EQ(track.last_us, 10 * frame_us);
      EXPECT_GT(feed.now_us - track.last_us, TrackerConfig{}.lost_us);
    }
  }
  EXPECT_EQ(ended, 1);
  feed.frame({at(10)});
  EXPECT_EQ(feed.frame({at(10)})[0].id, 2U);
}

TEST(Tracker, two_who_cross_keep_their_ids) {
  Feed feed;
  std::uint64_t left = 0, right = 0;
  for (int i = 0; i < 120; ++i) {
    const float way = 3 * static_cast<float>(i);
    // In the middle the one behind is hidden for as long as they overlap by more than half.
    Seen seen = {at(20 + way, 100)};
    if (std::abs(360 - 2 * way) > 20) seen.push_back(at(380 - way, 110));
    const auto tracks = feed.frame(seen);
    if (i == 5) {
      ASSERT_EQ(tracks.size(), 2U);
      left = tracks[0].box.x < tracks[1].box.x ? tracks[0].id : tracks[1].id;
      right = left == tracks[0].id ? tracks[1].id : tracks[0].id;
    }
    if (i == 119) {
      ASSERT_EQ(tracks.size(), 2U);
      for (const Track& track : tracks) EXPECT_EQ(track.id, track.box.x > 200 ? left : right);
    }
  }
  EXPECT_LT(left, 3U);
  EXPECT_LT(right, 3U);
}

TEST(Tracker, rare_looks_at_fast_things_still_meet) {
  // Three looks a second at a car that goes three quarters of its length between two of them: the first two boxes
  // have an IoU of 1/7, which is below the least.
  Tracker tracker;
  std::span<const Track> tracks;
  for (int i = 0; i < 8; ++i) {
    const Observation seen{{90 * static_cast<float>(i), 100, 120, 60}, 0.9F, car};
    tracks = tracker.update(std::span(&seen, 1), i * s / 3);
    if (i > 0) {
      ASSERT_EQ(tracks.size(), 1U) << "look " << i;
      EXPECT_EQ(tracks[0].id, 1U);
    }
  }
  EXPECT_NEAR(tracks[0].vx, 270, 20);
}

TEST(Tracker, says_which_observation_a_track_was) {
  Feed feed;
  for (int i = 0; i < 3; ++i) {
    for (const Track& track : feed.frame({at(10, 100, 0.05F), at(400, 100, 0.8F), at(900, 100, 0.9F)})) {
      EXPECT_EQ(track.seen_as, track.box.x < 500 ? 1U : 2U);
    }
  }
}

TEST(Tracker, one_wrong_name_changes_nothing_and_many_do) {
  Feed feed;
  feed.frames(10, {at(10, 100, 0.8F, car)});
  for (const float confidence : {0.99F, 0.9F}) {
    const auto tracks = feed.frame({at(10, 100, confidence, truck)});
    ASSERT_EQ(tracks.size(), 1U);
    EXPECT_EQ(tracks[0].id, 1U);
    EXPECT_EQ(tracks[0].label, car);
  }
  feed.frames(20, {at(10, 100, 0.8F, truck)});
  const auto tracks = feed.frame({at(10, 100, 0.8F, truck)});
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].id, 1U);
  EXPECT_EQ(tracks[0].label, truck);
}

TEST(LabelVotes, names_that_are_about_even_do_not_take_turns) {
  LabelVotes votes;
  votes.add(car, 0.6);
  int changes = 0, before = car;
  for (int i = 0; i < 100; ++i) {
    votes.add(i % 2 == 0 ? truck : car, 0.61);
    changes += votes.label() != before ? 1 : 0;
    before = votes.label();
  }
  EXPECT_EQ(changes, 0);
}

TEST(LabelVotes, more_names_than_are_kept_do_not_push_out_the_one_in_force) {
  LabelVotes votes;
  for (int i = 0; i < 5; ++i) votes.add(-3, 0.9);
  for (int label = 0; label < 1000; ++label) votes.add(label, 0.9);
  EXPECT_EQ(votes.label(), -3);
}

TEST(Tracker, of_two_neighbours_each_goes_to_its_own_kind) {
  // Both predicted boxes overlap both observations alike; the label decides.
  Feed feed;
  feed.frames(5, {at(100, 100, 0.9F, car), at(120, 100, 0.9F, 0)});
  const auto tracks = feed.frame({at(110, 102, 0.9F, 0), at(110, 98, 0.9F, car)});
  ASSERT_EQ(tracks.size(), 2U);
  for (const Track& track : tracks) EXPECT_EQ(track.box.y > 100, track.label == 0);
}

TEST(Tracker, the_same_thing_under_two_names_is_one_track) {
  Feed feed;
  for (int i = 0; i < 20; ++i) {
    const float x = 10 + static_cast<float>(i);
    EXPECT_LE(feed.frame({at(x, 100, 0.9F, car), at(x + 1, 101, 0.8F, truck)}).size(), 1U);
  }
  EXPECT_EQ(feed.frame({at(30, 100, 0.9F, car), at(31, 101, 0.8F, truck)})[0].id, 1U);
}

TEST(Tracker, what_is_no_box_is_ignored) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  Seen seen = {at(10)};
  for (const float bad : {nan, inf, -inf, 1e30F, -1e30F}) {
    for (float Box::* const member : {&Box::x, &Box::y, &Box::w, &Box::h}) {
      seen.push_back(at(300));
      seen.back().box.*member = bad;
    }
  }
  for (float Box::* const side : {&Box::w, &Box::h}) {
    for (const float bad : {0.0F, -5.0F, 1e-30F}) {
      seen.push_back(at(300));
      seen.back().box.*side = bad;
    }
  }
  for (const float bad : {nan, inf, -inf, -1.0F}) seen.push_back(at(300, 100, bad));
  // Whatever begins is shown at once.
  Feed feed(TrackerConfig{.confirm_hits = 1});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(feed.frame(seen).size(), 1U);
  EXPECT_TRUE(feed.frame({at(10, 100, nan)}).empty()) << "nor does it continue a track";
  const auto tracks = feed.frame(seen);
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_NEAR(tracks[0].box.x, 10, 1);
  EXPECT_EQ(tracks[0].confidence, 0.9F);
}

TEST(Tracker, a_confidence_above_1_counts_as_1) {
  Feed feed;
  feed.frame({at(10, 100, 57)});
  EXPECT_EQ(feed.frame({at(10, 100, 57)})[0].confidence, 1);
}

TEST(Tracker, a_jump_back_in_time_ends_all_tracks) {
  Tracker tracker;
  const Seen seen = {at(10), at(200)};
  for (int i = 0; i < 5; ++i) tracker.update(seen, 100 * s + i * frame_us);
  EXPECT_TRUE(tracker.update(seen, 7 * s).empty());
  ASSERT_EQ(tracker.ended().size(), 2U);
  EXPECT_EQ(tracker.ended()[0].last_us, 100 * s + 4 * frame_us);
  const auto tracks = tracker.update(seen, 7 * s + frame_us);
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].id, 3U);
  EXPECT_EQ(tracks[1].id, 4U);
  EXPECT_TRUE(tracker.ended().empty());
}

TEST(Tracker, a_gap_longer_than_lost_us_ends_all_tracks_before_it_looks) {
  Tracker tracker;
  const Seen seen = {at(10)};
  for (int i = 0; i < 5; ++i) tracker.update(seen, i * frame_us);
  EXPECT_TRUE(tracker.update(seen, 4 * frame_us + 2 * s + 1).empty())
      << "there, but nobody knows whether it is the same";
  EXPECT_EQ(tracker.ended().size(), 1U);

  for (int i = 0; i < 5; ++i) tracker.update(seen, 60 * s + i * frame_us);
  EXPECT_EQ(tracker.update(seen, 60 * s + 4 * frame_us + 2 * s).size(), 1U) << "exactly lost_us is not longer";
}

TEST(Tracker, any_two_times_in_a_row_are_survived) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t first : {Limits::min(), Limits::max(), std::int64_t{0}, std::int64_t{-1}}) {
    for (const std::int64_t second : {Limits::min(), Limits::max(), std::int64_t{0}, std::int64_t{1}}) {
      Tracker tracker(TrackerConfig{.confirm_hits = 1});
      const Seen seen = {at(10)};
      EXPECT_EQ(tracker.update(seen, first).size(), 1U);
      const bool is_near = second >= first && (first < 0 ? second <= first + s : second - first <= s);
      const auto tracks = tracker.update(seen, second);
      ASSERT_EQ(tracks.size(), 1U);
      EXPECT_EQ(tracks[0].id, is_near ? 1U : 2U) << first << " to " << second;
      EXPECT_TRUE(std::isfinite(tracker.update(seen, second)[0].box.x)) << "twice at the same time";
    }
  }
}

TEST(Tracker, flush_ends_what_is_confirmed_and_ids_go_on) {
  Feed feed;
  feed.frames(5, {at(10), at(200)});
  feed.frame({at(10), at(400)});
  EXPECT_EQ(feed.tracker.flush().size(), 2U) << "one tracked, one lost; the third was seen once";
  EXPECT_TRUE(feed.tracker.lost().empty());
  EXPECT_TRUE(feed.tracker.flush().empty());
  feed.frame({at(10)});
  EXPECT_EQ(feed.frame({at(10)})[0].id, 4U);
}

TEST(Tracker, first_id_is_where_counting_begins) {
  Feed feed(TrackerConfig{.first_id = 1000});
  feed.frame({at(10)});
  EXPECT_EQ(feed.frame({at(10)})[0].id, 1000U);
}

// Boxes side by side, so that none covers another.
Seen crowd(std::size_t count, float confidence = 0.9F) {
  Seen seen;
  for (std::size_t i = 0; i < count; ++i) {
    seen.push_back(at(100 * static_cast<float>(i % 40), 200 * std::floor(static_cast<float>(i) / 40), confidence));
  }
  return seen;
}

TEST(Tracker, never_more_than_max_tracks) {
  Feed feed;
  for (int i = 0; i < 4; ++i) EXPECT_LE(feed.frame(crowd(1000)).size(), 256U);
  EXPECT_EQ(feed.frame(crowd(1000)).size(), 256U);
  EXPECT_TRUE(feed.tracker.ended().empty());
}

TEST(Tracker, of_more_observations_than_are_used_the_surest_are) {
  Feed feed(TrackerConfig{.max_tracks = 2});
  const Seen seen = {at(0, 0, 0.71F), at(100, 0, 0.95F), at(200, 0, 0.8F), at(300, 0, 0.9F)};
  feed.frame(seen);
  const auto tracks = feed.frame(seen);
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_NEAR(tracks[0].box.x + tracks[1].box.x, 400, 2);
}

TEST(Tracker, a_full_one_lets_who_is_lost_for_longest_go_for_a_new_one) {
  Feed feed(TrackerConfig{.max_tracks = 3});
  feed.frames(3, {at(0), at(200), at(400)});
  feed.frames(2, {at(200), at(400)});
  feed.frame({at(200)});
  feed.frame({at(200), at(600)});
  ASSERT_EQ(feed.tracker.ended().size(), 1U);
  EXPECT_NEAR(feed.tracker.ended()[0].box.x, 0, 5);
  EXPECT_EQ(feed.frame({at(200), at(600)}).size(), 2U);
  EXPECT_EQ(feed.tracker.lost().size(), 1U);
}

TEST(Tracker, allocates_nothing_after_its_construction) {
  HotPath path("test.tracker", HotPath::Kind::own, 0);
  Feed feed;
  std::mt19937 random(5);
  std::vector<Seen> frames;
  for (int i = 0; i < 100; ++i) {
    Seen seen = crowd(random() % 400);
    std::ranges::shuffle(seen, random);
    frames.push_back(seen);
  }
  for (const Seen& seen : frames) {
    const HotPath::Scope scope(path);
    feed.frame(seen);
  }
  {
    const HotPath::Scope scope(path);
    feed.tracker.flush();
  }
  EXPECT_EQ(path.report().allocations, 0U);
  EXPECT_EQ(path.report().frees, 0U);
}

}  // namespace
}  // namespace weir::track
