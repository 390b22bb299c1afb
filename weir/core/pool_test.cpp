#include "weir/core/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <latch>
#include <random>
#include <set>
#include <thread>

#include "weir/core/regions.hpp"

namespace weir {
namespace {

std::unique_ptr<Pool> make(std::size_t capacity, std::size_t slot_bytes = 256, std::string id = "test/pool") {
  auto pool = Pool::make({std::move(id), "test", slot_bytes, capacity});
  EXPECT_TRUE(pool.has_value()) << (pool ? "" : pool.error().line());
  return std::move(*pool);
}

TEST(Pool, GivesEverySlotOnceAndThenNone) {
  for (const std::size_t capacity : {1u, 2u, 63u, 64u, 65u, 130u}) {
    auto pool = make(capacity);
    std::vector<Lease> held;
    std::set<std::byte*> places;
    for (std::size_t i = 0; i < capacity; ++i) {
      held.push_back(pool->try_acquire(Role::decoder));
      ASSERT_TRUE(held.back()) << i << " of " << capacity;
      EXPECT_EQ(held.back().bytes().size(), 256u);
      std::memset(held.back().bytes().data(), static_cast<int>(i), 256);
      places.insert(held.back().bytes().data());
    }
    EXPECT_EQ(places.size(), capacity);
    EXPECT_FALSE(pool->try_acquire(Role::decoder));
    EXPECT_EQ(pool->outstanding(), capacity);
    EXPECT_EQ(pool->report().refused, 1u);
    held.clear();
    EXPECT_EQ(pool->outstanding(), 0u);
    EXPECT_TRUE(pool->try_acquire(Role::decoder));
  }
}

TEST(Pool, RefusesShapesThatCannotBe) {
  EXPECT_FALSE(Pool::make({"p", "o", 16, 0}));
  EXPECT_FALSE(Pool::make({"p", "o", 16, 4097}));
  EXPECT_FALSE(Pool::make({"p", "o", 16, 4, 48}));
  EXPECT_FALSE(Pool::make({"p", "o", std::size_t{1} << 50, 64}));
  EXPECT_THAT(Pool::make({"front/frames", "o", 16, 0}).error().line(), testing::HasSubstr("front/frames"));
}

TEST(Pool, SlotsAreAlignedAndDoNotOverlap) {
  auto pool = make(7, 100);
  std::vector<Lease> held;
  for (int i = 0; i < 7; ++i) held.push_back(pool->try_acquire(Role::engine));
  for (const Lease& a : held) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.bytes().data()) % 64, 0u);
    for (const Lease& b : held) {
      if (&a != &b) {
        EXPECT_GE(std::abs(a.bytes().data() - b.bytes().data()), 100);
      }
    }
  }
}

TEST(Pool, ASlotIsFreeWhenTheLastLeaseOnItGoes) {
  auto pool = make(1);
  Lease first = pool->try_acquire(Role::decoder);
  Lease second = first.share(Role::engine);
  Lease third = second.share(Role::engine);
  first.release();
  second.release();
  EXPECT_EQ(pool->outstanding(), 1u);
  EXPECT_FALSE(pool->try_acquire(Role::decoder));
  third.release();
  third.release();  // releasing an empty lease does nothing
  EXPECT_EQ(pool->outstanding(), 0u);
  const PoolReport r = pool->report();
  EXPECT_EQ(r.acquired, 3u);
  EXPECT_EQ(r.released, 3u);
}

TEST(Pool, SaysWhoHoldsWhat) {
  auto pool = make(4);
  Lease a = pool->try_acquire(Role::decoder);
  Lease b = a.share(Role::engine);
  Lease c = pool->try_acquire(Role::decoder);
  EXPECT_EQ(pool->holders(), "decoder 2, engine 1");
  c.pass(Role::presenter);
  EXPECT_EQ(c.role(), Role::presenter);
  EXPECT_EQ(pool->holders(), "decoder 1, engine 1, presenter 1");
  const PoolReport r = pool->report();
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::decoder)].acquired, 2u);
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::decoder)].released, 1u);
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::presenter)].acquired, 1u);
  EXPECT_EQ(r.acquired, 3u) << "passing a lease on makes no new one";
}

