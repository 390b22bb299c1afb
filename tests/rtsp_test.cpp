// RTSP cameras: one that dies and comes back, and ones that misbehave in every way, beside others that must not notice.
// The long form (two minutes, with the time limit for coming back) is WEIR_TEST_SOAK=1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/support/watch_run.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

bool soak() {
  const char* set = std::getenv("WEIR_TEST_SOAK");
  return set != nullptr && std::string_view(set) == "1";
}

struct Server {
  Process process;
  int port = 0;
};

Server start(std::vector<std::string> argv) {
  const auto path = program(argv[0]);
  if (!path) throw std::runtime_error(argv[0] + " was not built");
  argv[0] = path->string();
  // The server's libraries race by ThreadSanitizer's lights; it is not what is tested.
  Server server{Process({.argv = std::move(argv), .env = {{"TSAN_OPTIONS", "report_bugs=0"}}})};
  if (const auto match = server.process.wait_for_output("^port ([0-9]+)")) server.port = std::stoi(match->at(1));
  return server;
}

std::string camera_at(const std::string& id, int port, const std::string& path) {
  return "[cameras." + id + "]\nurl = \"rtsp://127.0.0.1:" + std::to_string(port) + path + "\"\ntransport = \"tcp\"\n";
}

std::uint64_t number(const Json& camera, const char* key) {
  return camera.is_object() ? camera.value(key, std::uint64_t{0}) : 0;
}

// A frame that was not due to be looked at was not lost, nor is one that this machine, busy with other tests, had no
// time to look at: both were received, decoded and delivered.
std::uint64_t lost(const Json& camera) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : camera["dropped"].items()) {
    if (reason != "idle" && (soak() || reason != "busy")) sum += count.get<std::uint64_t>();
  }
  return sum;
}

void expect_unharmed(const Json& report, const std::string& id) {
  const Json good = camera(report, id);
  ASSERT_TRUE(good.is_object()) << id;
  EXPECT_EQ(number(good, "restarts"), 0U) << id;
  EXPECT_EQ(number(good, "received"), number(good, "decoded")) << id;
  EXPECT_EQ(lost(good), 0U) << id << ": " << good["dropped"].dump();
}

class Rtsp : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built";
    clip_ = dir_ / "clip.mp4";
    make_clip(clip_, soak() ? 15 * 240 : 15 * 120);
  }

  ScratchDir dir_;
  std::filesystem::path clip_;
};

TEST_F(Rtsp, of_four_cameras_one_is_killed_and_comes_back_and_the_others_lose_nothing) {
  Server lone = start({"fixture-rtsp-server", clip_});
  const Server rest = start({"fixture-rtsp-server", clip_, clip_, clip_});
  ASSERT_GT(lone.port, 0);
  ASSERT_GT(rest.port, 0);
  WatchRun watch(camera_at("lone", lone.port, "/cam0") + camera_at("a", rest.port, "/cam0") +
                     camera_at("b", rest.port, "/cam1") + camera_at("c", rest.port, "/cam2"),
                 {});
  const auto decoded = [](const Json& report, const char* id) { return number(camera(report, id), "decoded"); };
  const auto state = [](const Json& report, const char* id) { return camera(report, id).value("state", ""); };
  ASSERT_TRUE(watch.wait_until([&](const Json& report) {
    return std::ranges::all_of(std::array{"lone", "a", "b", "c"}, [&](auto* id) { return decoded(report, id) > 20; });
  })) << watch.process().err();

  lone.process.send(SIGKILL);
  lone.process.wait();
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return state(report, "lone") != "up"; }))
      << "its death was not noticed";
  const auto before = decoded(watch.report(), "lone");
  // Longer than one attempt to connect: it has to keep trying.
  std::this_thread::sleep_for(soak() ? 20s : 2s);
  lone = start({"fixture-rtsp-server", "--port", std::to_string(lone.port), clip_});
  ASSERT_GT(lone.port, 0) << lone.process.err();
  const auto reachable = Clock::now();
  ASSERT_TRUE(watch.wait_until([&](const Json& report) {
    return state(report, "lone") == "up" && decoded(report, "lone") > before;
  })) << watch.process().err();
  if (soak()) {
    EXPECT_LE(Clock::now() - reachable, 5s);
    std::this_thread::sleep_for(90s);
  }
  const auto then = decoded(watch.report(), "a");
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return decoded(report, "a") > then + 15; }));

  const Outcome outcome = watch.stop(SIGINT);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  EXPECT_GE(number(camera(watch.report(), "lone"), "restarts"), 1U);
  for (const char* id : {"a", "b", "c"}) expect_unharmed(watch.report(), id);
  if (soak()) {
    EXPECT_GE(decoded(watch.report(), "a"), 100U * 15U);
  }
}

