#include "weir/app/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "weir/app/health.hpp"
#include "weir/app/output_file.hpp"
#include "weir/app/watch_report.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

CoreReport core() {
  PoolReport pool;
  pool.id = "front/frames";
  pool.owner = "front";
  pool.slot_bytes = 100;
  pool.capacity = 8;
  pool.acquired = 10;
  pool.released = 8;
  pool.outstanding = 2;
  pool.peak = 5;
  pool.roles[static_cast<std::size_t>(Role::decoder)] = {
      .held = 2, .acquired = 10, .released = 8, .peak = 4, .oldest = Nanos{1'500'000}};
  ChannelReport channel{.id = "front/frames", .capacity = 1, .overflow = "latest", .offered = 9, .taken = 6};
  channel.dropped[static_cast<std::size_t>(Drop::busy)] = 3;
  CoreReport out;
  out.pools = {pool};
  out.channels = {channel};
  out.exclusive = {{.id = "front/motion", .entries = 6, .max_inside = 1, .wait_p50_ns = 2'000'000}};
  out.hot_paths = {{.id = "watch.motion", .passes = 6, .bytes = 0, .p50_ns = 1'000}};
  out.memory.total_bytes = 1000;
  out.memory.accounts["front"] = {.resident = 600, .live = 500, .idle = 50};
  out.memory.unaccounted_bytes = 10;
  out.memory.unaccounted_share = 0.02;
  worker::ProcessReport worker;
  worker.id = "front/decode";
  worker.owner = "front";
  worker.pid = 42;
  worker.starts = 3;
  worker.causes[static_cast<std::size_t>(worker::Cause::crash)] = 2;
  worker.revoked_leases = 9;
  worker.last_end = "ended by SIGSEGV";
  worker.sandbox = "no files, no network";
  out.workers = {worker};
  out.memory.children[42] = 77;
  out.verdict = {Verdict::growing, {{.owner = "front", .bytes_per_hour = 1e6, .since_s = 30}}};
  return out;
}

watch::CameraReport camera(std::string id = "front") {
  watch::CameraReport out;
  out.id = std::move(id);
  out.child.id = out.id;
  out.child.state = ChildState::up;
  out.child.restarts = 2;
  out.child.causes["unreachable"] = 2;
  out.received = 9;
  out.decoded = 8;
  out.detected = 6;
  out.dropped["motion"][static_cast<std::size_t>(Drop::busy)] = 2;
  out.dropped["publish"][static_cast<std::size_t>(Drop::busy)] = 1;
  out.client_dropped[static_cast<std::size_t>(Drop::full)] = 7;
  out.frame_age = {
      .count = 6, .sum = watch::Seconds(0.3), .p50 = watch::Seconds(0.05), .p95 = {}, .p99 = {}, .max = {}};
  return out;
}

TEST(Report, HasTheAgreedShape) {
  const Json report = build_report({.flow = "watch", .seconds = 30.5, .listening = "127.0.0.1:1"},
                                   watch_section({.cameras = {camera()}}), core());
  EXPECT_EQ(report["flow"], "watch");
  EXPECT_EQ(report["seconds"], 30.5);
  EXPECT_EQ(report["pid"], ::getpid());
  EXPECT_EQ(report["listen"], "127.0.0.1:1");
  const Json& one = report["cameras"][0];
  EXPECT_EQ(one["state"], "up");
  EXPECT_EQ(one["received"], 9);
  EXPECT_EQ(one["dropped"]["busy"], 3) << "the sum over stages, without what clients lost";
  EXPECT_EQ(one["dropped"]["full"], 0);
  EXPECT_EQ(one["restarts"], 2);
  EXPECT_DOUBLE_EQ(one["frame_age_ms"]["p50"], 50);
  EXPECT_EQ(report["channels"][0]["overflow"], "latest");
  EXPECT_EQ(report["channels"][0]["dropped"]["busy"], 3);
  EXPECT_EQ(report["pools"][0]["outstanding"], 2);
  EXPECT_EQ(report["pools"][0]["roles"]["decoder"]["held"], 2);
  EXPECT_EQ(report["pools"][0]["roles"]["decoder"]["oldest_ms"], 1.5);
  EXPECT_FALSE(report["pools"][0]["roles"].contains("encoder"));
  EXPECT_EQ(report["exclusive"][0]["wait_ms"]["p50"], 2);
  EXPECT_EQ(report["hot_paths"][0]["duration_us"]["p50"], 1);
  EXPECT_EQ(report["memory"]["accounts"]["front"]["live_bytes"], 500);
  EXPECT_EQ(report["memory"]["verdict"], "growing");
  EXPECT_EQ(report["memory"]["growing"][0]["owner"], "front");
  const Json worker = report["workers"][0];
  EXPECT_EQ(worker["id"], "front/decode");
  EXPECT_EQ(worker["pid"], 42);
  EXPECT_EQ(worker["restarts"], 2);
  EXPECT_EQ(worker["causes"], Json({{"crash", 2}}));
  EXPECT_EQ(worker["revoked_leases"], 9);
  EXPECT_EQ(worker["memory_bytes"], 77);
}

TEST(Report, EveryDropReasonOfThePoliciesIsInIt) {
  const Json drops = drops_json({1, 2, 3, 4, 5, 6});
  for (const char* reason : {"busy", "stale", "full", "idle", "keyframe", "closed"})
    EXPECT_TRUE(drops.contains(reason)) << reason;
}

TEST(Report, AnOddNameDoesNotBreakIt) {
  const std::string text = dump(watch_section({.cameras = {camera("fr\xffont\"\n")}}));
  EXPECT_TRUE(Json::accept(text)) << text;
}

TEST(Report, SaysWhichDeviceDecodesAndWhyTheOthersDoNot) {
  watch::CameraReport one = camera();
  one.hwaccel = {media::HwAccel::automatic, media::HwAccel::none, "nvdec: no driver; vaapi: no node"};
  watch::CameraReport two = camera();
  two.hwaccel = {media::HwAccel::vaapi, media::HwAccel::vaapi, ""};
  watch::CameraReport three = camera();
  three.hwaccel = {media::HwAccel::nvdec, std::nullopt, ""};
  const Json cameras = watch_section({.cameras = {one, two, three}})["cameras"];
  EXPECT_EQ(cameras[0]["decode"]["hwaccel"],
            (Json{{"asked", "auto"}, {"chosen", "software"}, {"why", "nvdec: no driver; vaapi: no node"}}));
  EXPECT_EQ(cameras[1]["decode"]["hwaccel"], (Json{{"asked", "vaapi"}, {"chosen", "vaapi"}, {"why", ""}}));
  EXPECT_EQ(cameras[2]["decode"]["hwaccel"], (Json{{"asked", "nvdec"}, {"chosen", nullptr}, {"why", ""}}));
}

TEST(Report, AReasonWithAnAddressShowsNoPassword) {
  watch::CameraReport one = camera();
  one.child.reason = "rtsp://u:hunter2@h refused";
  EXPECT_THAT(dump(watch_section({.cameras = {one}})), Not(HasSubstr("hunter2")));
  EXPECT_THAT(summary(one), Not(HasSubstr("hunter2")));
  EXPECT_THAT(health_json({one.child}, {}, {}, {}, {}), Not(HasSubstr("hunter2")));
}

TEST(Balance, APoolThatMissesLeasesIsAnErrorThatNamesTheHolder) {
  const auto errors = imbalances(core().pools);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].line(),
              AllOf(HasSubstr("front/frames"), HasSubstr("acquired 10, released 8"), HasSubstr("decoder 2")));
}

