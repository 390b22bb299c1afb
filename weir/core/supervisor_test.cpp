#include "weir/core/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <stdexcept>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;
using Kind = Outcome::Kind;

Outcome unreachable() { return {Kind::unreachable, {Code::unreachable, "refused", "cam", ""}}; }
Outcome crashed() { return {Kind::crashed, {Code::corrupt, "broke", "cam", ""}}; }

ChildReport only(const Supervisor& s) { return s.report().front(); }

// Moves virtual time in small steps until `done`; the watchdog is the test runner's.
template <class Done>
void run_until(VirtualClock& clock, Done done) {
  while (!done()) {
    clock.advance(50ms);
    std::this_thread::sleep_for(100us);
  }
}

TEST(RestartPolicy, UnreachableIsTriedForEverWithBackoffUpToThreeSeconds) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RestartPolicy policy(5, seed);
  Nanos longest{0};
  bool varied = false;
  Nanos last{0};
  for (int i = 0; i < 1000; ++i) {
    const auto d = policy.after(Kind::unreachable, Instant(i * 1s));
    ASSERT_TRUE(d.again);
    ASSERT_FALSE(d.parked);
    ASSERT_LE(d.after, 3s);
    if (i == 0) ASSERT_LE(d.after, 250ms);
    if (i > 10) {
      ASSERT_GE(d.after, 1500ms);
      varied = varied || d.after != last;
    }
    last = d.after;
    longest = std::max(longest, d.after);
  }
  EXPECT_GT(longest, 2600ms);
  EXPECT_TRUE(varied) << "without jitter all cameras come back in step";
  policy.worked();
  EXPECT_LE(policy.after(Kind::unreachable, Instant(1h)).after, 250ms);
}

TEST(RestartPolicy, FiveCrashesInAMinutePark) {
  RestartPolicy policy(5, 1);
  Instant now(0s);
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(policy.after(Kind::crashed, now).parked);
    now += 10s;
  }
  const auto fifth = policy.after(Kind::crashed, now);
  EXPECT_TRUE(fifth.parked);
  EXPECT_TRUE(fifth.again);
  EXPECT_EQ(fifth.after, 60s);
  EXPECT_FALSE(policy.after(Kind::crashed, now + 60s).parked) << "after the pause it counts anew";
}

TEST(RestartPolicy, CrashesFarApartNeverPark) {
  RestartPolicy policy(5, 1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(policy.after(Kind::crashed, Instant(i * 16s)).parked) << i;
}

TEST(Supervisor, AChildThatEndsIsEnded) {
  Supervisor supervisor({});
  supervisor.add("cam", [](Supervisor::Child& child) {
    child.up();
    return Outcome{};
  });
  supervisor.join();
  EXPECT_TRUE(supervisor.all_ended());
  EXPECT_FALSE(only(supervisor).error);
  EXPECT_EQ(only(supervisor).restarts, 0u);
}

TEST(Supervisor, AChildThatCannotWorkEndsWithItsErrorAndHarmsNoOther) {
  std::atomic<bool> other_ran{false};
  Supervisor supervisor({});
  supervisor.add("bad", [](Supervisor::Child&) {
    return Outcome{Kind::failed, {Code::not_found, "no such file: check the path", "bad", ""}};
  });
  supervisor.add("good", [&](Supervisor::Child& child) {
    child.up();
    other_ran = true;
    return Outcome{};
  });
  supervisor.join();
  EXPECT_TRUE(other_ran);
  ASSERT_TRUE(supervisor.report()[0].error);
  EXPECT_EQ(supervisor.report()[0].error->line(), "bad: no such file: check the path");
  EXPECT_THAT(supervisor.report()[0].reason, testing::HasSubstr("no such file"));
  EXPECT_FALSE(supervisor.report()[1].error);
}

TEST(Supervisor, AnUnreachableChildComesBackWithinFiveSecondsOfBeingReachable) {
  VirtualClock clock;
  std::atomic<bool> reachable{false};
  std::atomic<bool> came_back{false};
  std::atomic<std::int64_t> when{0};
  Supervisor supervisor({.clock = &clock, .seed = 7});
  supervisor.add("cam", [&](Supervisor::Child& child) {
    if (!reachable) return unreachable();
    child.up();
    when = clock.now().time_since_epoch().count();
    came_back = true;
    return Outcome{};
  });
  run_until(clock, [&] { return clock.now() > Instant(10min); });
  const Instant then = clock.now();
  reachable = true;
  run_until(clock, [&] { return came_back.load(); });
  supervisor.join();
  EXPECT_LE(Instant(Nanos(when)) - then, 5s);
  EXPECT_GT(only(supervisor).restarts, 100u);
  EXPECT_EQ(only(supervisor).causes.at("unreachable"), only(supervisor).restarts);
}

TEST(Supervisor, ACrashingChildIsParkedForAMinuteAndThenTriedAgain) {
  VirtualClock clock;
  std::atomic<int> runs{0};
  std::atomic<bool> parked{false};
  Supervisor supervisor({.clock = &clock, .max_restarts = 5, .seed = 3, .on_change = [&](const ChildReport& r) {
                           if (r.state == ChildState::parked) parked = true;
                         }});
  supervisor.add("cam", [&](Supervisor::Child& child) {
    child.up();
    ++runs;
    return runs <= 5 ? crashed() : Outcome{};
  });
  run_until(clock, [&] { return parked.load(); });
  EXPECT_EQ(runs, 5);
  const Instant from = clock.now();
  clock.advance(55s);
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(runs, 5) << "parked means left alone";
  run_until(clock, [&] { return supervisor.all_ended(); });
  EXPECT_EQ(runs, 6);
  EXPECT_GE(clock.now() - from, 55s);
  supervisor.join();
}

TEST(Supervisor, AnExceptionOfALibraryEndsAtItsChild) {
  std::atomic<int> runs{0};
  Supervisor supervisor({});
  supervisor.add("cam", [&](Supervisor::Child&) -> Outcome {
    if (++runs == 1) throw std::runtime_error("from a library");
    return {};
  });
  supervisor.join();
  EXPECT_EQ(only(supervisor).restarts, 1u);
}

TEST(Supervisor, StopInterruptsBackoffAndRun) {
  VirtualClock clock;  // never advances: only stopping can end this
  Supervisor supervisor({.clock = &clock});
  supervisor.add("waiting", [](Supervisor::Child&) { return unreachable(); });
  supervisor.add("running", [&](Supervisor::Child& child) {
    clock.sleep_until(never, child.stop());
    return unreachable();
  });
  while (supervisor.report()[0].restarts == 0) std::this_thread::yield();
  supervisor.stop();
  supervisor.join();
  EXPECT_TRUE(supervisor.all_ended());
  EXPECT_EQ(supervisor.report()[0].state, ChildState::connecting) << "what it was waiting for is still to be seen";
  EXPECT_THAT(supervisor.report()[0].reason, testing::HasSubstr("refused"));
  EXPECT_EQ(supervisor.report()[1].state, ChildState::ended);
  EXPECT_EQ(supervisor.report()[1].reason, "");
}

}  // namespace
}  // namespace weir