TEST_F(Rtsp, over_udp_too) {
  const Server server = start({"fixture-rtsp-server", "--udp", clip_});
  WatchRun watch(
      "[cameras.a]\nurl = \"rtsp://127.0.0.1:" + std::to_string(server.port) + "/cam0\"\ntransport = \"udp\"\n", {});
  EXPECT_TRUE(watch.wait_until([&](const Json& report) { return number(camera(report, "a"), "decoded") > 20; }))
      << watch.process().err();
  const Outcome outcome = watch.stop(SIGTERM);
  EXPECT_EQ(outcome.exit_code, 143) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
}

class Hostile : public Rtsp, public testing::WithParamInterface<const char*> {};

TEST_P(Hostile, harms_nobody_else_says_so_in_one_line_and_leaves_no_lease) {
  const std::string mode = GetParam();
  to_annex_b(clip_, dir_ / "clip.h264");
  const Server good = start({"fixture-rtsp-server", clip_});
  Server bad = start({"fixture-hostile-rtsp", mode, "--h264", dir_ / "clip.h264", "--after", "1", "--seed", "7"});
  ASSERT_GT(good.port, 0);
  ASSERT_GT(bad.port, 0) << bad.process.err();
  WatchRun watch(camera_at("good", good.port, "/cam0") + camera_at("bad", bad.port, "/x") +
                     "source.connect_timeout_s = 1.5\nsource.stall_after_s = 1.5\n",
                 {});
  // Rubbish inside a session that goes on is for the decoder to bear; all else has to be noticed, and tried again.
  const bool goes_on = mode == "rubbish-rtp";
  EXPECT_TRUE(watch.wait_until([&](const Json& report) {
    const Json sick = camera(report, "bad");
    return number(camera(report, "good"), "decoded") > 45 &&
           (goes_on ? number(sick, "received") > 0 : number(sick, "restarts") >= 2);
  })) << watch.process().err();
  const Outcome outcome = watch.stop(SIGINT);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  expect_unharmed(watch.report(), "good");

  if (!goes_on) {
    std::istringstream lines(outcome.err);
    int about_bad = 0, about_good = 0, all = 0;
    for (std::string line; std::getline(lines, line); ++all) {
      about_bad += line.find("bad: ") != std::string::npos ? 1 : 0;
      about_good += line.find("good: ") != std::string::npos && line.find("info") == std::string::npos ? 1 : 0;
    }
    const auto tries = number(camera(watch.report(), "bad"), "restarts") + 1;
    EXPECT_GE(about_bad, 1) << outcome.err;
    EXPECT_EQ(about_good, 0) << outcome.err;
    // One line when it fails and one when it is back, at most, for each try.
    EXPECT_LE(static_cast<std::uint64_t>(all), 2 * tries + 2) << outcome.err;
  }
  EXPECT_TRUE(mode == "refuse" || bad.process.wait_for_output("^connection 1", Watchdog(1)).has_value());
}

INSTANTIATE_TEST_SUITE_P(Modes, Hostile,
                         testing::Values("refuse", "silent", "hang", "close", "stall", "rubbish-rtsp", "rubbish-rtp",
                                         "wrong-sdp", "slow", "missing"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace weir::test
