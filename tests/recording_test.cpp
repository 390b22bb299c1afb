// What `weir watch` records: every packet once, clips with what was before and after, nothing broken by a kill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::uint64_t packets_in(const fs::path& file) {
  const Json probed = ffprobe(file, {"-count_packets", "-select_streams", "v", "-show_streams"});
  return probed.is_null() ? 0 : std::stoull(probed["streams"][0]["nb_read_packets"].get<std::string>());
}

// The files below a folder whose name ends so, in the order of their names.
std::vector<fs::path> files(const fs::path& dir, std::string_view ending) {
  std::vector<fs::path> out;
  if (!fs::exists(dir)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(ending)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<fs::path> segments(const fs::path& dir, const std::string& camera) {
  std::vector<fs::path> out = files(dir / camera, ".mp4");
  std::erase_if(out, [](const fs::path& path) { return path.parent_path().filename() == "clips"; });
  return out;
}

Json get(int port, const std::string& path) {
  const auto answer = http(static_cast<std::uint16_t>(port), "GET", path);
  return answer && answer->status == 200 ? Json::parse(answer->body, nullptr, false) : Json(nullptr);
}

// A square that moves from `from` to `to`, before and after which nothing does; 15 frames a second, a key every second.
void make_moving(const fs::path& path, double seconds, double from, double to) {
  const std::string a = std::to_string(from), b = std::to_string(to);
  ffmpeg({"-f",
          "lavfi",
          "-i",
          "color=c=gray:s=320x180:r=15:d=" + std::to_string(seconds),
          "-f",
          "lavfi",
          "-i",
          "color=c=white:s=48x64:r=15:d=" + std::to_string(seconds),
          "-filter_complex",
          "[0][1]overlay=x='20+200*(clip(t," + a + "," + b + ")-" + a + ")/(" + b + "-" + a +
              ")':y=60:eval=frame:enable='gte(t," + a + ")',format=yuv420p",
          "-c:v",
          "libx264",
          "-preset",
          "veryfast",
          "-bf",
          "0",
          "-g",
          "15",
          "-sc_threshold",
          "0",
          path.string()});
}

class Recording : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built"; }
  std::string record(const std::string& more = {}) const {
    return "[record]\ndir = \"" + dir_.path().string() + "/rec\"\nmin_free = \"0MB\"\n" + more;
  }
  fs::path rec() const { return dir_ / "rec"; }

  ScratchDir dir_;
};

TEST_F(Recording, segments_hold_every_packet_exactly_once) {
  make_clip(dir_ / "clip.mp4", 450);
  WatchRun watch(record("continuous = true\nsegment_s = 3\n") + "[cameras.a]\nurl = \"" + (dir_ / "clip.mp4").string() +
                     "\"\n[cameras.b]\nurl = \"demo:yard?frames=300&size=320x180\"\n",
                 {"--fast"});
  const Outcome outcome = watch.finish();
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  for (const char* id : {"a", "b"}) {
    const Json shown = camera(watch.report(), id);
    const auto whole = segments(rec(), id);
    std::uint64_t packets = 0;
    for (const fs::path& file : whole) {
      const std::uint64_t in = packets_in(file);
      EXPECT_GT(in, 0U) << file << " cannot be read";
      packets += in;
    }
    EXPECT_EQ(packets, shown["received"].get<std::uint64_t>()) << id;
    EXPECT_EQ(whole.size(), shown["recording"]["segments"].get<std::size_t>()) << id;
    EXPECT_GE(whole.size(), 5U) << id;
    EXPECT_EQ(shown["recording"]["errors"], 0) << shown["recording"];
  }
  // Together they are the clip: the same pictures, decoded.
  std::ofstream list(dir_ / "list.txt");
  for (const fs::path& file : segments(rec(), "a")) list << "file '" << file.string() << "'\n";
  list.close();
  const auto hash = [this](std::vector<std::string> arguments, const char* name) {
    arguments.insert(arguments.end(), {"-map", "0:v", "-fps_mode", "passthrough", "-f", "hash", dir_ / name});
    ffmpeg(arguments);
    std::ifstream file(dir_ / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(hash({"-f", "concat", "-safe", "0", "-i", dir_ / "list.txt"}, "joined"),
            hash({"-i", dir_ / "clip.mp4"}, "whole"));
  EXPECT_TRUE(files(rec(), ".part").empty());
}

TEST_F(Recording, a_clip_shows_what_was_before_and_after_its_event_and_a_picture_of_it) {
  make_moving(dir_ / "moving.mp4", 36, 8, 12);
  const std::string events = dir_ / "events.jsonl";
  WatchRun watch(record("pre_s = 3\npost_s = 2\n") + "[cameras.a]\nurl = \"" + (dir_ / "moving.mp4").string() + "\"\n",
                 {"--fast", "--events", events});
  const Outcome outcome = watch.finish();
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  double start_ms = -1, end_ms = -1;
  Json end;
  for (const Json& event : json_lines(events)) {
    if (event["type"] == "start" && start_ms < 0) start_ms = event["pts_ms"];
    if (event["type"] == "end") end = event;
  }
  ASSERT_TRUE(end.is_object());
  end_ms = end["pts_ms"];
  EXPECT_NEAR(start_ms, 8000, 1000);
  EXPECT_GE(end_ms, 12000 - 300) << "an event ends when nothing has moved for a while";

  const auto clips = files(rec() / "a" / "clips", ".mp4");
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_EQ("a/clips/" + clips[0].filename().string(), end["clip"].get<std::string>());
  const Json probed = ffprobe(clips[0], {"-show_entries", "packet=pts_time,flags", "-select_streams", "v"});
  ASSERT_TRUE(probed.is_object());
  const auto& packets = probed["packets"];
  ASSERT_FALSE(packets.empty());
  EXPECT_THAT(packets[0]["flags"].get<std::string>(), HasSubstr("K"));
  const double before_s = start_ms / 1000 - 3, after_s = end_ms / 1000 + 2;
  const double length_s = static_cast<double>(packets.size()) / 15;
  EXPECT_GE(length_s, after_s - before_s - 0.1);
  EXPECT_LE(length_s, after_s - before_s + 1.2) << "a key every second: at most so much more at the front";

  const auto pictures = files(rec() / "a" / "snapshots", ".jpg");
  ASSERT_EQ(pictures.size(), 1U);
  const Json picture = ffprobe(pictures[0], {"-show_streams"});
  ASSERT_TRUE(picture.is_object());
  EXPECT_EQ(picture["streams"][0]["codec_name"], "mjpeg");
  EXPECT_EQ(picture["streams"][0]["width"], 320);
  EXPECT_EQ(picture["streams"][0]["height"], 180);
  EXPECT_EQ(camera(watch.report(), "a")["snapshots"], 1);
}

TEST_F(Recording, an_event_at_the_beginning_has_the_beginning_in_its_clip) {
  make_moving(dir_ / "moving.mp4", 10, 1, 4);
  WatchRun watch(
      record("pre_s = 30\npost_s = 30\n") + "[cameras.a]\nurl = \"" + (dir_ / "moving.mp4").string() + "\"\n",
      {"--fast"});
  ASSERT_TRUE(watch.finish().ok());
  const auto clips = files(rec(), ".mp4");
  ASSERT_EQ(clips.size(), 1U);
  EXPECT_EQ(packets_in(clips[0]), 150U);
}

TEST_F(Recording, old_events_are_there_after_a_restart) {
  const std::string settings = record() + "[cameras.a]\nurl = \"demo:street?size=320x180\"\n";
  std::set<std::string> before;
  {
    WatchRun watch(settings, {});
    ASSERT_TRUE(watch.wait_until([&](const Json&) { return !get(watch.port(), "/api/events")["events"].empty(); }));
    ASSERT_EQ(watch.stop(SIGTERM).exit_code, 143);
    EXPECT_EQ(imbalance(watch.report()), "");
  }
  for (const Json& line : json_lines(rec() / "events.jsonl")) before.insert(line["id"].get<std::string>());
  ASSERT_FALSE(before.empty());
  WatchRun watch(settings, {});
  ASSERT_GT(watch.port(), 0) << watch.process().err();
  std::set<std::string> after;
  const Json listed = get(watch.port(), "/api/events?limit=200");
  EXPECT_GE(listed["total"], before.size());
  for (const Json& event : listed["events"]) {
    after.insert(event["id"].get<std::string>());
    if (!before.contains(event["id"].get<std::string>())) continue;
    EXPECT_TRUE(event["over"].get<bool>());
    const auto picture =
        http(static_cast<std::uint16_t>(watch.port()), "GET", "/recordings/" + event["snapshot"].get<std::string>());
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->status, 200) << event;
    EXPECT_EQ(picture->body.substr(0, 2), "\xff\xd8");
  }
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
}

TEST_F(Recording, a_kill_in_the_middle_leaves_no_broken_file_after_the_next_start) {
  const std::string settings = record("continuous = true\nsegment_s = 2\npost_s = 1\n") +
                               "[cameras.a]\nurl = \"demo:street?size=320x180&fps=30\"\n"
                               "[cameras.b]\nurl = \"demo:station?size=320x180&fps=30\"\n";
  for (int life = 0; life < 2; ++life) {
    WatchRun watch(settings, {});
    // Some are whole, and one is open, with more in it each time.
    ASSERT_TRUE(watch.wait_until([&](const Json&) {
      const auto parts = files(rec(), ".part");
      return segments(rec(), "a").size() > static_cast<std::size_t>(2 * life) &&
             std::any_of(parts.begin(), parts.end(), [](const fs::path& part) {
               std::error_code gone;
               return fs::file_size(part, gone) > 20'000 && !gone;
             });
    })) << watch.process().err();
    watch.process().send(SIGKILL);
    EXPECT_EQ(watch.process().wait().signal, SIGKILL);
  }
  // Nothing may be touched that somebody else writes: the next start of the program is what mends.
  WatchRun watch(settings, {});
  ASSERT_GT(watch.port(), 0) << watch.process().err();
  EXPECT_EQ(watch.stop(SIGTERM).exit_code, 143);
  EXPECT_EQ(imbalance(watch.report()), "");
  EXPECT_TRUE(files(rec(), ".part").empty());
  const auto all = files(rec(), ".mp4");
  EXPECT_GE(all.size(), 4U);
  for (const fs::path& file : all) {
    EXPECT_GT(packets_in(file), 0U) << file;
    // Not only its index: every picture in it can be decoded.
    EXPECT_NO_THROW(ffmpeg({"-xerror", "-i", file.string(), "-f", "null", "-"})) << file;
  }
  for (const Json& line : json_lines(rec() / "events.jsonl")) EXPECT_TRUE(line.contains("id"));
}

TEST_F(Recording, never_takes_more_than_it_may) {
  // Noise, which no codec makes small: about 30 MB in all.
  ffmpeg({"-f", "lavfi", "-i", "nullsrc=s=640x360:r=25:d=12,geq=random(1)*255:128:128", "-c:v", "libx264", "-preset",
          "ultrafast", "-bf", "0", "-g", "25", "-b:v", "20M", "-pix_fmt", "yuv420p", dir_ / "noise.mp4"});
  ASSERT_GT(fs::file_size(dir_ / "noise.mp4"), 20'000'000U);
  WatchRun watch(record("continuous = true\nclips = false\nsegment_s = 1\nkeep_bytes = \"10MB\"\n") +
                     "[cameras.a]\nurl = \"" + (dir_ / "noise.mp4").string() + "\"\nmotion.enabled = false\n",
                 {"--fast"});
  std::uint64_t most = 0;
  while (watch.process().running()) {
    std::uint64_t bytes = 0;
    if (fs::exists(rec())) {
      std::error_code gone;
      for (auto at = fs::recursive_directory_iterator(rec(), gone); !gone && at != fs::end(at); at.increment(gone)) {
        std::error_code no_file;
        const auto size = fs::file_size(at->path(), no_file);
        if (!no_file && at->path().extension() == ".mp4") bytes += size;
      }
    }
    most = std::max(most, bytes);
    std::this_thread::sleep_for(5ms);
  }
  const Outcome outcome = watch.finish();
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_LE(most, 10'000'000U);
  EXPECT_GT(most, 5'000'000U);
  EXPECT_GT(watch.report()["recordings"]["deleted_files"], 0);
  EXPECT_LE(watch.report()["recordings"]["bytes"], 10'000'000);
  // The newest stay.
  const Json shown = camera(watch.report(), "a");
  EXPECT_EQ(shown["recording"]["packets"].get<std::uint64_t>() +
                shown["dropped_by_stage"]["record"]["full"].get<std::uint64_t>() +
                shown["dropped_by_stage"]["record"]["keyframe"].get<std::uint64_t>(),
            shown["received"].get<std::uint64_t>());
}

}  // namespace
}  // namespace weir::test
