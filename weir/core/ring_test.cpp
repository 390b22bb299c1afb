#include "weir/core/ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include "weir/core/hot_path.hpp"
#include "weir/core/ledger.hpp"

namespace weir {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Ring> ring_of(std::size_t frame_bytes, std::size_t frames) {
  auto ring = Ring::make({.id = "test/ring", .owner = "ring test", .frame_bytes = frame_bytes, .frames = frames});
  if (!ring) ADD_FAILURE() << ring.error().line();
  return ring ? std::move(*ring) : nullptr;
}

TEST(Ring, HoldsAtLeastWhatItWasMadeForAndThenNothingMore) {
  const auto ring = ring_of(12, 1000);
  EXPECT_GE(ring->capacity(), 1000U);
  EXPECT_EQ(ring->writable().size(), ring->capacity() * 12);
  ring->wrote(ring->capacity());
  EXPECT_TRUE(ring->writable().empty());
  ring->wrote(5);
  EXPECT_EQ(ring->frames_written(), ring->capacity()) << "more was counted than there was room for";
  ring->read(1);
  EXPECT_EQ(ring->writable().size(), 12U);
}

TEST(Ring, NothingOfNothingIsRefused) {
  EXPECT_FALSE(Ring::make({.id = "test/none", .owner = "test", .frame_bytes = 0, .frames = 5}));
  EXPECT_FALSE(Ring::make({.id = "test/none", .owner = "test", .frame_bytes = 4, .frames = 0}));
}

// Frames of 12 bytes do not divide a page: the end of the memory lies within a frame.
TEST(Ring, WhatIsReadAndWrittenIsContiguousAlsoAcrossTheEnd) {
  const auto ring = ring_of(12, 100);
  const std::size_t step = ring->capacity() - 3;
  std::uint32_t written = 0, read = 0;
  for (int round = 0; round < 50; ++round) {
    auto room = ring->writable();
    ASSERT_GE(room.size(), step * 12);
    for (std::size_t i = 0; i < step * 3; ++i, ++written) std::memcpy(room.data() + i * 4, &written, 4);
    ring->wrote(step);
    const auto there = ring->readable();
    ASSERT_EQ(there.size(), step * 12);
    for (std::size_t i = 0; i < step * 3; ++i, ++read) {
      std::uint32_t value = 0;
      std::memcpy(&value, there.data() + i * 4, 4);
      ASSERT_EQ(value, read);
    }
    ring->read(step);
  }
}

TEST(Ring, IsDrainedWhenTheProducerHasEndedAndAllWasRead) {
  const auto ring = ring_of(4, 10);
  ring->wrote(2);
  EXPECT_FALSE(ring->drained());
  ring->end();
  EXPECT_FALSE(ring->drained()) << "two frames are still there";
  ring->read(2);
  EXPECT_TRUE(ring->drained());
}

TEST(Ring, FromThreadToThreadNothingIsLostOrTurned) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto ring = ring_of(8, 600);
  constexpr std::uint64_t frames = 2'000'000;
  std::jthread producer([&] {
    std::mt19937 random(seed);
    for (std::uint64_t next = 0; next < frames;) {
      ring->wait_until(Clock::real(), {}, [&] { return !ring->writable().empty(); });
      const auto room = ring->writable();
      const std::uint64_t count = std::min<std::uint64_t>({random() % 700, room.size() / 8, frames - next});
      for (std::uint64_t i = 0; i < count; ++i, ++next) std::memcpy(room.data() + i * 8, &next, 8);
      ring->wrote(count);
      ring->wake();
    }
    ring->end();
    ring->wake();
  });
  std::mt19937 random(seed + 1);
  std::uint64_t expected = 0;
  while (!ring->drained()) {
    ring->wait_until(Clock::real(), {}, [&] { return !ring->readable().empty() || ring->ended(); });
    const auto there = ring->readable();
    const std::size_t count = std::min<std::size_t>(random() % 700, there.size() / 8);
    for (std::size_t i = 0; i < count; ++i, ++expected) {
      std::uint64_t value = 0;
      std::memcpy(&value, there.data() + i * 8, 8);
      ASSERT_EQ(value, expected);
    }
    ring->read(count);
    ring->wake();
  }
  EXPECT_EQ(expected, frames);
}

// However the request and the wait meet: what is missed here is waited for until the watchdog comes.
TEST(Ring, AWaitEndsAtTheRequestToStopWheneverThatComes) {
  const auto ring = ring_of(8, 600);
  for (int i = 0; i < 3000; ++i) {
    std::stop_source stop;
    std::atomic<bool> begun{false};
    std::jthread waiting([&] {
      begun = true;
      EXPECT_FALSE(ring->wait_until(Clock::real(), stop.get_token(), [] { return false; }));
    });
    while (!begun) {
    }
    for (std::atomic<int> spin{0}; spin < i % 300; ++spin) {
    }
    stop.request_stop();
  }
}

TEST(Ring, MovingIsQuiet) {
  const auto ring = ring_of(8, 600);
  HotPath path("test.ring", HotPath::Kind::own, 0);
  for (int i = 0; i < 100; ++i) {
    const HotPath::Scope scope(path);
    ring->writable();
    ring->wrote(100);
    ring->readable();
    ring->read(100);
  }
  const HotPathReport report = path.report();
  EXPECT_EQ(report.allocations, 0U);
  EXPECT_EQ(report.frees, 0U);
  EXPECT_EQ(report.violations, 0U);
}

TEST(Ring, ItsMemoryHasItsOwner) {
  const auto ring = ring_of(64, 16384);
  Ledger ledger;
  const LedgerSample sample = ledger.sample(0);
  const auto account = sample.accounts.find("ring test");
  ASSERT_NE(account, sample.accounts.end());
  EXPECT_GE(account->second.resident, 1U << 20);
  EXPECT_LT(account->second.resident, 3U << 19) << "both views of the same memory were counted";
}

}  // namespace
}  // namespace weir