TEST(Pool, SharingIsRefusedBeforeARoleCountCanOverflow) {
  auto pool = make(1);
  std::vector<Lease> held;
  held.push_back(pool->try_acquire(Role::client));
  for (int i = 0; i < 300; ++i) {
    Lease more = held.front().share(Role::client);
    if (!more) break;
    held.push_back(std::move(more));
  }
  EXPECT_EQ(held.size(), 128u);
  EXPECT_EQ(pool->holders(), "client 128");
  Lease other = held.front().share(Role::engine);
  EXPECT_TRUE(other) << "another role still has room";
  held.clear();
  other.release();
  EXPECT_EQ(pool->outstanding(), 0u);
}

TEST(Pool, MovingALeaseReleasesWhatTheTargetHeld) {
  auto pool = make(2);
  Lease a = pool->try_acquire(Role::decoder);
  Lease b = pool->try_acquire(Role::engine);
  a = std::move(b);
  EXPECT_FALSE(b);
  EXPECT_EQ(pool->holders(), "engine 1");
}

TEST(Pool, AdoptedHandlesAreReleasedOnceByTheirReleaser) {
  static std::atomic<int> released{0};
  released = 0;
  auto pool = make(1, 0);
  int thing = 0;
  Lease lease = pool->try_adopt(Role::decoder, &thing, [](void* p) {
    ++*static_cast<int*>(p);
    ++released;
  });
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease.foreign(), &thing);
  EXPECT_TRUE(lease.bytes().empty());
  EXPECT_FALSE(pool->try_adopt(Role::decoder, &thing, [](void*) { ++released; })) << "no slot: the handle stays ours";
  Lease shared = lease.share(Role::engine);
  lease.release();
  EXPECT_EQ(released, 0);
  shared.release();
  EXPECT_EQ(released, 1);
  EXPECT_EQ(thing, 1);
  Lease plain = pool->try_acquire(Role::decoder);
  plain.release();
  EXPECT_EQ(released, 1) << "a slot forgets its releaser";
}

TEST(Pool, ADetachedLeaseComesBackOnce) {
  auto pool = make(2);
  Lease lease = pool->try_acquire(Role::decoder);
  std::byte* place = lease.bytes().data();
  void* pointer = Lease::detach(std::move(lease));
  EXPECT_FALSE(lease);
  EXPECT_EQ(pool->outstanding(), 1u);
  Lease shared = Lease::share_detached(pointer, Role::engine);
  EXPECT_EQ(pool->holders(), "decoder 1, engine 1");
  Lease back = Lease::attach(pointer);
  EXPECT_EQ(back.role(), Role::decoder);
  EXPECT_EQ(back.bytes().data(), place);
}

TEST(Pool, AStaleHandleIsCaughtNotObeyed) {
  auto pool = make(1);
  Lease lease = pool->try_acquire(Role::decoder);
  const SlotHandle old = lease.handle();
  EXPECT_TRUE(pool->share_handle(old, Role::engine));
  lease.release();
  Lease next = pool->try_acquire(Role::decoder);
  EXPECT_FALSE(pool->share_handle(old, Role::engine));
  EXPECT_FALSE(pool->share_handle({99, 1}, Role::engine));
  EXPECT_EQ(pool->report().stale, 2u);
}

TEST(Pool, CloseNamesWhoStillHoldsAndSucceedsWhenAllIsBack) {
  VirtualClock clock;
  auto pool = make(3);
  Lease a = pool->try_acquire(Role::presenter);
  Lease b = pool->try_acquire(Role::client);
  auto failed = pool->close(clock, clock.now());
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().line(), testing::AllOf(testing::HasSubstr("presenter 1"), testing::HasSubstr("client 1")));
  EXPECT_FALSE(pool->try_acquire(Role::decoder)) << "a closed pool gives nothing out";
  std::thread releaser([&] {
    a.release();
    b.release();
  });
  EXPECT_TRUE(pool->close(clock, never));
  releaser.join();
}

