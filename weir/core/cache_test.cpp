#include "weir/core/cache.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <random>
#include <semaphore>
#include <stdexcept>
#include <vector>

#include "weir/core/ledger.hpp"

namespace weir {
namespace {

using Words = Cache<std::string, std::string>;

CacheOptions bound(std::size_t max_bytes) {
  return {.id = "test/cache", .owner = "cache test", .max_bytes = max_bytes};
}

// A load that brings `text` and counts itself.
auto bring(std::string text, std::size_t bytes, int* loads = nullptr) {
  return [text = std::move(text), bytes, loads](const std::stop_token&) -> Result<Loaded<std::string>> {
    if (loads != nullptr) ++*loads;
    return Loaded<std::string>{text, bytes};
  };
}

auto no_load() {
  return [](const std::stop_token&) -> Result<Loaded<std::string>> {
    ADD_FAILURE() << "this was to be found";
    return Loaded<std::string>{};
  };
}

// Until as many ask as `asks`: every one of them is counted when it is bound to wait.
template <class Cache>
void await_waits(const Cache& cache, std::uint64_t asks) {
  while (cache.report().waits < asks) std::this_thread::yield();
}

// A load that says when it has begun, and ends when told to or, if it listens, when its token is asked.
struct HeldLoad {
  std::binary_semaphore begun{0}, go_on{0};
  std::atomic<bool> asked_to_stop{false};
  std::atomic<int> loads{0};
  bool listens = true;

