#include "weir/core/exclusive.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct Engine {
  int work = 0;  // not atomic: entered twice at once, the sanitizer and the sum would tell
};

TEST(ExclusiveStress, NeverTwoInside) {
  constexpr int threads = 4, rounds = 10000;
  Exclusive<Engine> engine("engine");
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) ++engine.enter()->work;
    });
  }
  for (auto& t : all) t.join();
  EXPECT_EQ(engine.enter()->work, threads * rounds);
  EXPECT_EQ(engine.report().entries, static_cast<std::uint64_t>(threads * rounds + 1));
  EXPECT_EQ(engine.report().max_inside, 1u);
}

TEST(Exclusive, IsLeftOnEveryWayOut) {
  Exclusive<Engine> engine("engine");
  EXPECT_THROW(
      {
        auto pass = engine.enter();
        throw std::runtime_error("out");
      },
      std::runtime_error);
  EXPECT_TRUE(engine.try_enter());
  EXPECT_FALSE(Gate::inside_any());
}

TEST(Exclusive, TryEnterComesAwayEmptyAndIsCounted) {
  Exclusive<Engine> engine("engine");
  auto pass = engine.enter();
  std::thread([&] { EXPECT_FALSE(engine.try_enter()); }).join();
  EXPECT_EQ(engine.report().skips, 1u);
}

TEST(Exclusive, FirstComeFirstServed) {
  constexpr int count = 8;
  Gate gate("gate");
  std::vector<int> order;
  std::vector<std::thread> all;
  gate.enter();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t before = static_cast<std::uint64_t>(i);
    all.emplace_back([&, i] {
      gate.enter();
      order.push_back(i);
      gate.leave();
    });
    // The next one comes only when this one is in the queue.
    while (gate.queued() != before + 1) std::this_thread::yield();
  }
  gate.leave();
  for (auto& t : all) t.join();
  for (int i = 0; i < count; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(gate.report().waits, static_cast<std::uint64_t>(count));
}

TEST(Exclusive, AWaiterCannotBeOvertakenByWhoComesLater) {
  Gate gate("gate");
  gate.enter();
  std::atomic<bool> served{false};
  std::thread waiter([&] {
    gate.enter();
    served = true;
    gate.leave();
  });
  while (gate.queued() != 1) std::this_thread::yield();
  gate.leave();
  gate.enter();  // direct hand-over: whoever waited has been inside before us
  EXPECT_TRUE(served);
  gate.leave();
  waiter.join();
}

TEST(Exclusive, EnterUntilGivesUpAtTheDeadlineAndLeavesTheQueueWhole) {
  VirtualClock clock;
  Exclusive<Engine> engine("engine", clock);
  std::optional<Exclusive<Engine>::Pass> pass = engine.enter();
  std::thread late([&] { EXPECT_FALSE(engine.enter_until(Instant(1s))); });
  std::thread patient([&] { EXPECT_TRUE(engine.enter_until(never)); });
  while (engine.gate().queued() != 2) std::this_thread::yield();
  clock.advance(2s);
  late.join();
  pass.reset();
  patient.join();
  EXPECT_EQ(engine.report().skips, 1u);
  EXPECT_EQ(engine.report().entries, 2u);
}

TEST(Exclusive, EnterUntilGivesUpAtTheStopAndLeavesTheQueueWhole) {
  Exclusive<Engine> engine("engine");
  std::optional<Exclusive<Engine>::Pass> pass = engine.enter();
  std::stop_source stop;
  std::thread stopped([&] { EXPECT_FALSE(engine.enter_until(never, stop.get_token())); });
  while (engine.gate().queued() != 1) std::this_thread::yield();
  std::thread patient([&] { EXPECT_TRUE(engine.enter_until(never)); });
  while (engine.gate().queued() != 2) std::this_thread::yield();
  stop.request_stop();
  stopped.join();
  pass.reset();
  patient.join();
  EXPECT_EQ(engine.report().skips, 1u);
}

TEST(ExclusiveDeathTest, EnteringTwiceFromOneThreadEndsTheProgram) {
  EXPECT_DEATH(
      {
        Exclusive<Engine> engine("engine");
        auto first = engine.enter();
        auto second = engine.enter();
      },
      "inside of");
}

TEST(ExclusiveDeathTest, AnEngineIsNotDestroyedWhileSomebodyIsInside) {
  EXPECT_DEATH(
      {
        Gate gate("gate");
        gate.enter();
      },
      "destroyed while somebody is inside");
}

TEST(ExclusiveStress, TimedOutWaitersAndGrantsDoNotLoseTheGate) {
  Gate gate("gate");
  std::atomic<int> inside{0}, entered{0};
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        const auto deadline = Clock::real().now() + std::chrono::microseconds((i * 7 + t) % 40);
        if (!gate.enter_until(deadline)) continue;
        EXPECT_EQ(++inside, 1);
        ++entered;
        --inside;
        gate.leave();
      }
    });
  }
  for (auto& t : all) t.join();
  EXPECT_TRUE(gate.try_enter());
  gate.leave();
  EXPECT_EQ(gate.report().entries, static_cast<std::uint64_t>(entered) + 1);
  EXPECT_EQ(gate.report().entries + gate.report().skips, 4u * 3000u + 1u);
}

}  // namespace
}  // namespace weir