TEST(Balance, ALeaseReleasedTwiceIsAnErrorToo) {
  PoolReport pool;
  pool.id = "p";
  pool.acquired = 5;
  pool.released = 6;
  EXPECT_THAT(imbalances({pool}), SizeIs(1));
}

TEST(Balance, FindsALeaseThatIsStillHeldInARealPool) {
  auto pool = Pool::make({.id = "balance-test", .owner = "test", .slot_bytes = 64, .capacity = 2});
  ASSERT_TRUE(pool);
  Lease lease = (*pool)->try_acquire(Role::engine);
  EXPECT_THAT(imbalances(Pool::report_all()), SizeIs(1));
  lease.release();
  EXPECT_THAT(imbalances(Pool::report_all()), IsEmpty());
}

// What a scraper of the text format insists on: a family's lines stand together under its TYPE, no line twice.
void expect_well_formed(const std::string& text) {
  std::set<std::string> families, series;
  std::string family, line;
  for (std::istringstream in(text); std::getline(in, line);) {
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family << " twice";
      if (line.ends_with(" counter")) {
        EXPECT_TRUE(family.ends_with("_total")) << family;
      }
      continue;
    }
    ASSERT_FALSE(line.empty());
    EXPECT_TRUE(line.starts_with(family)) << line << " stands under " << family;
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(series.insert(line.substr(0, space)).second) << line << " twice";
    std::size_t used = 0;
    EXPECT_NO_THROW(std::stod(line.substr(space + 1), &used)) << line;
  }
}

TEST(Metrics, AreWellFormed) {
  Metrics metrics;
  add_camera_metrics(metrics, {camera("a"), camera("b")});
  add_core_metrics(metrics, core(), 3);
  add_process_metrics(metrics);
  expect_well_formed(metrics.text());
}