  Result<Loaded<std::string>> operator()(const std::stop_token& stop) {
    const int load = ++loads;
    const std::stop_callback asked(stop, [this] {
      asked_to_stop = true;
      if (listens) go_on.release();
    });
    begun.release();
    go_on.acquire();
    if (listens && stop.stop_requested()) return fail(Code::cancelled, "the load was stopped");
    return Loaded<std::string>{"load " + std::to_string(load), 10};
  }
};

TEST(Cache, LoadsOnceAndThenFinds) {
  Words cache(bound(100));
  int loads = 0;
  const auto first = cache.get("a", bring("A", 10, &loads));
  ASSERT_TRUE(first);
  const auto again = cache.get("a", bring("other", 10, &loads));
  ASSERT_TRUE(again);
  EXPECT_EQ(**again, "A");
  EXPECT_EQ(first->get(), again->get()) << "the same value, not a copy";
  EXPECT_EQ(loads, 1);
  const CacheReport report = cache.report();
  EXPECT_EQ(report.hits, 1U);
  EXPECT_EQ(report.misses, 1U);
  EXPECT_EQ(report.kept_bytes, 10U);
  EXPECT_EQ(report.bytes, 10U);
}

TEST(Cache, LetsTheLeastRecentlyUsedGo) {
  Words cache(bound(30));
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(cache.get(key, bring(key, 10)));
  ASSERT_TRUE(cache.get("a", no_load()));
  ASSERT_TRUE(cache.get("d", bring("d", 10)));
  for (const char* key : {"a", "c", "d"}) EXPECT_TRUE(cache.get(key, no_load())) << key;
  int loads = 0;
  ASSERT_TRUE(cache.get("b", bring("b", 10, &loads)));
  EXPECT_EQ(loads, 1) << "b had not been used for longest";
  const CacheReport report = cache.report();
  EXPECT_EQ(report.evictions, 2U);
  EXPECT_EQ(report.bytes, 30U);
  EXPECT_EQ(report.peak_bytes, 40U) << "the new one is there before room is made for it";
}

TEST(Cache, WhatIsInUseCountsUntilItIsLetGo) {
  Words cache(bound(30));
  auto a = cache.get("a", bring("A", 10)), b = cache.get("b", bring("B", 10));
  ASSERT_TRUE(a && b);
  cache.clear();
  EXPECT_EQ(cache.report().kept_bytes, 0U);
  EXPECT_EQ(cache.report().bytes, 20U) << "two are still in use";
  ASSERT_TRUE(cache.get("c", bring("C", 10)));
  ASSERT_TRUE(cache.get("d", bring("D", 10)));
  EXPECT_EQ(cache.report().bytes, 30U) << "c had to go: a and b take their room";
  EXPECT_EQ(**a, "A");
  a->reset();
  b->reset();
  EXPECT_EQ(cache.report().bytes, 10U);
}

TEST(Cache, WhatIsInUseIsNotForgottenForIsInMemoryAnyway) {
  Words cache(bound(20));
  const auto oldest = cache.get("a", bring("A", 10));
  ASSERT_TRUE(oldest);
  ASSERT_TRUE(cache.get("b", bring("B", 10)));
  ASSERT_TRUE(cache.get("c", bring("C", 10)));
  EXPECT_TRUE(cache.get("a", no_load()));
  EXPECT_EQ(cache.report().kept_bytes, 20U);
}

TEST(Cache, AValueLargerThanTheBoundIsHandedOutAndNotKept) {
  Words cache(bound(20));
  {
    const auto large = cache.get("large", bring("L", 21));
    ASSERT_TRUE(large);
    EXPECT_EQ(**large, "L");
    EXPECT_EQ(cache.report().kept_bytes, 0U);
    EXPECT_EQ(cache.report().bytes, 21U);
  }
  EXPECT_EQ(cache.report().bytes, 0U);
  EXPECT_EQ(cache.report().peak_bytes, 21U);
}

TEST(Cache, AFailureIsNotKept) {
  Words cache(bound(20));
  const auto failed = cache.get(
      "a", [](const std::stop_token&) -> Result<Loaded<std::string>> { return fail(Code::unreachable, "not now"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unreachable);
  EXPECT_TRUE(cache.get("a", bring("A", 1)));
  EXPECT_EQ(cache.report().failures, 1U);
  EXPECT_EQ(cache.report().misses, 2U);
}

TEST(Cache, ALoadThatThrowsIsAFailure) {
  Words cache(bound(20));
  const auto failed = cache.get(
      "a", [](const std::stop_token&) -> Result<Loaded<std::string>> { throw std::runtime_error("no such luck"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().line(), "test/cache: a load threw an exception (no such luck)");
  EXPECT_TRUE(cache.get("a", bring("A", 1)));
}

TEST(Cache, WhoComesSecondWaitsForTheFirstsResult) {
  Words cache(bound(100));
  HeldLoad load;
  std::vector<std::jthread> askers;
  std::atomic<int> got{0};
  for (int i = 0; i < 4; ++i) {
    askers.emplace_back([&] {
      const auto value = cache.get("a", std::ref(load));
      if (value && **value == "load 1") ++got;
    });
  }
  load.begun.acquire();
  await_waits(cache, 3);
  load.go_on.release();
  askers.clear();
  EXPECT_EQ(got, 4);
  EXPECT_EQ(load.loads, 1);
  EXPECT_EQ(cache.report().misses, 1U);
}

TEST(Cache, AFailureReachesAllWaitersAndTheNextAskerTriesAgain) {
  Words cache(bound(100));
  std::binary_semaphore begun{0}, go_on{0};
  std::atomic<int> failed{0}, loads{0};
  const auto load = [&](const std::stop_token&) -> Result<Loaded<std::string>> {
    ++loads;
    begun.release();
    go_on.acquire();
    return fail(Code::corrupt, "broken");
  };
  std::vector<std::jthread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&] {
      const auto value = cache.get("a", load);
      if (!value && value.error().code == Code::corrupt) ++failed;
    });
  }
  begun.acquire();
  await_waits(cache, 2);
  go_on.release();
  askers.clear();
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(cache.report().failures, 1U);
  EXPECT_TRUE(cache.get("a", bring("A", 1)));
}

TEST(Cache, OneWhoHasStoppedBeforeAskingStartsNothing) {
  Words cache(bound(100));
  std::stop_source stop;
  stop.request_stop();
  const auto value = cache.get("a", no_load(), stop.get_token());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code, Code::cancelled);
}

TEST(Cache, AWaiterThatIsCancelledLeavesAtOnceAndNobodyElseDoes) {
  Words cache(bound(100));
  HeldLoad load;
  std::jthread first([&] { EXPECT_TRUE(cache.get("a", std::ref(load))); });
  load.begun.acquire();
  std::stop_source stop;
  {
    std::jthread second([&] {
      const auto value = cache.get("a", std::ref(load), stop.get_token());
      ASSERT_FALSE(value);
      EXPECT_EQ(value.error().code, Code::cancelled);
    });
    await_waits(cache, 1);
    stop.request_stop();
  }  // it has left while the load still runs
  EXPECT_FALSE(load.asked_to_stop);
  load.go_on.release();
}

TEST(Cache, TheLoadGoesOnForAWaiterWhenTheOneWhoLoadsIsCancelled) {
  Words cache(bound(100));
  HeldLoad load;
  std::stop_source stop;
  std::jthread first([&] {
    const auto value = cache.get("a", std::ref(load), stop.get_token());
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().code, Code::cancelled);
  });
  load.begun.acquire();
  std::jthread second([&] {
    const auto value = cache.get("a", no_load());
    ASSERT_TRUE(value);
    EXPECT_EQ(**value, "load 1");
  });
  await_waits(cache, 1);
  stop.request_stop();
  EXPECT_FALSE(load.asked_to_stop) << "somebody still waits";
  load.go_on.release();
  first.join();
  second.join();
  EXPECT_EQ(load.loads, 1);
}

// In both orders: the one who loads leaves last, or first.
TEST(Cache, WhenTheLastAskerHasGoneTheLoadIsAskedToStop) {
  for (const bool loader_first : {true, false}) {
    Words cache(bound(100));
    HeldLoad load;
    std::stop_source first_stop, second_stop;
    std::jthread first([&] { EXPECT_FALSE(cache.get("a", std::ref(load), first_stop.get_token())); });
    load.begun.acquire();
    std::jthread second([&] { EXPECT_FALSE(cache.get("a", no_load(), second_stop.get_token())); });
    await_waits(cache, 1);
    (loader_first ? first_stop : second_stop).request_stop();
    if (!loader_first) second.join();
    EXPECT_FALSE(load.asked_to_stop);
    (loader_first ? second_stop : first_stop).request_stop();
    first.join();  // the load listens: nothing else ends it
    EXPECT_TRUE(load.asked_to_stop);
    EXPECT_EQ(cache.report().failures, 0U) << "nobody waited any more: that is no failure";
  }
}

TEST(Cache, WhoComesWhileAGivenUpLoadEndsLoadsItself) {
  Words cache(bound(100));
  HeldLoad load;
  load.listens = false;
  std::stop_source stop;
  std::atomic<int> inside{0}, most{0};
  const auto stubborn = [&](const std::stop_token& token) -> Result<Loaded<std::string>> {
    most = std::max(most.load(), ++inside);
    auto loaded = load(token);
    --inside;
    if (token.stop_requested()) return fail(Code::cancelled, "at last");
    return loaded;
  };
  std::jthread first([&] { EXPECT_FALSE(cache.get("a", stubborn, stop.get_token())); });
  load.begun.acquire();
  stop.request_stop();
  std::jthread second([&] {
    const auto value = cache.get("a", stubborn);
    ASSERT_TRUE(value) << value.error().line();
    EXPECT_EQ(**value, "load 2");
  });
  await_waits(cache, 1);
  load.go_on.release();
  load.begun.acquire();
  load.go_on.release();
  first.join();
  second.join();
  EXPECT_EQ(most, 1) << "the same key was loaded twice at once";
}

TEST(Cache, WhatAGivenUpLoadBringsNeverthelessIsKept) {
  Words cache(bound(100));
  HeldLoad load;
  load.listens = false;
  std::stop_source stop;
  std::jthread first([&] { EXPECT_FALSE(cache.get("a", std::ref(load), stop.get_token())); });
  load.begun.acquire();
  stop.request_stop();
  load.go_on.release();
  first.join();
  EXPECT_TRUE(cache.get("a", no_load()));
}

TEST(Cache, ClearGivesAllBackAndWhatIsBeingLoadedIsNotKept) {
  Words cache(bound(100));
  ASSERT_TRUE(cache.get("a", bring("A", 10)));
  HeldLoad load;
  std::jthread asker([&] { EXPECT_TRUE(cache.get("b", std::ref(load))); });
  load.begun.acquire();
  cache.clear();
  EXPECT_EQ(cache.report().bytes, 0U);
  load.go_on.release();
  asker.join();
  EXPECT_EQ(cache.report().bytes, 0U);
  EXPECT_EQ(cache.report().evictions, 0U);
}

TEST(Cache, ALoadMayAskForAnotherKey) {
  Words cache(bound(100));
  const auto value = cache.get("outer", [&](const std::stop_token& stop) -> Result<Loaded<std::string>> {
    auto inner = cache.get("inner", bring("I", 10), stop);
    if (!inner) return tl::unexpected(inner.error());
    return Loaded<std::string>{"O" + **inner, 10};
  });
  ASSERT_TRUE(value);
  EXPECT_EQ(**value, "OI");
  EXPECT_TRUE(cache.get("inner", no_load()));
}

// A value that asks the cache when it is destroyed: under the lock it would wait for itself.
struct Asks {
  std::shared_ptr<std::atomic<int>> destroyed;
  Cache<int, Asks>* cache = nullptr;

