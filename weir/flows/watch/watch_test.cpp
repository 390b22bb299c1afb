#include "weir/flows/watch/watch.hpp"

#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "weir/core/pool.hpp"

namespace weir::watch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

CameraOptions camera(std::string id, std::string url) {
  CameraOptions c;
  c.id = std::move(id);
  c.url = std::move(url);
  c.detect_fps = 0;
  return c;
}

WatchOptions fast(std::vector<CameraOptions> cameras) {
  WatchOptions o;
  o.cameras = std::move(cameras);
  o.server.enabled = false;
  o.fast = true;
  return o;
}

struct Ran {
  WatchOutcome outcome;
  std::vector<CameraReport> cameras;
};

Ran run_to_end(const WatchOptions& options, std::stop_token stop = {}) {
  Ran ran;
  Hooks hooks;
  hooks.finished = [&](const Status& status) { ran.cameras = status.cameras(); };
  ran.outcome = run(options, hooks, std::move(stop));
  for (const PoolReport& pool : Pool::report_all()) {
    EXPECT_EQ(pool.acquired, pool.released) << pool.id;
    EXPECT_EQ(pool.outstanding, 0u) << pool.id;
  }
  return ran;
}

std::string errors_of(const WatchOutcome& outcome) {
  std::string all;
  for (const auto& errors : {outcome.errors, outcome.camera_errors}) {
    for (const Error& error : errors) all += error.line() + "\n";
  }
  return all;
}

class Events : public testing::Test {
 protected:
  Events() : path_(std::filesystem::temp_directory_path() / ("weir-events-" + std::to_string(::getpid()) + ".jsonl")) {}
  ~Events() override { std::filesystem::remove(path_); }
  const std::filesystem::path path_;
};

TEST(Watch, AFastRunLooksAtEveryFrameAndGivesEveryLeaseBack) {
  const Ran ran = run_to_end(fast({camera("street", "demo:street?frames=90"), camera("yard", "demo:yard?frames=60")}));
  EXPECT_EQ(errors_of(ran.outcome), "");
  ASSERT_EQ(ran.cameras.size(), 2u);
  EXPECT_EQ(ran.cameras[0].received, 90u);
  EXPECT_EQ(ran.cameras[0].decoded, 90u);
  EXPECT_EQ(ran.cameras[0].detected, 90u);
  EXPECT_EQ(ran.cameras[1].decoded, 60u);
  for (const CameraReport& c : ran.cameras) {
    EXPECT_EQ(c.child.state, ChildState::ended);
    EXPECT_EQ(c.heap_frames, 0u) << "the capacity rule was short";
    EXPECT_EQ(c.into_leases, c.decoded);
    EXPECT_EQ(c.withheld, 0u);
    EXPECT_EQ(c.decode_errors, 0u);
    EXPECT_EQ(c.dropped.at("look"), DropCounts{});
    EXPECT_LE(c.memory_bytes, c.memory_max_bytes);
  }
}

TEST(Watch, TheDecodingDeviceIsAskedForAndToldOf) {
  auto automatic = camera("street", "demo:street?frames=30");
  automatic.hwaccel = media::HwAccel::automatic;
  const Ran any = run_to_end(fast({automatic, camera("yard", "demo:yard?frames=30")}));
  EXPECT_EQ(errors_of(any.outcome), "");
  EXPECT_EQ(any.cameras[0].decoded, 30u);
  EXPECT_EQ(any.cameras[0].hwaccel.asked, media::HwAccel::automatic);
  EXPECT_TRUE(any.cameras[0].hwaccel.chosen);
  EXPECT_EQ(any.cameras[1].hwaccel.asked, media::HwAccel::none);
  EXPECT_EQ(media::chosen_name(any.cameras[1].hwaccel), "software");
  if (any.cameras[0].hwaccel.chosen != media::HwAccel::none) GTEST_SKIP() << "this machine has such a device";

  EXPECT_NE(any.cameras[0].hwaccel.why, "");
  auto nvdec = automatic;
  nvdec.hwaccel = media::HwAccel::nvdec;
  const Ran none = run_to_end(fast({nvdec}));
  EXPECT_NE(errors_of(none.outcome).find("street: decode.hwaccel: no NVIDIA device"), std::string::npos)
      << errors_of(none.outcome);
  EXPECT_EQ(none.cameras[0].decoded, 0u);
  EXPECT_EQ(none.cameras[0].hwaccel.asked, media::HwAccel::nvdec);
  EXPECT_EQ(none.cameras[0].hwaccel.chosen, std::nullopt);
}

TEST(Watch, TheDetectionRateIsObeyedAndWhatItLeavesOutIsCounted) {
  auto c = camera("street", "demo:street?frames=90&fps=15");
  c.detect_fps = 5;
  const Ran ran = run_to_end(fast({c}));
  EXPECT_EQ(ran.cameras[0].decoded, 90u);
  EXPECT_EQ(ran.cameras[0].detected, 30u);
  EXPECT_EQ(ran.cameras[0].dropped.at("look")[static_cast<std::size_t>(Drop::idle)], 60u);
}

