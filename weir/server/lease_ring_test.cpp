#include "weir/server/lease_ring.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::server {
namespace {

std::unique_ptr<Pool> pool_of(std::size_t slots, const std::string& id) {
  auto pool = Pool::make({id, "test", 4096, slots, 64});
  EXPECT_TRUE(pool) << pool.error().line();
  return std::move(*pool);
}

void push_sequence(LeaseRing& ring, Lease lease, std::uint64_t sequence) {
  SlotNote note;
  note.sequence = sequence;
  ring.push(std::move(lease), note);
}

TEST(LeaseRing, AFullRingLetsItsOldestGoAndKeepsTheOrder) {
  auto pool = pool_of(4, "ring/order");
  LeaseRing ring(3);
  for (std::uint64_t i = 0; i < 10; ++i) {
    push_sequence(ring, pool->try_acquire(Role::source), 100 + i);
    EXPECT_EQ(ring.end(), i + 1);
    EXPECT_EQ(ring.begin(), i < 3 ? 0 : i - 2);
    for (std::uint64_t p = ring.begin(); p < ring.end(); ++p) {
      const Lease lease = ring.borrow(p, Role::client);
      ASSERT_TRUE(lease);
      EXPECT_EQ(note_of(lease).sequence, 100 + p);
      EXPECT_EQ(note_of(lease).position, p);
    }
  }
  EXPECT_FALSE(ring.borrow(ring.begin() - 1, Role::client)) << "evicted";
  EXPECT_FALSE(ring.borrow(ring.end(), Role::client)) << "not there yet";
  EXPECT_EQ(pool->outstanding(), 3u);
  ring.clear();
  EXPECT_EQ(pool->outstanding(), 0u);
  EXPECT_FALSE(ring.borrow(9, Role::client));
}

TEST(LeaseRing, WhatTheReaderHoldsStaysThoughItIsEvicted) {
  auto pool = pool_of(2, "ring/held");
  LeaseRing ring(1);
  push_sequence(ring, pool->try_acquire(Role::source), 7);
  Lease held = ring.borrow(0, Role::client);
  push_sequence(ring, pool->try_acquire(Role::source), 8);
  EXPECT_FALSE(ring.borrow(0, Role::client));
  EXPECT_EQ(note_of(held).sequence, 7u);
  EXPECT_EQ(pool->outstanding(), 2u);
  held.release();
  EXPECT_EQ(pool->outstanding(), 1u);
}

#ifdef WEIR_TEST_HOOKS
// The moment that threads rarely meet in: the producer lets an entry go while the reader has it in its hands.
TEST(LeaseRing, AnEntryThatIsEvictedWhileItIsBeingSharedIsReleasedOnceAndNotLost) {
  static Pool* slots = nullptr;
  auto pool = pool_of(2, "ring/meanwhile");
  slots = pool.get();
  LeaseRing ring(1);
  const auto borrow_while = [&](void (*producer)(LeaseRing&)) {
    LeaseRing::while_out = producer;
    Lease lease = ring.borrow(ring.end() - 1, Role::client);
    LeaseRing::while_out = nullptr;
    return lease;
  };
  push_sequence(ring, pool->try_acquire(Role::source), 1);
  Lease evicted = borrow_while([](LeaseRing& r) { r.evict_oldest(); });
  ASSERT_TRUE(evicted);
  EXPECT_EQ(note_of(evicted).sequence, 1u);
  evicted.release();
  EXPECT_EQ(pool->outstanding(), 0u);

  push_sequence(ring, pool->try_acquire(Role::source), 2);
  Lease replaced = borrow_while([](LeaseRing& r) { push_sequence(r, slots->try_acquire(Role::source), 3); });
  ASSERT_TRUE(replaced);
  EXPECT_EQ(note_of(replaced).sequence, 2u);
  replaced.release();
  EXPECT_EQ(pool->outstanding(), 1u);
  const Lease newest = ring.borrow(ring.end() - 1, Role::client);
  ASSERT_TRUE(newest) << "the new entry was not overwritten by the old one coming back";
  EXPECT_EQ(note_of(newest).sequence, 3u);
}
#endif

// One thread publishes and evicts as fast as it can, the other borrows whatever it can get: every share is whole and of
// the position that was asked for, and every slot comes back exactly once.
TEST(LeaseRing, AReaderThatRacesTheProducerNeverSeesAnotherEntryAndEverySlotComesBack) {
  auto pool = pool_of(8, "ring/race");
  LeaseRing ring(4);
  std::atomic<bool> done{false};
  std::uint64_t refused = 0;
  constexpr std::uint64_t rounds = 60000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < rounds;) {
      Lease lease = pool->try_acquire(Role::source);
      if (!lease) {
        ++refused;
        ring.evict_oldest();
        std::this_thread::yield();
        continue;
      }
      auto payload = payload_of(lease);
      std::memset(payload.data(), static_cast<int>(i & 0xff), 512);
      push_sequence(ring, std::move(lease), i++);
      if (i % 5 == 0) ring.evict_oldest();
    }
    done.store(true, std::memory_order_release);
  });
  std::uint64_t got = 0, missed = 0, next = 0;
  Lease kept;  // across evictions
  while (!done.load(std::memory_order_acquire) || next < ring.end()) {
    next = std::max(next, ring.begin());
    if (next >= ring.end()) {
      std::this_thread::yield();
      continue;
    }
    Lease lease = ring.borrow(next, Role::client);
    if (!lease) {
      ++missed;
      EXPECT_GT(ring.begin(), next) << "an entry that is not evicted can always be had";
      continue;
    }
    ASSERT_EQ(note_of(lease).position, next);
    ASSERT_EQ(note_of(lease).sequence, next);
    for (std::size_t i = 0; i < 512; ++i) {
      ASSERT_EQ(std::to_integer<std::uint64_t>(payload_of(lease)[i]), next & 0xff);
    }
    ++got;
    if (got % 7 == 0) kept = std::move(lease);
    ++next;
  }
  producer.join();
  kept.release();
  ring.clear();
  EXPECT_EQ(pool->outstanding(), 0u);
  const PoolReport report = pool->report();
  EXPECT_EQ(report.acquired, report.released);
  EXPECT_GT(got, 0u);
  RecordProperty("missed", std::to_string(missed));
  RecordProperty("refused", std::to_string(refused));
}

}  // namespace
}  // namespace weir::server
