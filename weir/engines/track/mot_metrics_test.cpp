// Each figure by hand, with the arithmetic written out.
#include "weir/engines/track/mot_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/data.hpp"

namespace weir::track {
namespace {

// A box of 10 × 10 at x.
MotRow row(std::int64_t frame, std::int64_t id, float x) { return {.frame = frame, .id = id, .box = {x, 0, 10, 10}}; }

MotScores scores(const std::vector<MotRow>& truth, const std::vector<MotRow>& result) {
  const auto scores = score_mot(truth, result);
  EXPECT_TRUE(scores.has_value()) << (scores ? "" : scores.error().line());
  return scores.value_or(MotScores{});
}

TEST(Clear, counts_misses_false_alarms_and_switches) {
  // Frame 1: a, b found as 1, 2. Frame 2: a found, b missed, one false alarm. Frame 3: a found as 4, b as 2.
  const std::vector truth = {row(1, 1, 0), row(1, 2, 100), row(2, 1, 0), row(2, 2, 100), row(3, 1, 0), row(3, 2, 100)};
  const std::vector result = {row(1, 1, 0), row(1, 2, 100), row(2, 1, 0), row(2, 3, 200), row(3, 4, 0), row(3, 2, 100)};
  const MotScores s = scores(truth, result);
  EXPECT_EQ(s.frames, 3U);
  EXPECT_EQ(s.tp, 5U);
  EXPECT_EQ(s.fn, 1U);
  EXPECT_EQ(s.fp, 1U);
  EXPECT_EQ(s.id_switches, 1U) << "a: 1, 1, 4; b: 2, missed, 2";
  EXPECT_DOUBLE_EQ(s.mota, 1 - (1 + 1 + 1) / 6.0);
  EXPECT_DOUBLE_EQ(s.motp, 1);
  EXPECT_DOUBLE_EQ(s.recall, 5 / 6.0);
  EXPECT_DOUBLE_EQ(s.precision, 5 / 6.0);
}

TEST(Clear, an_overlap_of_a_half_is_a_pair_and_less_is_not) {
  // Shifted by d: IoU = (10 − d) ÷ (10 + d); 1/2 at d = 10/3.
  EXPECT_EQ(scores({row(1, 1, 0)}, {row(1, 1, 3.3F)}).tp, 1U);
  EXPECT_EQ(scores({row(1, 1, 0)}, {row(1, 1, 3.4F)}).tp, 0U);
  // Exactly half: 10 × 10 in 10 × 20.
  const MotRow tall{.frame = 1, .id = 1, .box = {0, 0, 10, 20}};
  const MotScores s = scores({row(1, 1, 0)}, {tall});
  EXPECT_EQ(s.tp, 1U);
  EXPECT_DOUBLE_EQ(s.motp, 0.5);
}

TEST(Clear, a_pair_of_the_frame_before_is_kept_though_another_fits_better) {
  // Frame 2: 1 at 3 (IoU 7/13), 2 right on it. Without the rule a would switch to 2.
  const MotScores s = scores({row(1, 1, 0), row(2, 1, 0)}, {row(1, 1, 0), row(2, 1, 3), row(2, 2, 0)});
  EXPECT_EQ(s.id_switches, 0U);
  EXPECT_EQ(s.fp, 1U);
  EXPECT_NEAR(s.motp, (1 + 7 / 13.0) / 2, 1e-9);
}

TEST(Identity, the_best_one_to_one_belonging_over_the_whole_sequence) {
  // a is 1 for two frames and 2 for three: it belongs to 2. IDTP = 3, of 5 true and 5 found boxes.
  const std::vector truth = {row(1, 1, 0), row(2, 1, 0), row(3, 1, 0), row(4, 1, 0), row(5, 1, 0)};
  const std::vector result = {row(1, 1, 0), row(2, 1, 0), row(3, 2, 0), row(4, 2, 0), row(5, 2, 0)};
  const MotScores s = scores(truth, result);
  EXPECT_EQ(s.id_tp, 3U);
  EXPECT_DOUBLE_EQ(s.idf1, 2.0 * 3 / (5 + 5));
  EXPECT_DOUBLE_EQ(s.id_precision, 3 / 5.0);
  EXPECT_DOUBLE_EQ(s.id_recall, 3 / 5.0);
}

TEST(Identity, is_a_global_optimum_not_a_greedy_one) {
  // Common frames: a–1: 3, a–2: 2, b–1: 2, b–2: 0. Greedy: 3 + 0; best: a–2, b–1: 4. Truth 5 + 2, result 5 + 2 boxes.
  std::vector<MotRow> truth, result;
  for (int frame = 1; frame <= 5; ++frame) {
    truth.push_back(row(frame, 1, 0));
    result.push_back(row(frame, frame <= 3 ? 1 : 2, 0));
  }
  for (int frame = 6; frame <= 7; ++frame) {
    truth.push_back(row(frame, 2, 0));
    result.push_back(row(frame, 1, 0));
  }
  const MotScores s = scores(truth, result);
  EXPECT_EQ(s.id_tp, 4U);
  EXPECT_DOUBLE_EQ(s.idf1, 2.0 * 4 / (7 + 7));
}

TEST(Hota, by_hand) {
  // One true track of 4 boxes, found exactly: as 1 in two frames, as 2 in one, missed in one; and one false alarm.
  // At every threshold: TP 3, FN 1, FP 1: DetA = 3/5.
  // A(1) = 2 ÷ (4 + 2 − 2) = 1/2 for two of the TP, A(2) = 1 ÷ (4 + 1 − 1) = 1/4 for one: AssA = (1/2 + 1/2 + 1/4) ÷ 3.
  const std::vector truth = {row(1, 1, 0), row(2, 1, 0), row(3, 1, 0), row(4, 1, 0)};
  const std::vector result = {row(1, 1, 0), row(2, 1, 0), row(3, 2, 0), row(4, 3, 500)};
  const MotScores s = scores(truth, result);
  EXPECT_NEAR(s.deta, 3 / 5.0, 1e-9);
  EXPECT_NEAR(s.assa, 5 / 12.0, 1e-9);
  EXPECT_NEAR(s.hota, std::sqrt(3 / 5.0 * 5 / 12.0), 1e-9);
}

TEST(Hota, counts_each_threshold_that_the_overlap_reaches) {
  // IoU 1/2 reaches 0.05 … 0.50: ten of nineteen; there DetA = AssA = 1, at the others 0.
  const MotRow tall{.frame = 1, .id = 1, .box = {0, 0, 10, 20}};
  const MotScores s = scores({row(1, 1, 0)}, {tall});
  EXPECT_NEAR(s.deta, 10 / 19.0, 1e-9);
  EXPECT_NEAR(s.assa, 10 / 19.0, 1e-9);
  EXPECT_NEAR(s.hota, 10 / 19.0, 1e-9);
}

TEST(Hota, pairs_what_belongs_together_over_the_sequence) {
  // In frame 2 both results lie on a equally: 1, which was with a in frame 1 and 3, is the pair. A(1) = 3 ÷ 3; 2 is
  // the false alarm: DetA = 3/4.
  const std::vector truth = {row(1, 5, 0), row(2, 5, 0), row(3, 5, 0)};
  const std::vector result = {row(1, 9, 0), row(2, 8, 0), row(2, 9, 0), row(3, 9, 0)};
  const MotScores s = scores(truth, result);
  EXPECT_NEAR(s.assa, 1, 1e-9);
  EXPECT_NEAR(s.deta, 3 / 4.0, 1e-9);
}

TEST(MotScores, of_a_perfect_answer_are_all_1) {
  const std::vector truth = {row(1, 1, 0), row(1, 2, 50), row(2, 1, 5), row(2, 2, 55)};
  const MotScores s = scores(truth, truth);
  for (const double one :
       {s.mota, s.motp, s.precision, s.recall, s.idf1, s.id_precision, s.id_recall, s.hota, s.deta, s.assa}) {
    EXPECT_NEAR(one, 1, 1e-9);
  }
  EXPECT_EQ(s.id_switches, 0U);
}

TEST(MotScores, with_nothing_on_one_side) {
  const MotScores none_found = scores({row(1, 1, 0), row(2, 1, 0)}, {});
  EXPECT_EQ(none_found.fn, 2U);
  EXPECT_DOUBLE_EQ(none_found.mota, 0) << "1 − 2/2";
  EXPECT_DOUBLE_EQ(none_found.idf1, 0);
  EXPECT_DOUBLE_EQ(none_found.hota, 0);

  const MotScores none_there = scores({}, {row(1, 1, 0), row(2, 1, 0)});
  EXPECT_EQ(none_there.fp, 2U);
  EXPECT_DOUBLE_EQ(none_there.mota, -2) << "(0 − 2) ÷ 1, as TrackEval has it";
  EXPECT_DOUBLE_EQ(none_there.precision, 0);
  EXPECT_DOUBLE_EQ(none_there.hota, 0);

  const MotScores nothing = scores({}, {});
  EXPECT_EQ(nothing.frames, 0U);
  EXPECT_DOUBLE_EQ(nothing.mota, 0);
  EXPECT_DOUBLE_EQ(nothing.idf1, 0);
}

TEST(MotScores, ground_truth_that_is_not_judged_is_left_out) {
  MotRow ignored = row(1, 2, 100);
  ignored.confidence = 0;
  const MotScores s = scores({row(1, 1, 0), ignored}, {row(1, 1, 0)});
  EXPECT_EQ(s.truth_boxes, 1U);
  EXPECT_EQ(s.truth_tracks, 1U);
  EXPECT_EQ(s.fn, 0U);
}

TEST(MotScores, results_on_distractors_are_neither_right_nor_wrong) {
  MotRow standing = row(1, 2, 100), car = row(1, 3, 200);
  standing.confidence = car.confidence = 0;
  standing.label = 7;
  car.label = 3;
  const std::vector truth = {row(1, 1, 0), standing, car};
  // On the pedestrian, on the one that stands for ever, on the car, on nothing: the second one goes.
  const auto kept =
      without_distractors(truth, std::vector{row(1, 1, 0), row(1, 2, 101), row(1, 3, 200), row(1, 4, 300)});
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[1].id, 3);
  EXPECT_EQ(scores(truth, kept).fp, 2U);
}

TEST(MotScores, an_id_twice_in_a_frame_is_an_error_that_names_it) {
  const auto twice = score_mot(std::vector{row(1, 1, 0), row(7, 4, 0), row(7, 4, 50)}, {}, "gt.txt");
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().line(), "gt.txt: an id occurs twice in a frame (id 4, frame 7)");
  const auto unknown = score_mot({}, std::vector{row(1, -1, 0)}, "gt.txt", "result.txt");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().owner, "result.txt");
}

// What py-motmetrics says about this result, in its README and its tests.
TEST(MotScores, agree_with_those_of_another_program) {
  const auto folder = weir::test::data("video/MOT15_gt/TUD-Campus");
  if (!folder) GTEST_SKIP() << weir::test::no_data("video/MOT15_gt/TUD-Campus");
  const auto truth = read_mot(*folder / "gt.txt"), result = read_mot(*folder / "reference_result.txt");
  ASSERT_TRUE(truth && result);
  const MotScores s = scores(*truth, *result);
  EXPECT_EQ(s.fp, 13U);
  EXPECT_EQ(s.fn, 150U);
  EXPECT_EQ(s.id_switches, 7U);
  EXPECT_NEAR(s.mota, 0.526, 0.0005);
  EXPECT_NEAR(s.idf1, 0.558, 0.0005);
  EXPECT_NEAR(s.hota, 0.3913974378451139, 1e-6);
  EXPECT_NEAR(s.deta, 0.418047030142763, 1e-6);
  EXPECT_NEAR(s.assa, 0.36912068120832836, 1e-6);
}

}  // namespace
}  // namespace weir::track