TEST(Watch, WithoutMotionNothingIsLookedAt) {
  auto c = camera("street", "demo:street?frames=30");
  c.motion.enabled = false;
  const Ran ran = run_to_end(fast({c}));
  EXPECT_EQ(ran.cameras[0].decoded, 30u);
  EXPECT_EQ(ran.cameras[0].detected, 0u);
}

TEST(Watch, ACameraThatCannotBeOpenedFailsTheRunAfterTheOthersHaveFinished) {
  const Ran ran = run_to_end(fast({camera("gone", "/nowhere/gone.mp4"), camera("street", "demo:street?frames=60")}));
  ASSERT_EQ(ran.outcome.camera_errors.size(), 1u) << errors_of(ran.outcome);
  EXPECT_THAT(ran.outcome.camera_errors[0].line(), HasSubstr("gone"));
  EXPECT_EQ(ran.cameras[1].decoded, 60u);
  EXPECT_EQ(ran.cameras[0].child.state, ChildState::ended);
}

TEST(Watch, ACameraOverItsMemoryBoundIsParkedWithTheFigure) {
  auto big = camera("big", "demo:street?frames=60");
  big.memory_max_bytes = 2'000'000;
  const Ran ran = run_to_end(fast({big, camera("small", "demo:yard?frames=30")}));
  EXPECT_EQ(ran.cameras[0].child.state, ChildState::parked);
  EXPECT_THAT(ran.cameras[0].child.reason, testing::ContainsRegex("[0-9]{6,}|MB|MiB"));
  EXPECT_EQ(ran.cameras[0].decoded, 0u);
  EXPECT_EQ(ran.cameras[1].decoded, 30u);
  EXPECT_EQ(ran.outcome.camera_errors.size(), 1u);
}

TEST(Watch, StoppingDrainsAndGivesEverythingBack) {
  WatchOptions o = fast({camera("street", "demo:street"), camera("yard", "demo:yard")});
  o.fast = false;
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(400ms);
    stop.request_stop();
  });
  const Ran ran = run_to_end(o, stop.get_token());
  EXPECT_EQ(errors_of(ran.outcome), "");
}

TEST(Watch, ServesAndGivesEveryAccessUnitBack) {
  WatchOptions o = fast({camera("street", "demo:street?frames=120")});
  o.server.enabled = true;
  o.server.port = 0;
  const Ran ran = run_to_end(o);
  EXPECT_EQ(errors_of(ran.outcome), "");
  EXPECT_EQ(ran.cameras[0].decoded, 120u);
  EXPECT_EQ(ran.cameras[0].dropped.at("publish"), DropCounts{});
}

TEST_F(Events, HaveOneLinePerBoxInOrderInsideThePicture) {
  WatchOptions o = fast({camera("street", "demo:street?frames=120"), camera("yard", "demo:yard?frames=120")});
  o.events = path_;
  const Ran ran = run_to_end(o);
  EXPECT_EQ(errors_of(ran.outcome), "");
  std::ifstream file(path_);
  std::string text;
  std::map<std::string, std::uint64_t> lines, last_frame;
  while (std::getline(file, text)) {
    const auto event = nlohmann::json::parse(text);
    const std::string id = event.at("camera");
    const auto& c = ran.cameras[id == "street" ? 0 : 1];
    EXPECT_GE(event.at("frame").get<std::uint64_t>(), last_frame[id]);
    last_frame[id] = event.at("frame");
    EXPECT_GE(event.at("pts_ms").get<double>(), 0);
    if (event.at("type") != "box") continue;
    const auto box = event.at("box").get<std::vector<int>>();
    ASSERT_EQ(box.size(), 4u);
    EXPECT_GE(box[0], 0);
    EXPECT_GE(box[1], 0);
    EXPECT_LE(box[0] + box[2], c.width);
    EXPECT_LE(box[1] + box[3], c.height);
    EXPECT_EQ(event.at("class"), "motion");
    EXPECT_TRUE(event.at("track").is_null());
    EXPECT_GT(event.at("confidence").get<double>(), 0);
    EXPECT_LE(event.at("confidence").get<double>(), 1);
    ++lines[id];
  }
  EXPECT_EQ(lines["street"], ran.cameras[0].boxes);
  EXPECT_EQ(lines["yard"], ran.cameras[1].boxes);
  EXPECT_GT(lines["street"], 0u);
}

TEST_F(Events, OfARunAreTheSameEveryTime) {
  const auto once = [this] {
    WatchOptions o = fast({camera("street", "demo:street?frames=120")});
    o.events = path_;
    run_to_end(o);
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string first = once();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, once());
}

TEST(Watch, EventsThatCannotBeWrittenAreSaidBeforeAnythingRuns) {
  WatchOptions o = fast({camera("street", "demo:street?frames=30")});
  o.events = "/nowhere/events.jsonl";
  const Ran ran = run_to_end(o);
  ASSERT_EQ(ran.outcome.errors.size(), 1u);
  EXPECT_THAT(ran.outcome.errors[0].line(), HasSubstr("--events"));
  EXPECT_TRUE(ran.cameras.empty());
}

}  // namespace
}  // namespace weir::watch
