// What `weir watch` promises about a run as a whole, read from its report: hot paths, memory, shapes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <numeric>
#include <thread>

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
  // Fast means that nothing is dropped on the way to the look, whatever the page does.
  EXPECT_EQ(sum_of(watch.report(), "detected"), sum_of(watch.report(), "decoded"));
  EXPECT_TRUE(hot_path(watch.report(), "watch.decode")["library"].get<bool>()) << "what libraries do is shown apart";
}

TEST(Watch, says_whether_it_lives_and_whether_it_is_ready) {
  WatchRun watch(std::string(two_scenes) + "[cameras.away]\nurl = \"rtsp://127.0.0.1:1/x\"\n", {});
  ASSERT_TRUE(watch.wait_until([](const Json& report) {
    return sum_of(report, "decoded") > 5 && camera(report, "away")["restarts"] > 0;
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

}  // namespace