  Asks(std::shared_ptr<std::atomic<int>> counter, Cache<int, Asks>* of) : destroyed(std::move(counter)), cache(of) {}
  Asks(Asks&&) noexcept = default;
  ~Asks() {
    if (destroyed == nullptr) return;
    ++*destroyed;
    (void)cache->report();
    (void)cache->get(-1, [](const std::stop_token&) -> Result<Loaded<Asks>> { return fail(Code::not_found, "none"); });
  }
};

TEST(Cache, ValuesAreDestroyedOutsideTheLock) {
  const auto destroyed = std::make_shared<std::atomic<int>>(0);
  Cache<int, Asks> cache(bound(20));
  for (int key = 0; key < 5; ++key) {
    ASSERT_TRUE(cache.get(key, [&](const std::stop_token&) -> Result<Loaded<Asks>> {
      return Loaded<Asks>{Asks(destroyed, &cache), 10};
    }));
  }
  EXPECT_EQ(*destroyed, 3);
  cache.clear();
  EXPECT_EQ(*destroyed, 5);
}

TEST(Cache, ValuesMayOutliveIt) {
  std::shared_ptr<const std::string> value;
  {
    Words cache(bound(20));
    value = *cache.get("a", bring("A", 10));
  }
  EXPECT_EQ(*value, "A");
}

TEST(Cache, IsInTheReportOfAll) {
  const auto count = [] {
    std::size_t found = 0;
    for (const CacheReport& report : Words::report_all()) found += report.id == "test/cache" ? 1 : 0;
    return found;
  };
  EXPECT_EQ(count(), 0U);
  {
    const Words cache(bound(20));
    EXPECT_EQ(count(), 1U);
  }
  EXPECT_EQ(count(), 0U);
}

#ifndef WEIR_SANITIZED
TEST(Cache, WhatALoadAllocatesIsTheOwners) {
  constexpr std::size_t bytes = std::size_t{8} << 20;
  Cache<int, std::vector<char>> cache({.id = "test/owned", .owner = "cache owner test", .max_bytes = 2 * bytes});
  ASSERT_TRUE(cache.get(1, [](const std::stop_token&) -> Result<Loaded<std::vector<char>>> {
    return Loaded<std::vector<char>>{std::vector<char>(bytes, 'x'), bytes};
  }));
  Ledger ledger;
  EXPECT_GE(ledger.sample(0).accounts["cache owner test"].live, bytes);
  cache.clear();
  EXPECT_LT(ledger.sample(1).accounts["cache owner test"].live, bytes / 8);
}
#endif

TEST(CacheDeathTest, ALoadThatAsksForItsOwnKeyEndsTheProgram) {
  EXPECT_DEATH(
      {
        Words cache(bound(20));
        (void)cache.get("a", [&](const std::stop_token&) -> Result<Loaded<std::string>> {
          (void)cache.get("a", bring("A", 1));
          return Loaded<std::string>{};
        });
      },
      "the key that it loads");
}

// All at once: hits, loads, failures, cancellations, evictions and clear().
TEST(CacheStress, EveryAnswerIsTheKeysOwnAndTheBoundHolds) {
  constexpr int threads = 4, rounds = 4000, keys = 24;
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Cache<int, std::vector<int>> cache(bound(600));
  std::array<std::atomic<int>, keys> loading{};
  std::atomic<std::uint64_t> asked{0}, wrong{0}, twice{0};
  std::latch start(threads);
  std::vector<std::jthread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      std::mt19937 random(seed + static_cast<unsigned>(t));
      std::vector<std::shared_ptr<const std::vector<int>>> used(3);
      start.arrive_and_wait();
      for (int i = 0; i < rounds; ++i) {
        const int key = static_cast<int>(random() % keys);
        const unsigned fate = random() % 16;
        std::stop_source stop;
        std::jthread stopper;
        if (fate == 0) stopper = std::jthread([&stop] { stop.request_stop(); });
        const auto load = [&](const std::stop_token& token) -> Result<Loaded<std::vector<int>>> {
          if (++loading[static_cast<std::size_t>(key)] != 1) ++twice;
          for (unsigned turn = fate; turn > 0 && !token.stop_requested(); --turn) std::this_thread::yield();
          --loading[static_cast<std::size_t>(key)];
          if (fate == 1) return fail(Code::failed, "planted");
          if (token.stop_requested()) return fail(Code::cancelled, "stopped");
          return Loaded<std::vector<int>>{std::vector<int>(static_cast<std::size_t>(key) + 1, key), 50};
        };
        const auto value = cache.get(key, load, stop.get_token());
        ++asked;
        if (value) {
          if ((*value)->size() != static_cast<std::size_t>(key) + 1 || (*value)->front() != key) ++wrong;
          used[random() % used.size()] = *value;
        } else if (value.error().code == Code::cancelled ? !stop.stop_requested()
                                                         : value.error().code != Code::failed) {
          ++wrong;
        }
        if (cache.report().kept_bytes > 600) ++wrong;
        if (random() % 512 == 0) cache.clear();
      }
    });
  }
  all.clear();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(twice, 0U) << "a key was loaded twice at once";
  EXPECT_EQ(asked, static_cast<std::uint64_t>(threads) * rounds);
  EXPECT_EQ(cache.report().bytes, cache.report().kept_bytes) << "nothing is in use any more";
  cache.clear();
  EXPECT_EQ(cache.report().bytes, 0U);
}

}  // namespace
}  // namespace weir
