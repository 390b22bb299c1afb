// What `weir watch` promises about a run as a whole, read from its report: hot paths, memory, shapes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <numeric>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/watch_run.hpp"
#include "tests/support/ws_client.hpp"

namespace {

using namespace weir::test;

Json hot_path(const Json& report, const std::string& id) {
  for (const auto& path : report["hot_paths"]) {
    if (path["id"] == id) return path;
  }
  return nullptr;
}

std::uint64_t sum_of(const Json& report, const char* key) {
  std::uint64_t sum = 0;
  for (const auto& camera : report["cameras"]) sum += camera[key].get<std::uint64_t>();
  return sum;
}

constexpr const char* two_scenes =
    "[cameras.street]\nurl = \"demo:street\"\n[cameras.yard]\nurl = \"demo:yard?size=640x360\"\n";

// In the testing preset the traps for system calls and locks are on: `violations` counts what they caught.
TEST(Watch, hot_paths_neither_allocate_nor_free_nor_call_anything_while_a_page_listens) {
  WatchRun watch(two_scenes, {"--fast"});
  ASSERT_GT(watch.port(), 0) << watch.process().err();
  WsClient page(static_cast<std::uint16_t>(watch.port()));
  ASSERT_TRUE(page.send_text(R"({"type":"subscribe","stream":"street","as":"packets"})"));
  ASSERT_TRUE(page.send_text(R"({"type":"subscribe","stream":"yard","as":"picture"})"));
  std::jthread reader([&page](std::stop_token stop) {
    while (!stop.stop_requested() && page.receive()) {
    }
  });
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return sum_of(report, "detected") > 400; }))
      << watch.process().err();
  const Outcome outcome = watch.stop(SIGINT);
  EXPECT_EQ(outcome.exit_code, 130) << outcome.line();
  EXPECT_EQ(imbalance(watch.report()), "");
  for (const char* id : {"watch.receive", "watch.publish", "watch.scale", "watch.motion"}) {
    const Json path = hot_path(watch.report(), id);
    ASSERT_TRUE(path.is_object()) << id;
    const bool per_packet = std::string(id) == "watch.receive" || std::string(id) == "watch.publish";
    EXPECT_GE(path["passes"].get<std::uint64_t>(), sum_of(watch.report(), per_packet ? "received" : "detected")) << id;
    EXPECT_EQ(path["allocations"], 0) << path.dump();
    EXPECT_EQ(path["frees"], 0) << path.dump();
    EXPECT_EQ(path["violations"], 0) << path.dump();
  }
  // Fast means that nothing is dropped on the way to the look, whatever the page does; at the signal the decoder may
  // have frames in hand, which are then dropped as closed.
  std::uint64_t closed = 0;
  for (const auto& camera : watch.report()["cameras"]) {
    for (const auto& [reason, count] : camera["dropped_by_stage"]["look"].items()) {
      if (reason == "closed") {
        closed += count.get<std::uint64_t>();
      } else {
        EXPECT_EQ(count, 0) << reason;
      }
    }
  }
  EXPECT_EQ(sum_of(watch.report(), "detected") + closed, sum_of(watch.report(), "decoded"));
  // Of a decoder in a worker this process sees nothing.
  if (camera(watch.report(), "street")["pipeline"] == "decoupled") return;
  EXPECT_TRUE(hot_path(watch.report(), "watch.decode")["library"].get<bool>()) << "what libraries do is shown apart";
}

TEST(Watch, says_whether_it_lives_and_whether_it_is_ready) {
  WatchRun watch(std::string(two_scenes) + "[cameras.away]\nurl = \"rtsp://127.0.0.1:1/x\"\n", {});
  ASSERT_TRUE(watch.wait_until([](const Json& report) {
    return camera(report, "street")["decoded"] > 0 && camera(report, "yard")["decoded"] > 0 &&
           camera(report, "away")["restarts"] > 0;
  })) << watch.process().err();
  const auto port = static_cast<std::uint16_t>(watch.port());
  for (const char* path : {"/livez", "/readyz"}) {
    const auto answer = http(port, "GET", path);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 200) << path << ": " << answer->body;
  }
  const auto metrics = http(port, "GET", "/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_THAT(metrics->body, testing::HasSubstr("weir_camera_up{camera=\"away\"} 0"));
  EXPECT_THAT(metrics->body, testing::HasSubstr("weir_camera_up{camera=\"street\"} 1"));
  watch.stop(SIGTERM);
}

