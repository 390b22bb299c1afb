// detect_url: one stream of a camera is shown, another, smaller one is looked at, and each lives its own life.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <map>

#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace weir::test {
namespace {

// Every second, for half of it, a square is at another place; a key every second. The same in any size.
void make(const std::filesystem::path& path, int width, int height, int seconds) {
  const std::string size =
      "s=" + std::to_string(width) + "x" + std::to_string(height) + ":r=20:d=" + std::to_string(seconds);
  const std::string square =
      "s=" + std::to_string(width / 8) + "x" + std::to_string(height / 4) + ":r=20:d=" + std::to_string(seconds);
  ffmpeg({"-f", "lavfi", "-i", "color=c=gray:" + size, "-f", "lavfi", "-i", "color=c=white:" + square,
          "-filter_complex", "[0][1]overlay=x='W*mod(t,4)/5':y='H/2',format=yuv420p", "-c:v", "libx264", "-preset",
          "veryfast", "-bf", "0", "-g", "20", path.string()});
}

struct Server {
  Process process;
  int port = 0;
};

Server serve(const std::filesystem::path& file, int port = 0) {
  Server server{
      Process({.argv = {program("fixture-rtsp-server").value().string(), "--port", std::to_string(port), file},
               .env = {{"TSAN_OPTIONS", "report_bugs=0"}}})};
  if (const auto match = server.process.wait_for_output("^port ([0-9]+)")) server.port = std::stoi(match->at(1));
  return server;
}

std::string url_of(const Server& server) { return "rtsp://127.0.0.1:" + std::to_string(server.port) + "/cam0"; }

class SecondStream : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built";
    make(dir_ / "large.mp4", 1280, 720, 60);
    make(dir_ / "small.mp4", 320, 180, 60);
  }
  ScratchDir dir_;
};

// As files, each with its own clock, both from 0: a box belongs to the frame of the same time.
TEST_F(SecondStream, boxes_are_in_the_main_streams_pixels_and_times) {
  const std::string events = dir_ / "events.jsonl";
  WatchRun watch("[cameras.a]\nurl = \"" + (dir_ / "large.mp4").string() + "\"\ndetect_url = \"" +
                     (dir_ / "small.mp4").string() + "\"\ndetect.fps = 0\n",
                 {"--fast", "--events", events});
  const Outcome outcome = watch.finish();
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  const Json shown = camera(watch.report(), "a");
  EXPECT_EQ(shown["width"], 1280);
  EXPECT_EQ(shown["received"], 1200);
  EXPECT_EQ(shown["second"]["received"], 1200);
  EXPECT_EQ(shown["decoded"], 1200) << "of the small one alone";
  std::size_t boxes = 0, right = 0;
  for (const Json& event : json_lines(events)) {
    if (event["type"] != "box") continue;
    ++boxes;
    const double x = event["box"][0], y = event["box"][1], w = event["box"][2], h = event["box"][3];
    EXPECT_LE(x + w, 1280);
    EXPECT_LE(y + h, 720);
    const double square = 1280 * std::fmod(event["pts_ms"].get<double>() / 1000, 4) / 5;
    right += std::abs(x - square) < 24 && x + w >= square + 120 && y >= 320 && y + h <= 580 ? 1 : 0;
  }
  EXPECT_GT(boxes, 500U);
  // Beside it are the places where it was before.
  EXPECT_GT(right, 800U) << "of 1200 frames: the square is in the box that is said to show it";
}

TEST_F(SecondStream, lives_and_dies_apart_from_the_main_one) {
  const Server large = serve(dir_ / "large.mp4");
  Server small = serve(dir_ / "small.mp4");
  ASSERT_GT(large.port, 0);
  ASSERT_GT(small.port, 0);
  WatchRun watch("[cameras.a]\ntransport = \"tcp\"\nurl = \"" + url_of(large) + "\"\ndetect_url = \"" + url_of(small) +
                     "\"\nsource.connect_timeout_s = 2\n",
                 {});
  const auto number = [](const Json& report, const char* key) { return camera(report, "a")[key].get<std::uint64_t>(); };
  const auto second = [](const Json& report) { return camera(report, "a")["second"]; };
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return number(report, "boxes") > 3; }))
      << watch.process().err();
  EXPECT_EQ(camera(watch.report(), "a")["width"], 1280);

  // On the wire boxes come after the access unit that they belong to, in its epoch and with its time.
  {
    WsClient page(static_cast<std::uint16_t>(watch.port()));
    ASSERT_TRUE(page.send_text(R"({"type":"subscribe","stream":"a","as":"packets"})"));
    std::map<std::int64_t, int> units;
    int boxes = 0, known = 0;
    while (boxes < 5) {
      const auto message = page.receive();
      ASSERT_TRUE(message);
      if (message->kind == WsMessage::Kind::binary) {
        std::int64_t pts_us = 0;
        std::memcpy(&pts_us, message->bytes.data() + 16, sizeof pts_us);
        ++units[pts_us];
        continue;
      }
      const Json text = Json::parse(message->bytes);
      if (text["type"] != "boxes" || text["boxes"].empty()) continue;
      ++boxes;
      known += units.contains(text["pts_us"].get<std::int64_t>()) ? 1 : 0;
      const Json box = text["boxes"][0]["box"];
      EXPECT_GE(box[1].get<int>() + box[3].get<int>(), 360) << "in pixels of the large picture: " << text;
    }
    EXPECT_EQ(known, boxes);
  }

  small.process.send(SIGKILL);
  small.process.wait();
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return second(report)["state"] != "up"; }));
  const auto shown = number(watch.report(), "received"), decoded = number(watch.report(), "decoded");
  ASSERT_TRUE(watch.wait_until([&](const Json& report) { return number(report, "received") > shown + 20; }));
  EXPECT_EQ(camera(watch.report(), "a")["state"], "up");
  EXPECT_EQ(number(watch.report(), "decoded"), decoded) << "the main stream is not decoded in its place";
  small = serve(dir_ / "small.mp4", small.port);
  ASSERT_GT(small.port, 0);
  ASSERT_TRUE(watch.wait_until([&](const Json& report) {
    return second(report)["state"] == "up" && number(report, "decoded") > decoded + 20;
  })) << watch.process().err();
  const auto boxes = number(watch.report(), "boxes");
  EXPECT_TRUE(watch.wait_until([&](const Json& report) { return number(report, "boxes") > boxes; }));
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
  EXPECT_EQ(imbalance(watch.report()), "");
  EXPECT_EQ(number(watch.report(), "restarts"), 0U);
  EXPECT_LE(number(watch.report(), "decoded"), second(watch.report())["received"].get<std::uint64_t>());
}

}  // namespace
}  // namespace weir::test
