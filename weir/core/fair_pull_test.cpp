#include "weir/core/fair_pull.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;

struct Shot {
  Instant taken;
};

// What cameras and one engine do, in virtual time: frames come at their rates, the engine takes its time.
struct Simulation {
  explicit Simulation(std::vector<Nanos> rates) : intervals(std::move(rates)) {
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      channels.push_back(Channel<Shot>::latest("c" + std::to_string(i), clock));
      pull.add(*channels.back());
      // Out of step with each other.
      due.push_back(Instant{} + intervals[i] * static_cast<int>(i % 7) / 7);
      newest.emplace_back();
      worst.emplace_back(0);
      results.emplace_back(0);
    }
  }

  void pass(Nanos by) {
    const Instant end = clock.now() + by;
    for (;;) {
      const auto next = std::min_element(due.begin(), due.end());
      if (*next > end) break;
      clock.advance(*next - clock.now());
      const auto client = static_cast<std::size_t>(next - due.begin());
      pull.offer(client, Shot{*next});
      *next += intervals[client];
    }
    clock.advance(end - clock.now());
  }

  // One service after the other for so long.
  void run(Nanos service, Nanos length) {
    const Instant end = clock.now() + length;
    while (clock.now() < end) {
      pass(1ns);
      auto pulled = waiting() ? pull.pull() : std::nullopt;
      if (!pulled) {
        pass(1ms);
        continue;
      }
      pass(service);
      // How old the former result had become.
      if (auto& former = newest[pulled->client]) {
        worst[pulled->client] = std::max(worst[pulled->client], clock.now() - *former);
      }
      newest[pulled->client] = pulled->item.taken;
      ++results[pulled->client];
      pull.answered(pulled->client);
    }
  }
  bool waiting() const {
    return std::any_of(channels.begin(), channels.end(), [](const auto& c) { return c->waiting() > 0; });
  }

  VirtualClock clock;
  std::vector<Nanos> intervals;
  std::vector<std::unique_ptr<Channel<Shot>>> channels;
  FairPull<Shot> pull{clock};
  std::vector<Instant> due;
  std::vector<std::optional<Instant>> newest;
  std::vector<Nanos> worst;
  std::vector<std::uint64_t> results;
};

TEST(FairPull, OfSixteenCamerasAtMixedRatesNoResultIsOlderThanItsBound) {
  std::vector<Nanos> intervals;
  for (const int fps : {30, 25, 15, 5, 30, 10, 1, 25, 15, 30, 2, 5, 60, 30, 12, 20})
    intervals.push_back(Nanos(1s) / fps);
  constexpr Nanos service = 200ms;
  Simulation simulation(intervals);
  simulation.run(service, 10min);
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    EXPECT_LE(simulation.worst[i], FairPull<Shot>::oldest(intervals.size(), service, intervals[i])) << "camera " << i;
    // Nobody starves, nobody is preferred: ten minutes hold 3000 services.
    EXPECT_GE(simulation.results[i], 3000u / 16 - 2) << "camera " << i;
    const ChannelReport report = simulation.channels[i]->report();
    EXPECT_EQ(report.offered, report.taken + report.waiting + report.dropped[static_cast<std::size_t>(Drop::busy)]);
  }
}

TEST(FairPull, AnEngineWithTimeToSpareServesEveryItem) {
  Simulation simulation({100ms, 100ms, 250ms});
  simulation.run(10ms, 10s);
  EXPECT_NEAR(static_cast<double>(simulation.results[0]), 100, 1);
  EXPECT_NEAR(static_cast<double>(simulation.results[1]), 100, 1);
  EXPECT_NEAR(static_cast<double>(simulation.results[2]), 40, 1);
  EXPECT_EQ(simulation.channels[0]->report().dropped[static_cast<std::size_t>(Drop::busy)], 0u);
}

TEST(FairPull, OneWhoWasAwayComesFirstAndOnlyOnce) {
  VirtualClock clock;
  FairPull<int> pull(clock);
  auto a = Channel<int>::latest("a", clock), b = Channel<int>::latest("b", clock), c = Channel<int>::latest("c", clock);
  pull.add(*a), pull.add(*b), pull.add(*c);
  const auto next = [&] {
    const auto pulled = pull.pull();
    pull.answered(pulled->client);
    return pulled->client;
  };
  for (int i = 0; i < 5; ++i) {
    pull.offer(0, 0);
    EXPECT_EQ(next(), 0u);
  }
  pull.offer(0, 0), pull.offer(2, 0);
  EXPECT_EQ(next(), 2u);
  EXPECT_EQ(next(), 0u);
  pull.offer(2, 0), pull.offer(0, 0), pull.offer(1, 0);
  EXPECT_EQ(next(), 1u);
  EXPECT_EQ(next(), 2u);
  EXPECT_EQ(next(), 0u);
}

TEST(FairPull, WaitsForAnItemFromAnyClientAndEndsWithTheLast) {
  FairPull<int> pull;
  auto a = Channel<int>::latest("a"), b = Channel<int>::latest("b");
  pull.add(*a), pull.add(*b);
  std::vector<int> got;
  std::thread engine([&] {
    while (auto pulled = pull.pull()) {
      got.push_back(pulled->item);
      pull.answered(pulled->client);
    }
  });
  pull.offer(1, 7);
  while (b->waiting() > 0) std::this_thread::yield();
  pull.offer(0, 8);
  pull.close(0);
  pull.close(1);
  engine.join();
  EXPECT_EQ(got, (std::vector{7, 8}));
}

TEST(FairPull, AStopEndsTheWait) {
  FairPull<int> pull;
  auto a = Channel<int>::latest("a");
  pull.add(*a);
  std::stop_source stop;
  std::thread engine([&] { EXPECT_FALSE(pull.pull(stop.get_token())); });
  stop.request_stop();
  engine.join();
}

// Under TSan: nothing is lost between many producers that wait and one engine.
TEST(FairPull, NothingIsLostWhereProducersWait) {
  FairPull<int> pull;
  std::vector<std::unique_ptr<Channel<int>>> channels;
  for (int i = 0; i < 4; ++i) {
    channels.push_back(Channel<int>::bounded("p" + std::to_string(i), 1, Overflow::wait));
    pull.add(*channels.back());
  }
  constexpr int each = 2000;
  std::vector<std::thread> producers;
  for (std::size_t p = 0; p < channels.size(); ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) pull.offer(p, int{i});
      pull.close(p);
    });
  }
  std::vector<int> next(channels.size(), 0);
  while (auto pulled = pull.pull()) {
    EXPECT_EQ(pulled->item, next[pulled->client]++);
    pull.answered(pulled->client);
  }
  for (auto& producer : producers) producer.join();
  EXPECT_EQ(next, (std::vector<int>(channels.size(), each)));
}

}  // namespace
}  // namespace weir
