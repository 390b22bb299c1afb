// Minutes of real time: `./dev soak`. What they show is proven in seconds on the virtual clock by the tests of the
// core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "tests/support/watch_run.hpp"

namespace {

using namespace weir::test;
using namespace std::chrono_literals;

// 1 kB a frame at 15 frames a second.
TEST(Soak, a_planted_leak_is_called_growing_with_its_owner_within_a_minute_of_frames) {
  WatchRun watch("[cameras.street]\nurl = \"demo:street\"\n[cameras.yard]\nurl = \"demo:yard\"\n",
                 {"--set", "detect.fps=0"}, {{"TEST_PLANT_LEAK", "street:1000"}});
  ASSERT_TRUE(watch.wait_until([](const Json& report) { return report["memory"]["verdict"] == "growing"; }, 120s))
      << watch.report()["memory"].dump();
  EXPECT_LE(camera(watch.report(), "street")["decoded"].get<int>(), 60 * 15 + 15);
  const Json growing = watch.report()["memory"]["growing"];
  ASSERT_EQ(growing.size(), 1U) << growing.dump();
  EXPECT_EQ(growing[0]["owner"], "street");
  // 1000 bytes are 1024 to the allocator.
  EXPECT_NEAR(growing[0]["bytes_per_hour"].get<double>(), 1024.0 * 15 * 3600, 0.25 * 1024.0 * 15 * 3600);
  watch.stop(SIGINT);
}

TEST(Soak, four_cameras_stay_level) {
  WatchRun watch(
      "[cameras.street]\nurl = \"demo:street\"\n[cameras.yard]\nurl = \"demo:yard\"\n"
      "[cameras.harbour]\nurl = \"demo:harbour\"\n[cameras.station]\nurl = \"demo:station\"\n",
      {"--for", "120s"});
  std::uint64_t early = 0;
  ASSERT_TRUE(watch.wait_until(
      [&](const Json& report) {
        if (early == 0 && report["seconds"] > 30) early = report["memory"]["total_bytes"];
        EXPECT_NE(report["memory"]["verdict"], "growing") << report["memory"].dump();
        return report["seconds"] > 110;
      },
      150s));
  EXPECT_EQ(watch.report()["memory"]["verdict"], "level") << watch.report()["memory"].dump();
  EXPECT_LE(watch.report()["memory"]["total_bytes"].get<double>(), 1.1 * static_cast<double>(early));
  const Outcome outcome = watch.process().wait();
  EXPECT_TRUE(outcome.ok()) << outcome.line();
}

}  // namespace