TEST(Metrics, HaveTheNamesThatPeopleExpect) {
  Metrics metrics;
  add_camera_metrics(metrics, {camera()});
  add_core_metrics(metrics, core(), 3);
  add_process_metrics(metrics);
  for (const char* line : {
           "weir_camera_frames_received_total{camera=\"front\"} 9\n",
           "weir_camera_frames_decoded_total{camera=\"front\"} 8\n",
           "weir_camera_frames_detected_total{camera=\"front\"} 6\n",
           "weir_camera_frames_dropped_total{camera=\"front\",stage=\"motion\",reason=\"busy\"} 2\n",
           "weir_camera_frames_dropped_total{camera=\"front\",stage=\"client\",reason=\"full\"} 7\n",
           "weir_camera_reconnects_total{camera=\"front\"} 2\n",
           "weir_camera_up{camera=\"front\"} 1\n",
           "weir_frame_age_seconds{camera=\"front\",quantile=\"0.5\"} 0.05\n",
           "weir_frame_age_seconds_sum{camera=\"front\"} 0.3\n",
           "weir_stage_duration_seconds{stage=\"watch.motion\",quantile=\"0.5\"} 1e-06\n",
           "weir_pool_bytes{pool=\"front/frames\",state=\"held\"} 200\n",
           "weir_memory_bytes{account=\"front\"} 600\n",
           "weir_memory_unaccounted_bytes 10\n",
           "weir_memory_verdict{verdict=\"growing\"} 1\n",
           "process_resident_memory_bytes ",
       }) {
    EXPECT_THAT(metrics.text(), HasSubstr(line));
  }
}

TEST(Metrics, LabelsAreEscaped) {
  Metrics metrics;
  metrics.family("x", Metrics::Kind::gauge, "Help.");
  metrics.sample({{"l", "a\"b\\c\nd"}}, 1);
  EXPECT_THAT(metrics.text(), HasSubstr("x{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(Health, SaysMachineCapabilitiesRestartsAndSettings) {
  const Settings settings = std::move(*Settings::load({}));
  const Json health = Json::parse(health_json({camera().child}, {{"one", "decoupled", "flag"}}, core().workers,
                                              core_capabilities(), settings.show()));
  EXPECT_EQ(health["pipelines"][0]["from"], "flag");
  EXPECT_EQ(health["workers"][0]["sandbox"], "no files, no network");
  EXPECT_GE(health["machine"]["cpus"], 1);
  EXPECT_GT(health["machine"]["memory_bytes"], 1u << 20);
  EXPECT_THAT(health["machine"]["kernel"].get<std::string>(), HasSubstr("Linux"));
  EXPECT_EQ(health["restarts"][0]["causes"]["unreachable"], 2);
  EXPECT_FALSE(health["capabilities"].empty());
  EXPECT_EQ(health["settings"].size(), settings.show().size());
  EXPECT_EQ(health["settings"][0]["origin"], "default");
}

TEST(Health, MemoryHistoryIsColumns) {
  LedgerHistory history{.owners = {"front", "stack"}, .recent = {{1, 2}, {{10, 20}, {3, 4}}}, .all = {}};
  const Json json = Json::parse(memory_json(history));
  EXPECT_EQ(json["owners"], Json({"front", "stack"}));
  EXPECT_EQ(json["recent"]["bytes"][0][1], 20);
  EXPECT_TRUE(json["all"]["seconds"].is_array());
}

class OutputFiles : public testing::Test {
 protected:
  OutputFiles() { std::filesystem::create_directories(directory); }
  ~OutputFiles() override { std::filesystem::remove_all(directory); }
  std::string text(const std::filesystem::path& path) {
    std::stringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  std::size_t entries() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
  }
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("weir-output-test-" + std::to_string(::getpid()));
};

TEST_F(OutputFiles, TheOldTextStaysUntilTheNewOneIsWhole) {
  const auto path = directory / "r.json";
  std::ofstream(path) << "old";
  {
    auto file = OutputFile::open(path, "--report");
    ASSERT_TRUE(file);
    EXPECT_EQ(text(path), "old");
    ASSERT_TRUE(file->commit("new"));
    EXPECT_EQ(text(path), "new");
  }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(OutputFiles, WithoutCommitNothingIsLeftBehind) {
  {
    ASSERT_TRUE(OutputFile::open(directory / "r.json", "--report"));
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(OutputFiles, WhatCannotBeWrittenIsFoundWhenItIsOpened) {
  EXPECT_THAT(OutputFile::open(directory, "--report").error().line(), HasSubstr("--report"));
  EXPECT_FALSE(OutputFile::open(directory / "none" / "r.json", "--report"));
  EXPECT_FALSE(OutputFile::open("", "--report"));
  EXPECT_FALSE(check_writable(directory, "--events"));
  EXPECT_FALSE(check_writable(directory / "none" / "e", "--events"));
}

TEST_F(OutputFiles, ADeviceIsWrittenToDirectly) {
  auto file = OutputFile::open("/dev/null", "--report");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->commit("x"));
  struct stat null{};
  ::stat("/dev/null", &null);
  EXPECT_TRUE(S_ISCHR(null.st_mode));
  auto full = OutputFile::open("/dev/full", "--report");
  ASSERT_TRUE(full);
  EXPECT_FALSE(full->commit("x"));
}

}  // namespace
}  // namespace weir::app
