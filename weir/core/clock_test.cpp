#include "weir/core/clock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(VirtualClock, MovesOnlyWhenToldTo) {
  VirtualClock clock;
  const Instant start = clock.now();
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(clock.now(), start);
  clock.advance(3h);
  EXPECT_EQ(clock.now() - start, 3h);
}

TEST(VirtualClock, ASleepEndsWhenItsTimeHasComeAndNotBefore) {
  VirtualClock clock;
  std::atomic<bool> woke{false};
  std::thread sleeper([&] {
    EXPECT_TRUE(clock.sleep_until(Instant(1h)));
    woke = true;
  });
  clock.advance(59min);
  std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(woke);
  clock.advance(1min);
  sleeper.join();
  EXPECT_TRUE(woke);
}

TEST(Clock, ASleepEndsWhenItIsStopped) {
  VirtualClock virtual_clock;
  for (Clock* clock : {&Clock::real(), static_cast<Clock*>(&virtual_clock)}) {
    std::jthread sleeper([&](std::stop_token stop) { EXPECT_FALSE(clock->sleep_until(never, stop)); });
    sleeper.request_stop();
  }
}

TEST(Clock, AWaitEndsWhenTheWordChangesOrAtTheDeadline) {
  Clock& clock = Clock::real();
  std::atomic<std::uint32_t> word{0};
  std::thread waiter([&] {
    while (word.load() == 0) clock.wait(word, 0, never);
  });
  word.store(1);
  Clock::wake_all(word);
  waiter.join();
  const Instant deadline = clock.now() + 2ms;
  while (clock.now() < deadline) clock.wait(word, 1, deadline);
  clock.wait(word, 7, never);  // does not hold 7: returns at once
}

}  // namespace
}  // namespace weir
