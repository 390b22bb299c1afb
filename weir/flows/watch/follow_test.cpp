#include "weir/flows/watch/follow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::watch {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int width = 1000, height = 500;

// A camera without pictures: what is found is said by the test, ten times a second.
struct Scene {
  explicit Scene(CameraOptions camera, std::vector<std::string> labels = {"person", "car"})
      : options(std::move(camera)) {
    options.id = "front";
    auto opened =
        Story::open({.fast = true, .listener = [this](const Incident&, Turn, const Place&, const std::string& line) {
                       told.push_back(json::parse(line));
                     }});
    story = std::move(*opened);
    auto made = Follow::make(options, 0, labels, {.story = story.get()});
    if (made) {
      follow = std::move(*made);
    } else {
      error = made.error().line();
    }
  }

  void look(std::vector<track::Observation> seen) {
    Looked looked;
    looked.frame.number = frames;
    looked.frame.pts_us = static_cast<std::int64_t>(frames++) * 100'000;
    looked.frame.width = width;
    looked.frame.height = height;
    looked.shown = {.sequence = 0, .epoch = 1, .pts_us = looked.frame.pts_us, .width = 2 * width, .height = 2 * height};
    follow->found(looked, seen);
  }
  // Something of 100 × 200 whose foot goes from `from` to `to` within three seconds.
  void walk(double from, double to, int label = 0, float confidence = 0.9F) {
    for (int i = 0; i <= 30; ++i) look({at(from + (to - from) * i / 30, label, confidence)});
  }
  static track::Observation at(double x, int label = 0, float confidence = 0.9F) {
    return {{static_cast<float>(x) - 50, 200, 100, 200}, confidence, label};
  }
  void pause(int seconds) {
    for (int i = 0; i < 10 * seconds; ++i) look({});
  }
  std::vector<std::string> types() const {
    std::vector<std::string> out;
    for (const json& turn : told) out.push_back(turn["type"]);
    return out;
  }

  CameraOptions options;
  std::vector<json> told;
  std::unique_ptr<Story> story;
  std::unique_ptr<Follow> follow;
  std::string error;
  std::uint64_t frames = 0;
};

CameraOptions detecting() {
  CameraOptions options;
  options.engine = DetectEngine::onnx;
  return options;
}

ZoneOptions right_half() { return {"right", {{0.5, 0}, {1, 0}, {1, 1}, {0.5, 1}}, {}, {}}; }

TEST(Follow, AThingThatComesAndGoesIsOneEventWithAllItsTurns) {
  CameraOptions options = detecting();
  options.drawn.zones.push_back(right_half());
  options.drawn.lines.push_back({"middle", {0.5, 0}, {0.5, 1}, {}});
  Scene scene(options);
  scene.walk(100, 900);
  EXPECT_TRUE(scene.follow->following());
  EXPECT_EQ(scene.follow->report().zones[0].count.inside, 1u);
  scene.walk(900, 900);
  scene.walk(900, 100);
  scene.pause(6);
  EXPECT_FALSE(scene.follow->following());
  // Down the picture, so its right side is the left of the picture.
  EXPECT_THAT(scene.types(), ElementsAre("start", "enter", "line", "leave", "line", "end"));
  EXPECT_EQ(scene.told[2]["direction"], "backward");
  EXPECT_EQ(scene.told[4]["direction"], "forward");
  for (const json& turn : scene.told) EXPECT_EQ(turn["id"], scene.told[0]["id"]);
  EXPECT_EQ(scene.told[0]["box"][3], 400) << "in pixels of the picture that is shown";
  const FollowReport report = scene.follow->report();
  EXPECT_EQ(report.zones[0].count.left, 1u);
  EXPECT_EQ(report.lines[0].count.forward, 1u);
}

TEST(Follow, TheEndOfTheStreamEndsWhatIsThere) {
  CameraOptions options = detecting();
  options.drawn.zones.push_back(right_half());
  Scene scene(options);
  scene.walk(100, 900);
  scene.follow->finish();
  EXPECT_THAT(scene.types(), ElementsAre("start", "enter", "leave", "end"));
}

