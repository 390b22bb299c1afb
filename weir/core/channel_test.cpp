#include "weir/core/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <numeric>
#include <thread>
#include <vector>

#include "weir/core/exclusive.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::uint64_t dropped(const ChannelReport& r, Drop reason) { return r.dropped[static_cast<std::size_t>(reason)]; }

void expect_balanced(const ChannelReport& r) {
  EXPECT_EQ(r.offered, r.taken + r.waiting + std::accumulate(r.dropped.begin(), r.dropped.end(), std::uint64_t{0}));
}

TEST(Channel, KeepsOrderAndHoldsExactlyItsCapacity) {
  for (const std::size_t capacity : {1u, 2u, 3u, 5u, 8u}) {
    auto channel = Channel<int>::bounded("c", capacity, Overflow::drop_newest);
    int offered = 0;
    for (int lap = 0; lap < 10; ++lap) {
      int first = offered;
      for (std::size_t i = 0; i < capacity; ++i) EXPECT_EQ(channel->offer(offered++), Offer::accepted);
      EXPECT_EQ(channel->offer(-1), Offer::full);
      EXPECT_EQ(channel->waiting(), capacity);
      for (std::size_t i = 0; i < capacity; ++i) EXPECT_EQ(channel->try_take(), first++);
      EXPECT_FALSE(channel->try_take());
    }
    const ChannelReport r = channel->report();
    EXPECT_EQ(dropped(r, Drop::full), 10u);
    EXPECT_EQ(r.taken, 10 * capacity);
    expect_balanced(r);
  }
}

TEST(Channel, LatestHasOnePlaceAndTheNewestWins) {
  auto channel = Channel<int>::latest("c");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(channel->offer(int{i}), Offer::accepted);
  EXPECT_EQ(channel->waiting(), 1u);
  EXPECT_EQ(channel->try_take(), 4);
  const ChannelReport r = channel->report();
  EXPECT_EQ(r.capacity, 1u);
  EXPECT_EQ(r.overflow, "latest");
  EXPECT_EQ(dropped(r, Drop::busy), 4u);
  expect_balanced(r);
}

TEST(Channel, DropOldestLetsTheOldestGo) {
  auto channel = Channel<int>::bounded("c", 3, Overflow::drop_oldest);
  for (int i = 0; i < 5; ++i) channel->offer(int{i});
  EXPECT_EQ(channel->try_take(), 2);
  EXPECT_EQ(channel->try_take(), 3);
  EXPECT_EQ(channel->try_take(), 4);
  EXPECT_EQ(dropped(channel->report(), Drop::full), 2u);
}

TEST(Channel, AnItemThatIsNotAcceptedStaysTheCallers) {
  auto channel = Channel<std::unique_ptr<int>>::bounded("c", 1, Overflow::drop_newest);
  channel->offer(std::make_unique<int>(1));
  auto second = std::make_unique<int>(2);
  EXPECT_EQ(channel->offer(std::move(second)), Offer::full);
  ASSERT_NE(second, nullptr);
  channel->close();
  EXPECT_EQ(channel->offer(std::move(second)), Offer::closed);
  EXPECT_NE(second, nullptr);
}

TEST(Channel, ClosedUpstreamTheConsumerDrainsAndThenSeesTheEnd) {
  auto channel = Channel<int>::bounded("c", 4, Overflow::wait);
  channel->offer(1);
  channel->offer(2);
  channel->close();
  EXPECT_FALSE(channel->ended());
  EXPECT_EQ(channel->take(), 1);
  EXPECT_EQ(channel->take(), 2);
  EXPECT_FALSE(channel->take());
  EXPECT_TRUE(channel->ended());
  EXPECT_EQ(channel->offer(3), Offer::closed);
  const ChannelReport r = channel->report();
  EXPECT_EQ(dropped(r, Drop::closed), 1u);
  expect_balanced(r);
}

TEST(Channel, ClosedDownstreamAWaitingProducerGetsItsItemBack) {
  auto channel = Channel<std::unique_ptr<int>>::bounded("c", 1, Overflow::wait);
  channel->offer(std::make_unique<int>(1));
  std::latch waiting(1);
  std::thread producer([&] {
    auto item = std::make_unique<int>(2);
    waiting.count_down();
    EXPECT_EQ(channel->offer(std::move(item)), Offer::closed);
    EXPECT_NE(item, nullptr);
  });
  waiting.wait();
  channel->close();
  producer.join();
  channel->discard();
  const ChannelReport r = channel->report();
  EXPECT_EQ(dropped(r, Drop::closed), 2u);
  expect_balanced(r);
}