TEST(PoolDeathTest, DestroyingAPoolUnderItsLeasesEndsTheProgramAndNamesThem) {
  EXPECT_DEATH(
      {
        auto pool = make(1);
        Lease lease = pool->try_acquire(Role::renderer);
        pool.reset();
      },
      "test/pool: renderer 1");
}

TEST(PoolDeathTest, ADoubleReleaseIsCaught) {
  EXPECT_DEATH(
      {
        auto pool = make(1);
        void* pointer = Lease::detach(pool->try_acquire(Role::decoder));
        Lease once = Lease::attach(pointer);
        Lease twice = Lease::attach(pointer);
        once.release();
        twice.release();
      },
      "released twice");
}

#if defined(__SANITIZE_ADDRESS__)
TEST(PoolDeathTest, AReleasedSlotIsPoisoned) {
  auto pool = make(1);
  Lease lease = pool->try_acquire(Role::decoder);
  std::byte* place = lease.bytes().data();
  lease.release();
  EXPECT_DEATH(*place = std::byte{1}, "use-after-poison");
}
#endif

TEST(Pool, ItsMemoryHasAnOwnerForAsLongAsItLives) {
  const auto owned_bytes = [] {
    std::vector<detail::Range> ranges;
    detail::region_ranges(ranges);
    std::size_t bytes = 0;
    for (const detail::Range& range : ranges) bytes += range.end - range.begin;
    return bytes;
  };
  const std::size_t before = owned_bytes();
  auto pool = make(4, 1 << 20);
  EXPECT_EQ(owned_bytes() - before, std::size_t{4} << 20);
  pool.reset();
  EXPECT_EQ(owned_bytes(), before);
}

TEST(Pool, AgesAndPeaksAreSampled) {
  VirtualClock clock;
  auto pool = make(4);
  Lease a = pool->try_acquire(Role::cache);
  pool->sample(clock.now());
  clock.advance(std::chrono::seconds(5));
  {
    Lease b = pool->try_acquire(Role::engine);
    Lease c = pool->try_acquire(Role::engine);
    pool->sample(clock.now());
  }
  const PoolReport r = pool->report();
  EXPECT_EQ(r.peak, 3u);
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::engine)].peak, 2u);
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::cache)].oldest, std::chrono::seconds(5));
  EXPECT_EQ(r.roles[static_cast<std::size_t>(Role::engine)].oldest, Nanos{0});
}

TEST(Pool, TheReportKeepsWhatFormerPoolsOfAnIdDid) {
  const auto line = [] {
    for (const PoolReport& r : Pool::report_all()) {
      if (r.id == "retired/pool") return r;
    }
    return PoolReport{};
  };
  const PoolReport before = line();
  {
    auto old = make(2, 64, "retired/pool");
    old->try_acquire(Role::decoder);
  }
  auto now = make(5, 128, "retired/pool");
  Lease lease = now->try_acquire(Role::decoder);
  const PoolReport r = line();
  EXPECT_EQ(r.acquired, before.acquired + 2u);
  EXPECT_EQ(r.released, before.released + 1u);
  EXPECT_EQ(r.outstanding, 1u);
  EXPECT_EQ(r.capacity, 5u);
  EXPECT_EQ(r.slot_bytes, 128u);
}

TEST(Pool, ALeaseKnowsWhetherItIsAlone) {
  auto pool = make(1);
  Lease lease = pool->try_acquire(Role::decoder);
  EXPECT_TRUE(lease.alone());
  Lease same = lease.share(Role::decoder), other = lease.share(Role::client);
  EXPECT_FALSE(lease.alone());
  EXPECT_FALSE(other.alone());
  same.release();
  EXPECT_FALSE(lease.alone());
  lease.release();
  EXPECT_TRUE(other.alone());
  other.pass(Role::cache);
  EXPECT_TRUE(other.alone());
}