TEST(Follow, OnlyTheClassesThatWereAskedForAndOnlyOutsideOfMasks) {
  CameraOptions options = detecting();
  options.classes = {"car"};
  options.drawn.masks.push_back({"left", {{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}}});
  Scene scene(options);
  scene.walk(600, 900, 0);
  scene.walk(100, 400, 1);
  EXPECT_THAT(scene.told, IsEmpty());
  EXPECT_EQ(scene.follow->counters().boxes.load(), 0u);
  EXPECT_EQ(scene.follow->counters().detected.load(), 62u);
  scene.walk(600, 900, 1);
  ASSERT_THAT(scene.types(), ElementsAre("start"));
  EXPECT_EQ(scene.told[0]["class"], "car");
}

TEST(Follow, DoubtfulDetectionsContinueATrackAndBeginNone) {
  Scene scene(detecting());
  scene.walk(100, 400, 0, 0.3F);
  EXPECT_THAT(scene.told, IsEmpty());
  scene.walk(100, 200, 0, 0.9F);
  const auto boxes = scene.follow->counters().boxes.load();
  scene.walk(200, 300, 0, 0.3F);
  EXPECT_EQ(scene.follow->counters().boxes.load(), boxes + 31);
  EXPECT_THAT(scene.types(), ElementsAre("start"));
}

TEST(Follow, MovementIsOneEventUntilNothingHasMovedForAWhile) {
  Scene scene(CameraOptions{}, {"motion"});
  scene.walk(100, 300);
  scene.pause(3);
  scene.walk(700, 900);
  scene.pause(6);
  scene.walk(100, 300);
  scene.follow->finish();
  EXPECT_THAT(scene.types(), ElementsAre("start", "end", "start", "end"));
  EXPECT_EQ(scene.told[0]["track"], nullptr);
  EXPECT_EQ(scene.told[0]["class"], "motion");
}

TEST(Follow, MovementIsCountedWhereALineIsDrawn) {
  CameraOptions options;
  options.drawn.lines.push_back({"middle", {0.5, 0}, {0.5, 1}, {}});
  Scene scene(options, {"motion"});
  scene.walk(100, 900);
  EXPECT_EQ(scene.follow->report().lines[0].count.backward, 1u);
  EXPECT_THAT(scene.types(), ElementsAre("start", "line"));
}

TEST(Follow, WhatIsDrawnWhileItRunsIsInForceWithTheNextFrame) {
  Scene scene(detecting());
  const auto before = scene.follow->drawings();
  ASSERT_TRUE(scene.follow->draw({.zones = {right_half()}, .lines = {}, .masks = {}}));
  EXPECT_NE(scene.follow->drawings(), before);
  scene.walk(100, 900);
  EXPECT_THAT(scene.types(), ElementsAre("start", "enter"));
  // One that is wrong changes nothing.
  const auto crossed =
      scene.follow->draw({.zones = {{"x", {{0, 0}, {1, 1}, {1, 0}, {0, 1}}, {}, {}}}, .lines = {}, .masks = {}});
  ASSERT_FALSE(crossed);
  EXPECT_EQ(crossed.error().owner, "zones.x.points");
  EXPECT_EQ(scene.follow->drawn().zones.size(), 1u);
}

TEST(Follow, WhatTheEngineDoesNotKnowIsRefusedWithWhatItKnows) {
  CameraOptions options = detecting();
  options.classes = {"dragon"};
  EXPECT_THAT(Scene(options).error,
              AllOf(HasSubstr("detect.classes"), HasSubstr("found dragon"), HasSubstr("person, car")));
  options = detecting();
  options.drawn.zones.push_back(right_half());
  options.drawn.zones[0].classes = {"dragon"};
  EXPECT_THAT(Scene(options).error, HasSubstr("zones.right.classes"));
}

}  // namespace
}  // namespace weir::watch
