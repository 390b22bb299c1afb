#include "weir/server/packet_store.hpp"

#include <gtest/gtest.h>

#include "weir/server/slot_layout.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kib = 1024, mib = 1024 * kib;

std::unique_ptr<PacketStore> store_of(PacketStoreOptions options) {
  auto store = PacketStore::make(std::move(options));
  EXPECT_TRUE(store) << store.error().line();
  return store ? std::move(*store) : nullptr;
}

TEST(PacketStore, ItsMemoryIsKnownBeforeTheFirstFrame) {
  const auto store = store_of({"a/packets", "a", {{16 * kib, 3}, {64 * kib, 2}}, mib});
  EXPECT_EQ(store->total_bytes(), 3 * (16 * kib + slot_overhead_bytes) + 2 * (64 * kib + slot_overhead_bytes));
  std::size_t pools = 0;
  for (const auto& pool : Pool::report_all()) {
    if (pool.owner == "a" && pool.outstanding == 0) pools += pool.slot_bytes * pool.capacity;
  }
  EXPECT_EQ(pools, store->total_bytes()) << "what it says is what its pools have";
}

TEST(PacketStore, APayloadGetsTheSmallestClassThatHasAFreeSlot) {
  const auto store = store_of({"b/packets", "b", {{16 * kib, 1}, {64 * kib, 1}}, mib});
  const Lease small = store->try_take(16 * kib);
  ASSERT_TRUE(small);
  EXPECT_EQ(payload_of(small).size(), 16 * kib);
  EXPECT_EQ(small.role(), Role::source);
  EXPECT_FALSE(store->try_take_fitting(1)) << "its class is used up";
  const Lease larger = store->try_take(1);
  ASSERT_TRUE(larger);
  EXPECT_EQ(payload_of(larger).size(), 64 * kib);
  EXPECT_FALSE(store->try_take(1)) << "all are used up";
  EXPECT_FALSE(store->try_take(64 * kib + 1)) << "larger than the largest";
}

TEST(PacketStore, ItGrowsByANewLargestClassAndTheOldOneDrainsAndCounts) {
  const auto store = store_of({"c/packets", "c", {{16 * kib, 4}, {64 * kib, 2}}, 4 * mib});
  const std::size_t before = store->total_bytes();
  Lease held = store->try_take(64 * kib);
  ASSERT_TRUE(store->grow(300 * kib));
  EXPECT_EQ(store->largest_bytes(), 512 * kib) << "a power of two";
  const std::size_t fresh = 2 * (512 * kib + slot_overhead_bytes);
  EXPECT_EQ(store->total_bytes(), before + fresh) << "the old class has a lease out";
  ASSERT_TRUE(store->try_take(300 * kib));
  store->reap();
  EXPECT_EQ(store->total_bytes(), before + fresh);
  held.release();
  store->reap();
  EXPECT_EQ(store->total_bytes(), before + fresh - 2 * (64 * kib + slot_overhead_bytes));
}

TEST(PacketStore, GrowthBeyondTheLimitIsAnErrorWithTheFiguresAndChangesNothing) {
  const auto store = store_of({"d/packets", "d", {{16 * kib, 4}, {64 * kib, 4}}, 4 * mib});
  const std::size_t before = store->total_bytes();
  const auto grown = store->grow(mib);
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, Code::exhausted);
  EXPECT_NE(grown.error().line().find("4.3 MiB of 4.0 MiB"), std::string::npos) << grown.error().line();
  EXPECT_EQ(store->total_bytes(), before);
  EXPECT_TRUE(store->try_take(64 * kib));
  const auto absurd = store->grow(max_payload_bytes + 1);
  ASSERT_FALSE(absurd);
  EXPECT_EQ(absurd.error().code, Code::exhausted);
}

TEST(PacketStore, ClassesThatDoNotFitTheLimitOrDoNotAscendAreRefused) {
  EXPECT_FALSE(PacketStore::make({"e/packets", "e", {}, mib}));
  EXPECT_FALSE(PacketStore::make({"e/packets", "e", {{64 * kib, 1}, {16 * kib, 1}}, mib}));
  EXPECT_FALSE(PacketStore::make({"e/packets", "e", {{32 * mib, 1}}, 100 * mib}));
  const auto over = PacketStore::make({"e/packets", "e", {{512 * kib, 4}}, mib});
  ASSERT_FALSE(over);
  EXPECT_NE(over.error().line().find("of 1.0 MiB"), std::string::npos) << over.error().line();
}

TEST(PacketStore, CloseNamesWhoStillHoldsASlot) {
  const auto store = store_of({"f/packets", "f", {{16 * kib, 2}}, mib});
  Lease held = store->try_take(1);
  held.pass(Role::decoder);
  const auto closed = store->close(Clock::real(), Clock::real().now());
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().line().find("decoder 1"), std::string::npos) << closed.error().line();
  held.release();
  EXPECT_TRUE(store->close(Clock::real(), Clock::real().now()));
}

}  // namespace
}  // namespace weir::server