TEST(Channel, WaitingEndsAtTheStopTokenAndAtTheVirtualDeadline) {
  VirtualClock clock;
  auto channel = Channel<int>::bounded("c", 1, Overflow::wait, clock);
  std::jthread stopped([&](std::stop_token stop) { EXPECT_FALSE(channel->take(stop)); });
  stopped.request_stop();
  stopped.join();

  std::thread late([&] { EXPECT_FALSE(channel->take({}, Instant(1h))); });
  clock.advance(1h);
  late.join();

  channel->offer(1);
  std::thread full([&] { EXPECT_EQ(channel->offer(2, {}, Instant(2h)), Offer::stopped); });
  clock.advance(1h);
  full.join();
  expect_balanced(channel->report());
}

TEST(Channel, AWaitingConsumerIsWokenByAnItem) {
  auto channel = Channel<int>::bounded("c", 1, Overflow::wait);
  std::thread consumer([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(channel->take(), i);
  });
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(channel->offer(int{i}), Offer::accepted);
  consumer.join();
}

TEST(ChannelDeathTest, WaitingWhileHoldingExclusiveAccessEndsTheProgram) {
  EXPECT_DEATH(
      {
        auto channel = Channel<int>::bounded("c", 1, Overflow::wait);
        Exclusive<int> engine("engine");
        auto pass = engine.enter();
        (void)channel->take();
      },
      "holds exclusive access");
}

TEST(Channel, FramesThatAStageLetsGoAreCountedWhereTheyWouldHaveGone) {
  auto channel = Channel<int>::latest("c");
  channel->count_drop(Drop::idle);
  const ChannelReport r = channel->report();
  EXPECT_EQ(r.offered, 1u);
  EXPECT_EQ(dropped(r, Drop::idle), 1u);
  expect_balanced(r);
}

TEST(Channel, ReportNamesEveryLiveChannel) {
  auto b = Channel<int>::latest("b");
  auto a = Channel<int>::latest("a");
  const auto all = ChannelBase::report_all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, "a");
  EXPECT_EQ(all[1].id, "b");
}

struct Counted {
  explicit Counted(int v) : value(v) { ++alive; }
  Counted(Counted&& o) noexcept : value(o.value) { ++alive; }
  Counted& operator=(Counted&& o) noexcept = default;
  ~Counted() { --alive; }
  int value;
  static inline std::atomic<int> alive{0};
};

// Producers and consumers on every policy; nothing is lost, doubled or torn, and the counters add up.
TEST(ChannelStress, EveryItemIsTakenOrCountedOnce) {
  for (const Overflow overflow : {Overflow::wait, Overflow::drop_oldest, Overflow::drop_newest}) {
    for (const std::size_t capacity : {1u, 3u, 16u}) {
      constexpr int producers = 2, consumers = 2, each = 5000;
      std::vector<std::atomic<int>> seen(producers * each);
      {
        auto channel = Channel<Counted>::bounded("c", capacity, overflow);
        std::vector<std::thread> all;
        for (int p = 0; p < producers; ++p) {
          all.emplace_back([&, p] {
            for (int i = 0; i < each; ++i) channel->offer(Counted(p * each + i));
          });
        }
        std::atomic<std::uint64_t> taken{0};
        std::vector<std::thread> takers;
        for (int c = 0; c < consumers; ++c) {
          takers.emplace_back([&] {
            std::vector<int> last(producers, -1);
            while (auto item = channel->take()) {
              ++taken;
              ++seen[static_cast<std::size_t>(item->value)];
              const auto producer = static_cast<std::size_t>(item->value / each);
              EXPECT_LT(last[producer], item->value) << "one consumer sees one producer's items in order";
              last[producer] = item->value;
              EXPECT_LE(channel->waiting(), capacity);
            }
          });
        }
        for (auto& t : all) t.join();
        channel->close();
        for (auto& t : takers) t.join();
        const ChannelReport r = channel->report();
        EXPECT_EQ(r.offered, static_cast<std::uint64_t>(producers * each));
        EXPECT_EQ(r.taken, taken);
        expect_balanced(r);
        if (overflow == Overflow::wait) {
          EXPECT_EQ(taken, static_cast<std::uint64_t>(producers * each));
        }
      }
      for (const auto& count : seen) EXPECT_LE(count, 1);
      EXPECT_EQ(Counted::alive, 0);
    }
  }
}

}  // namespace
}  // namespace weir
