// The tracker on the detections that MOTChallenge gives for real scenes, against their ground truth.
#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "weir/engines/track/mot_metrics.hpp"
#include "weir/engines/track/mot_run.hpp"

namespace weir::track {
namespace {

MotScores scores(const std::filesystem::path& truth_file, const std::filesystem::path& detections_file, double fps) {
  const auto truth = read_mot(truth_file), detections = read_mot(detections_file);
  EXPECT_TRUE(truth.has_value() && detections.has_value());
  const auto result = track_detections(*detections, fps, last_frame(*truth));
  const auto scores = score_mot(*truth, without_distractors(*truth, result));
  EXPECT_TRUE(scores.has_value());
  return scores.value_or(MotScores{});
}

// A greedy matching by overlap alone gets MOTA 0.57 and IDF1 0.55 here.
TEST(RealTracks, pedestrians_on_a_campus) {
  const auto folder = weir::test::data("video/MOT15_gt/TUD-Campus");
  if (!folder) GTEST_SKIP() << weir::test::no_data("video/MOT15_gt/TUD-Campus");
  const MotScores s = scores(*folder / "gt.txt", *folder / "det.txt", 25);
  EXPECT_GE(s.mota, 0.6);
  EXPECT_GE(s.idf1, 0.6);
  EXPECT_LE(s.id_switches, 4U);
}

// Four frames with ground truth, in which the detector finds eight of the twenty-two people; each of them is shown from
// the second frame on, as one and the same.
TEST(RealTracks, the_first_frames_of_a_crowded_square) {
  const auto folder = weir::test::data("video/MOT17-mini/MOT17-02-FRCNN");
  if (!folder) GTEST_SKIP() << weir::test::no_data("video/MOT17-mini/MOT17-02-FRCNN");
  const MotScores s = scores(*folder / "gt/gt.txt", *folder / "det/det.txt", 30);
  EXPECT_EQ(s.fp, 0U);
  EXPECT_EQ(s.id_switches, 0U);
  EXPECT_EQ(s.id_tp, s.tp);
  EXPECT_GT(s.mota, 0.25);
}

TEST(UsualConfidences, stay_where_they_are_usual) {
  const auto of = [](std::initializer_list<double> values) {
    std::vector<MotRow> rows;
    for (const double value : values) rows.emplace_back().confidence = value;
    return usual_confidences(rows);
  };
  EXPECT_EQ(of({0, 0.25, 1}), (std::vector{0.0F, 0.25F, 1.0F}));
  EXPECT_EQ(of({-1, -1, -1}), (std::vector{1.0F, 1.0F, 1.0F})) << "nothing is said";
  EXPECT_EQ(of({0.3, 0.3}), (std::vector{1.0F, 1.0F}));
  EXPECT_EQ(of({-0.4, 37, 2, 2}), (std::vector{0.25F, 1.0F, 0.75F, 0.75F})) << "ranks";
  EXPECT_TRUE(of({}).empty());
}

TEST(TrackDetections, looks_also_where_nothing_was_detected_and_in_any_order) {
  // Seen for ten frames, away for 60, seen again: another one, as 2.4 s have passed.
  std::vector<MotRow> detections;
  for (int frame = 80; frame > 70; --frame) detections.push_back({.frame = frame, .box = {0, 0, 40, 80}});
  for (int frame = 10; frame > 0; --frame) detections.push_back({.frame = frame, .box = {0, 0, 40, 80}});
  const auto result = track_detections(detections, 25, 80);
  ASSERT_EQ(result.size(), 18U);
  EXPECT_EQ(result.front().frame, 2);
  EXPECT_EQ(result.front().id, 1);
  EXPECT_EQ(result.back().frame, 80);
  EXPECT_EQ(result.back().id, 2);
  EXPECT_EQ(last_frame(detections), 80);
}

}  // namespace
}  // namespace weir::track