TEST(Watch, every_byte_of_a_running_watch_is_somebodys) {
  WatchRun watch(two_scenes, {});
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return sum_of(report, "decoded") > 30; }));
  const Json memory = watch.report()["memory"];
  if (memory["accounts"].empty() || memory["total_bytes"] == 0) GTEST_SKIP() << "this build keeps no accounts";
  std::uint64_t sum = 0;
  for (const auto& [owner, bytes] : memory["accounts"].items()) sum += bytes["resident_bytes"].get<std::uint64_t>();
  for (const char* part : {"file_backed_bytes", "stack_bytes", "allocator_bytes", "unaccounted_bytes"}) {
    ASSERT_GE(memory[part].get<std::int64_t>(), 0) << part;
    sum += memory[part].get<std::uint64_t>();
  }
  EXPECT_EQ(sum, memory["total_bytes"].get<std::uint64_t>());
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(memory["unaccounted_share"].get<double>(), 0.05);
  EXPECT_TRUE(memory["accounts"].contains("street"));
#endif
  watch.stop(SIGTERM);
}

// The dynamic loader's own half megabyte is no mystery either; a short run has little beside it.
TEST(Watch, every_byte_of_a_very_short_run_is_somebodys) {
  ScratchDir dir;
  make_clip(dir / "short.mp4", 5);
  const Outcome outcome = run({{program("weir-watch").value().string(), "--fast", "--no-server", "--report",
                                (dir / "report.json").string(), (dir / "short.mp4").string()}});
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  std::ifstream file(dir / "report.json");
  const Json memory = Json::parse(file)["memory"];
  if (memory["accounts"].empty() || memory["total_bytes"] == 0) GTEST_SKIP() << "this build keeps no accounts";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LE(memory["unaccounted_share"].get<double>(), 0.05) << memory.dump();
#endif
}

// Events are never dropped, so a disk that hangs stops the stages that have some. What must not follow: a camera whose
// source has ended takes the program down because its frames are still held, or the others stop receiving.
TEST(Watch, a_stalled_events_file_keeps_a_camera_that_ended_waiting_and_no_other) {
  ScratchDir dir;
  make_clip(dir / "short.mp4", 150);
  const std::string pipe = dir / "events";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_GT(::fcntl(reader, F_SETPIPE_SZ, 4096), 0);
  std::string settings = "[cameras.short]\nurl = \"" + (dir / "short.mp4").string() + "\"\n";
  // Enough of them to fill the pipe before the clip is over.
  for (int copy = 0; copy < 4; ++copy) {
    for (const char* scene : {"street", "yard", "harbour", "station"}) {
      settings += "[cameras." + (scene + std::to_string(copy)) + "]\nurl = \"demo:" + scene + "?size=320x180\"\n";
    }
  }
  WatchRun watch(settings, {"--events", pipe});
  ASSERT_TRUE(watch.wait_until([](const Json& report) {
    const Json ended = camera(report, "short");
    return ended["state"] == "stalled" && ended["reason"].get<std::string>().find("still held") != std::string::npos;
  })) << watch.process().err();
  const auto before = sum_of(watch.report(), "decoded");
  EXPECT_TRUE(watch.wait_until([&](const Json& report) { return sum_of(report, "decoded") > before + 50; }));
  ASSERT_EQ(::fcntl(reader, F_SETFL, 0), 0);
  std::jthread drain([reader] {
    std::array<char, 65536> lines;
    while (::read(reader, lines.data(), lines.size()) > 0) {
    }
  });
  EXPECT_TRUE(watch.wait_until([](const Json& report) { return camera(report, "short")["state"] == "ended"; }));
  EXPECT_EQ(watch.stop(SIGINT).exit_code, 130);
  EXPECT_EQ(imbalance(watch.report()), "");
  drain.join();
  ::close(reader);
}

}  // namespace