// Who finds itself alone may write: what the former readers read must lie before that. TSan says so, or the sums do.
TEST(PoolStress, WhatFormerHoldersDidIsVisibleToWhoIsAlone) {
  constexpr int rounds = 20000;
  auto pool = make(1, sizeof(std::uint64_t));
  Lease writer = pool->try_acquire(Role::decoder);
  std::atomic<void*> given{nullptr};
  std::atomic<bool> end{false};
  std::uint64_t sum = 0;
  std::thread reader([&] {
    while (!end) {
      void* pointer = given.exchange(nullptr, std::memory_order_acquire);
      if (pointer == nullptr) {
        std::this_thread::yield();
        continue;
      }
      Lease lease = Lease::attach(pointer);
      std::uint64_t value = 0;
      std::memcpy(&value, lease.bytes().data(), sizeof value);
      sum += value;
    }
  });
  for (std::uint64_t i = 1; i <= rounds; ++i) {
    while (!writer.alone()) std::this_thread::yield();
    std::memcpy(writer.bytes().data(), &i, sizeof i);
    given.store(Lease::detach(writer.share(Role::engine)), std::memory_order_release);
  }
  while (!writer.alone()) std::this_thread::yield();
  end = true;
  reader.join();
  EXPECT_EQ(sum, std::uint64_t{rounds} * (rounds + 1) / 2);
}

// Many threads acquire, share, pass, hand over and release at random; each slot carries the number of its only writer.
TEST(PoolStress, LeasesBalanceAndNoSlotHasTwoOwners) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int threads = 4, rounds = 20000;
  auto pool = make(70, sizeof(std::uint64_t));
  std::atomic<Lease*> exchange{nullptr};
  std::atomic<int> torn{0};
  std::latch start(threads);
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      std::mt19937 random(seed + static_cast<unsigned>(t));
      std::vector<Lease> held;
      start.arrive_and_wait();
      for (int i = 0; i < rounds; ++i) {
        switch (random() % 6) {
          case 0:
          case 1:
            if (Lease lease = pool->try_acquire(Role::decoder)) {
              // Only the acquirer of a slot may write it: a second owner would tear this.
              const std::uint64_t mark = (static_cast<std::uint64_t>(t) << 32) | static_cast<unsigned>(i);
              std::memcpy(lease.bytes().data(), &mark, sizeof mark);
              std::uint64_t seen = 0;
              std::memcpy(&seen, lease.bytes().data(), sizeof seen);
              if (seen != mark) ++torn;
              held.push_back(std::move(lease));
            }
            break;
          case 2:
            if (!held.empty()) {
              if (Lease shared = held[random() % held.size()].share(Role::engine)) held.push_back(std::move(shared));
            }
            break;
          case 3:
            if (!held.empty()) held[random() % held.size()].pass(Role::cache);
            break;
          case 4:
            if (!held.empty()) {
              auto* given = new Lease(std::move(held.back()));
              held.pop_back();
              std::unique_ptr<Lease> taken(exchange.exchange(given, std::memory_order_acq_rel));
              if (taken != nullptr) held.push_back(std::move(*taken));
            }
            break;
          default:
            if (!held.empty()) {
              std::swap(held[random() % held.size()], held.back());
              held.pop_back();
            }
        }
      }
    });
  }
  for (auto& thread : all) thread.join();
  delete exchange.exchange(nullptr);
  EXPECT_EQ(torn, 0);
  const PoolReport r = pool->report();
  EXPECT_EQ(r.acquired, r.released);
  EXPECT_EQ(r.outstanding, 0u);
  for (const RoleReport& role : r.roles) {
    EXPECT_EQ(role.held, 0u);
    EXPECT_EQ(role.acquired, role.released);
  }
}

}  // namespace
}  // namespace weir
