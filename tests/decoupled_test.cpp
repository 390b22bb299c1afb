// Unified and decoupled are one watch: the same frames, the same boxes, the same errors; only what a crash reaches
// differs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/support/data.hpp"
#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace {

using namespace weir::test;
namespace fs = std::filesystem;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct FastRun {
  Outcome outcome;
  std::string events;
  Json report;
};

FastRun fast(const fs::path& clip, const std::string& pipeline) {
  ScratchDir dir;
  FastRun run;
  run.outcome = weir::test::run({{program("weir-watch").value().string(), "--fast", "--no-server", "--events",
                                  (dir / "events").string(), "--report", (dir / "report").string(), "--set",
                                  "pipeline=" + pipeline, "--set", "log.level=error", clip.string()}});
  run.events = text_of(dir / "events");
  const std::string report = text_of(dir / "report");
  if (!report.empty()) run.report = Json::parse(report);
  return run;
}

// Log lines begin with the time.
std::string without_times(const std::string& log) {
  return std::regex_replace(log, std::regex("[0-9]{4}-[0-9-]+T[0-9:.]+Z"), "");
}

void expect_the_same(const fs::path& clip) {
  SCOPED_TRACE(clip.string());
  const FastRun unified = fast(clip, "unified"), decoupled = fast(clip, "decoupled");
  EXPECT_EQ(unified.outcome.exit_code, decoupled.outcome.exit_code) << decoupled.outcome.line();
  EXPECT_EQ(without_times(unified.outcome.err), without_times(decoupled.outcome.err));
  EXPECT_EQ(unified.events, decoupled.events);
  if (unified.report.is_null() || decoupled.report.is_null()) return;
  ASSERT_EQ(unified.report["cameras"].size(), 1U);
  const Json &one = unified.report["cameras"][0], &other = decoupled.report["cameras"][0];
  EXPECT_EQ(other["pipeline"], "decoupled");
  for (const char* key : {"received", "decoded", "detected", "boxes", "decode_errors", "codec", "width", "height"}) {
    EXPECT_EQ(one[key], other[key]) << key;
  }
  EXPECT_EQ(other["heap_frames"], 0);
  // Where nothing was decoded there is no pool.
  if (!decoupled.report["pools"].empty()) {
    EXPECT_EQ(imbalance(decoupled.report), "");
  }
}

TEST(Decoupled, gives_the_same_frames_and_boxes_as_unified) {
  ScratchDir dir;
  make_clip(dir / "clip.mp4", 200, 640, 360);
  to_annex_b(dir / "clip.mp4", dir / "clip.h264");
  expect_the_same(dir / "clip.mp4");
  expect_the_same(dir / "clip.h264");
}

TEST(Decoupled, gives_the_same_frames_and_boxes_as_unified_on_real_video) {
  const auto folder = data("video");
  if (!folder) GTEST_SKIP() << no_data("video");
  std::vector<fs::path> clips;
  for (const auto& entry : fs::directory_iterator(*folder)) {
    if (entry.is_regular_file()) clips.push_back(entry.path());
  }
  std::ranges::sort(clips);
  for (const auto& clip : clips) expect_the_same(clip);
}

TEST(Decoupled, says_the_same_of_broken_files) {
  std::vector<fs::path> files;
  for (const char* kind : {"bad/mp4", "bad/webm", "bad/derived", "bad/tiny"}) {
    const auto folder = data(kind);
    if (!folder) GTEST_SKIP() << no_data(kind);
    for (const auto& entry : fs::recursive_directory_iterator(*folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const auto& file : files) expect_the_same(file);
}

TEST(Decoupled, the_report_the_log_and_the_page_say_what_runs_and_who_said_so) {
  WatchRun watch(
      "pipeline = \"decoupled\"\n[cameras.boxed]\nurl = \"demo:street\"\n"
      "[cameras.bare]\nurl = \"demo:yard\"\npipeline = \"unified\"\n",
      {});
  ASSERT_TRUE(watch.wait_until([](const Json& report) {
    return camera(report, "boxed")["decoded"] > 5 && camera(report, "bare")["decoded"] > 5;
  })) << watch.process().err();
  EXPECT_EQ(camera(watch.report(), "boxed")["pipeline"], "decoupled");
  EXPECT_THAT(camera(watch.report(), "boxed")["pipeline_from"], HasSubstr(".toml:1"));
  EXPECT_EQ(camera(watch.report(), "bare")["pipeline"], "unified");
  EXPECT_THAT(camera(watch.report(), "bare")["pipeline_from"], HasSubstr(".toml:6"));
  ASSERT_EQ(watch.report()["workers"].size(), 1U);
  const Json worker = watch.report()["workers"][0];
  EXPECT_EQ(worker["id"], "boxed/decode");
  EXPECT_GT(worker["pid"], 0);
  const auto health = http(static_cast<std::uint16_t>(watch.port()), "GET", "/api/health");
  ASSERT_TRUE(health);
  const Json shown = Json::parse(health->body);
  EXPECT_EQ(shown["pipelines"][0]["mode"], "decoupled");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_THAT(shown["workers"][0]["sandbox"], HasSubstr("no network"));
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return report["workers"][0]["memory_bytes"] > 0; }));
#endif
  EXPECT_THAT(watch.process().out() + watch.process().err(), HasSubstr("pipeline: decoupled"));
  EXPECT_EQ(watch.stop(SIGINT).exit_code, 130);
  EXPECT_EQ(imbalance(watch.report()), "");
}

TEST(Decoupled, a_decoder_that_dies_in_a_fast_run_fails_it_with_one_line) {
  ScratchDir dir;
  make_clip(dir / "clip.mp4", 4000, 640, 360);
  WatchRun watch("pipeline = \"decoupled\"\n[cameras.clip]\nurl = \"" + (dir / "clip.mp4").string() + "\"\n",
                 {"--fast"});
  const auto decoder = [](const Json& report) -> pid_t {
    for (const auto& worker : report["workers"]) {
      if (worker["id"] == "clip/decode") return worker["pid"].get<pid_t>();
    }
    return 0;
  };
  ASSERT_TRUE(watch.wait_until([&](const Json& report) {
    return decoder(report) > 0 && camera(report, "clip")["decoded"] > 0;
  })) << watch.process().err();
  ASSERT_EQ(::kill(decoder(watch.report()), SIGKILL), 0);
  const Outcome outcome = watch.process().wait();
  EXPECT_EQ(outcome.exit_code, 1) << outcome.line();
  EXPECT_THAT(outcome.err, HasSubstr("SIGKILL"));
}

}  // namespace
