// Detection on recordings whose truth was counted by eye: how many people, how many cars, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/support/data.hpp"
#include "tests/support/watch_run.hpp"

namespace weir::test {
namespace {

struct Ran {
  Json camera;
  std::vector<Json> events;
};

Ran watch_file(const std::string& settings, const std::filesystem::path& file) {
  ScratchDir dir;
  const std::string events = dir / "events.jsonl";
  WatchRun watch("[cameras.a]\nurl = \"" + file.string() + "\"\n" + settings, {"--fast", "--events", events});
  const Outcome outcome = watch.finish();
  EXPECT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  return {camera(watch.report(), "a"), json_lines(events)};
}

std::vector<Json> of_type(const std::vector<Json>& events, const std::string& type) {
  std::vector<Json> out;
  std::copy_if(events.begin(), events.end(), std::back_inserter(out),
               [&](const Json& event) { return event["type"] == type; });
  return out;
}

// How much of the two boxes together is in both.
double overlap(const Json& box, const std::array<double, 4>& truth) {
  const double x = box[0], y = box[1], w = box[2], h = box[3];
  const double across = std::min(x + w, truth[0] + truth[2]) - std::max(x, truth[0]);
  const double down = std::min(y + h, truth[1] + truth[3]) - std::max(y, truth[1]);
  const double both = std::max(0.0, across) * std::max(0.0, down);
  return both / (w * h + truth[2] * truth[3] - both);
}

bool finds(const std::vector<Json>& events, const std::string& label, const std::array<double, 4>& truth) {
  return std::any_of(events.begin(), events.end(), [&](const Json& event) {
    return event["type"] == "box" && event["class"] == label && overlap(event["box"], truth) > 0.5;
  });
}

std::string fastest_det(const std::filesystem::path& model) {
  return "[detect]\nengine = \"onnx\"\nmodel = \"" + model.string() + "\"\n";
}

// Six come to the table one after the other, from below, and leave to the right: at 6, 23, 50, 75, 92 and 123 s, each
// alone, with some seconds between them.
TEST(Detect, counts_the_people_of_a_recording) {
  const auto clip = data("video/one-by-one-person-detection.mp4"), model = data("models/FastestDet.onnx");
  if (!clip) GTEST_SKIP() << no_data("video/one-by-one-person-detection.mp4");
  if (!model) GTEST_SKIP() << no_data("models/FastestDet.onnx");
  constexpr std::array came_s{6.0, 23.0, 50.0, 75.0, 92.0, 123.0};
  const Ran ran = watch_file(fastest_det(*model) + "classes = [\"person\"]\nfps = 5\n", *clip);
  const auto starts = of_type(ran.events, "start");
  EXPECT_GE(starts.size(), 5U);
  EXPECT_LE(starts.size(), 7U);
  for (const double second : came_s) {
    EXPECT_TRUE(
        std::any_of(starts.begin(), starts.end(),
                    [&](const Json& start) { return std::abs(start["pts_ms"].get<double>() / 1000 - second) < 3; }))
        << "who came at " << second << " s";
  }
  for (const Json& box : of_type(ran.events, "box")) EXPECT_EQ(box["class"], "person");
  // Between them nobody is there, nothing moves and nothing was looked at.
  EXPECT_LT(ran.camera["detected"], ran.camera["looked"]);
}

// Four cars, seen from above: up at 4 to 8 s, down at 14 to 21 s and up at 15 to 18 s, down at 25 to 28 s. Whoever
// stands at the line's left end and looks along it has the upper half on the left: down is forward.
TEST(Detect, counts_the_cars_that_cross_a_line_by_movement_alone) {
  const auto clip = data("video/car-detection.mp4");
  if (!clip) GTEST_SKIP() << no_data("video/car-detection.mp4");
  const Ran ran = watch_file("detect.fps = 0\n[cameras.a.lines.middle]\npoints = [[0, 0.5], [1, 0.5]]\n", *clip);
  EXPECT_EQ(ran.camera["lines"][0]["forward"], 2);
  EXPECT_EQ(ran.camera["lines"][0]["backward"], 2);
  EXPECT_EQ(of_type(ran.events, "line").size(), 4U);
}

// A horse with its rider, a dog before it, and a car behind.
TEST(Detect, finds_what_is_on_a_picture) {
  const auto picture = data("video/images/voc_004545.jpg"), model = data("models/FastestDet.onnx");
  if (!picture) GTEST_SKIP() << no_data("video/images/voc_004545.jpg");
  if (!model) GTEST_SKIP() << no_data("models/FastestDet.onnx");
  const Ran ran = watch_file(fastest_det(*model) + "when = \"always\"\n", *picture);
  EXPECT_TRUE(finds(ran.events, "person", {260, 15, 95, 205}));
  EXPECT_TRUE(finds(ran.events, "horse", {205, 70, 210, 280}));
  EXPECT_TRUE(finds(ran.events, "dog", {142, 203, 52, 137}));
  EXPECT_TRUE(finds(ran.events, "car", {2, 105, 122, 80}));
  // Only those that are asked for.
  const Ran dogs = watch_file(fastest_det(*model) + "when = \"always\"\nclasses = [\"dog\"]\n", *picture);
  EXPECT_EQ(of_type(dogs.events, "box").size(), 1U);
}

// A square with many people far away, and two couples near: OpenCV's detector sees upright ones of a good size.
TEST(Detect, finds_upright_people_without_a_model) {
  constexpr const char* name = "video/MOT17-mini/MOT17-02-FRCNN/img1/000001.jpg";
  const auto picture = data(name);
  if (!picture) GTEST_SKIP() << no_data(name);
  const Ran ran = watch_file("detect.engine = \"people\"\ndetect.when = \"always\"\n", *picture);
  EXPECT_TRUE(finds(ran.events, "person", {1340, 418, 160, 370})) << "the man in orange";
  EXPECT_TRUE(finds(ran.events, "person", {586, 446, 84, 260})) << "the woman in red";
}

}  // namespace
}  // namespace weir::test
