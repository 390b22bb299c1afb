// decode.idle on live streams: while nothing moves packets are left out, and when something does all is decoded again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/support/watch_run.hpp"

namespace weir::test {
namespace {

// Still for 4 s, then a square crosses for 4 s; 20 frames a second, a key every half second. With `disposable`, every
// other frame is one that no other refers to.
void make_still_then_moving(const std::filesystem::path& path, bool disposable) {
  std::vector<std::string> arguments = {"-f",
                                        "lavfi",
                                        "-i",
                                        "color=c=gray:s=320x180:r=20:d=8",
                                        "-f",
                                        "lavfi",
                                        "-i",
                                        "color=c=white:s=48x64:r=20:d=8",
                                        "-filter_complex",
                                        "[0][1]overlay=x='-60+110*(t-4)':y=60:enable='gte(t,4)',format=yuv420p",
                                        "-c:v",
                                        "libx264",
                                        "-preset",
                                        "veryfast",
                                        "-g",
                                        "10",
                                        "-keyint_min",
                                        "10",
                                        "-sc_threshold",
                                        "0"};
  const std::vector<std::string> structure =
      disposable ? std::vector<std::string>{"-bf", "1", "-b_strategy", "0", "-x264-params", "b-pyramid=none"}
                 : std::vector<std::string>{"-bf", "0"};
  arguments.insert(arguments.end(), structure.begin(), structure.end());
  arguments.push_back(path.string());
  ffmpeg(arguments);
}

std::uint64_t left_out(const Json& report) { return camera(report, "a")["decode"]["left_out"]; }
std::uint64_t count(const Json& report, const char* key) { return camera(report, "a")[key]; }

class Idle : public testing::TestWithParam<const char*> {};

TEST_P(Idle, leaves_out_packets_while_nothing_moves_and_none_while_something_does) {
  const std::string idle = GetParam();
  ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built";
  ScratchDir dir;
  make_still_then_moving(dir / "clip.mp4", idle == "reference");
  const std::string events = dir / "events.jsonl";
  WatchRun watch("[cameras.a]\nurl = \"" + (dir / "clip.mp4").string() + "\"\nsource.loop = true\ndetect.fps = 0\n" +
                     "decode.idle = \"" + idle + "\"\ndecode.idle_after_s = 1\n",
                 {"--events", events});
  // Over the seam and into the second round: what a loop leaves out concerns it alone.
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return count(report, "received") > 240; }))
      << watch.process().err();
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
  const Json& report = watch.report();
  EXPECT_EQ(imbalance(report), "");
  EXPECT_EQ(count(report, "decode_errors"), 0U);
  EXPECT_EQ(count(report, "withheld"), 0U);
  EXPECT_EQ(count(report, "restarts"), 0U);
  EXPECT_EQ(camera(report, "a")["decode"]["idle"], idle);
  // Everything is decoded or left out; a few may be in the decoder's hands at the end.
  const std::uint64_t accounted = count(report, "decoded") + left_out(report);
  EXPECT_LE(accounted, count(report, "received"));
  EXPECT_GE(accounted + 8, count(report, "received"));
  // Still for 3 s once a second has passed in which nothing moved, and again after the seam.
  EXPECT_GT(left_out(report), idle == "keyframes" ? 50U : 25U);

  // In the second of full movement every frame was looked at, from one key after its beginning on at the latest.
  std::set<std::uint64_t> looked;
  for (const Json& event : json_lines(events)) {
    if (event["type"] != "box") continue;
    const auto ms = static_cast<std::uint64_t>(event["pts_ms"].get<double>() + 0.5);
    if (ms >= 5000 && ms < 7000) looked.insert(ms / 50);
  }
  EXPECT_GE(looked.size(), 36U) << "of the 40 frames of two seconds in which the square is all there";
}

INSTANTIATE_TEST_SUITE_P(Each, Idle, testing::Values("keyframes", "reference"),
                         [](const auto& param) { return std::string(param.param); });

TEST(IdleFull, leaves_out_nothing) {
  ScratchDir dir;
  make_still_then_moving(dir / "clip.mp4", false);
  WatchRun watch("[cameras.a]\nurl = \"" + (dir / "clip.mp4").string() + "\"\ndecode.idle_after_s = 1\n", {});
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return count(report, "received") > 60; }));
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
  EXPECT_EQ(left_out(watch.report()), 0U);
}

}  // namespace
}  // namespace weir::test
