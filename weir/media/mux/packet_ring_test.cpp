#include "weir/media/mux/packet_ring.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>

#include "weir/core/thread_bytes.hpp"

namespace weir::media {
namespace {

constexpr std::size_t kib = 1024;

StreamInfo format(std::uint32_t epoch) {
  StreamInfo info;
  info.codec = "mjpeg";
  info.epoch = epoch;
  return info;
}

// An access unit whose bytes say which one it is.
std::vector<std::byte> unit(std::uint64_t number, std::size_t bytes) {
  std::vector<std::byte> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::byte>((number * 31 + i * 7) & 0xff);
  return out;
}

std::unique_ptr<PacketRing> ring_of(std::size_t bytes, Clock& clock = Clock::real()) {
  auto ring = PacketRing::make({"front/recording", "front", bytes}, clock);
  EXPECT_TRUE(ring) << ring.error().line();
  return ring ? std::move(*ring) : nullptr;
}

void push(PacketRing& ring, std::uint64_t number, std::size_t bytes, bool key, std::uint32_t epoch = 1) {
  const auto data = unit(number, bytes);
  Packet packet;
  packet.bytes = data;
  packet.pts_us = packet.dts_us = static_cast<std::int64_t>(number) * 40'000;
  packet.capture_us = packet.pts_us + 7;
  packet.key = key;
  packet.epoch = epoch;
  ring.push(packet, format(epoch));
}

std::uint64_t number_of(const MuxPacket& packet) { return static_cast<std::uint64_t>(packet.pts_us) / 40'000; }
std::uint64_t full_drops(const PacketRing& ring) { return ring.report().dropped[static_cast<std::size_t>(Drop::full)]; }

TEST(PacketRing, WhatComesOutIsWhatWentIn) {
  const auto ring = ring_of(64 * kib);
  auto cursor = ring->oldest();
  MuxPacket packet;
  EXPECT_FALSE(ring->try_next(cursor, packet));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    push(*ring, i, 1 + i * 37 % 5000, i % 10 == 0, 1 + static_cast<std::uint32_t>(i / 300));
    ASSERT_TRUE(ring->try_next(cursor, packet));
    EXPECT_EQ(number_of(packet), i);
    EXPECT_TRUE(std::ranges::equal(packet.bytes(), unit(i, 1 + i * 37 % 5000)));
    EXPECT_EQ(packet.key, i % 10 == 0);
    EXPECT_EQ(packet.capture_us, packet.pts_us + 7);
    EXPECT_EQ(packet.epoch, 1 + i / 300);
    EXPECT_EQ(packet.info->epoch, packet.epoch);
    EXPECT_FALSE(ring->try_next(cursor, packet));
  }
  EXPECT_EQ(full_drops(*ring), 0u) << "a reader that keeps up loses nothing, however small the ring";
}

TEST(PacketRing, ItsMemoryIsOnePoolOfTheCameraAndNoMore) {
  const auto ring = ring_of(256 * kib);
  for (const PoolReport& pool : Pool::report_all()) {
    if (pool.id != "front/recording" || pool.outstanding == 0) continue;
    EXPECT_EQ(pool.owner, "front");
    EXPECT_EQ(pool.slot_bytes * pool.capacity, 256 * kib);
  }
  if (!thread_bytes_counted()) GTEST_SKIP() << "allocations are not counted in this build";
  const auto data = unit(1, 3000);
  Packet packet;
  packet.bytes = data;
  packet.key = true;
  const StreamInfo info = format(1);
  ring->push(packet, info);
  const ThreadBytes before = thread_bytes();
  for (int i = 0; i < 10'000; ++i) ring->push(packet, info);
  EXPECT_EQ(thread_bytes().allocated, before.allocated) << "pushing allocates nothing";
  EXPECT_LE(ring->report().held_bytes, 256 * kib);
}

// Against a model: whatever sizes come, what is held is the newest that was pushed, whole and in order.
TEST(PacketRing, ItHoldsTheNewestOfWhateverComes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    const std::size_t capacity = 64 * kib + random() % (64 * kib);
    const auto ring = ring_of(capacity);
    std::vector<std::size_t> sizes;
    for (std::uint64_t i = 0; i < 2000; ++i) {
      sizes.push_back(random() % 8 == 0 ? random() % (capacity / 2) + 1 : random() % 3000 + 1);
      push(*ring, i, sizes.back(), random() % 5 == 0, 1 + static_cast<std::uint32_t>(i / 50));
      if (random() % 16 != 0) continue;
      const PacketRingReport report = ring->report();
      EXPECT_EQ(report.pushed, report.held + report.aged);
      EXPECT_LE(report.held_bytes, capacity);
      auto cursor = ring->oldest();
      MuxPacket packet;
      std::uint64_t expected = i + 1 - report.held, bytes = 0;
      while (ring->try_next(cursor, packet)) {
        ASSERT_EQ(number_of(packet), expected);
        ASSERT_TRUE(std::ranges::equal(packet.bytes(), unit(expected, sizes[expected])));
        ASSERT_EQ(packet.info->epoch, 1 + expected / 50);
        ++expected;
        bytes += packet.size;
      }
      ASSERT_EQ(expected, i + 1);
      EXPECT_EQ(bytes, report.held_bytes);
    }
    EXPECT_EQ(full_drops(*ring), 0u);
  }
}

TEST(PacketRing, EachUnitKeepsItsFormatHoweverOftenThatChanges) {
  const auto ring = ring_of(64 * kib);
  for (std::uint64_t i = 0; i < 100; ++i) {
    push(*ring, i, 100, true, static_cast<std::uint32_t>(i + 1));
    auto cursor = ring->oldest();
    MuxPacket packet;
    std::uint64_t read = 0;
    for (; ring->try_next(cursor, packet); ++read) ASSERT_EQ(packet.info->epoch, packet.epoch);
    EXPECT_EQ(read, std::min<std::uint64_t>(i + 1, 16)) << "so many are held at once";
  }
}

TEST(PacketRing, ASlowReaderGoesOnAtAKeyAndItsLossIsCounted) {
  const auto ring = ring_of(64 * kib);
  auto cursor = ring->oldest();
  MuxPacket packet;
  std::uint64_t read = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    push(*ring, i, 2000, i % 7 == 0);
    if (i % 100 != 99) continue;
    bool first = true;
    while (ring->try_next(cursor, packet)) {
      if (first) EXPECT_TRUE(packet.key) << number_of(packet);
      first = false;
      ++read;
    }
  }
  EXPECT_GT(read, 100u);
  EXPECT_GT(full_drops(*ring), 0u);
  EXPECT_EQ(read + full_drops(*ring), 500u) << "each packet was read or counted";
}

TEST(PacketRing, AUnitLargerThanTheRingIsDroppedAndTheOthersStay) {
  const auto ring = ring_of(64 * kib);
  push(*ring, 0, 1000, true);
  push(*ring, 1, 65 * kib, false);
  push(*ring, 2, 64 * kib, false);
  EXPECT_EQ(full_drops(*ring), 2u);
  EXPECT_EQ(ring->report().held, 1u);
  push(*ring, 3, 64 * kib - 64, true);
  EXPECT_EQ(ring->report().held, 1u);
  auto cursor = ring->oldest();
  MuxPacket packet;
  ASSERT_TRUE(ring->try_next(cursor, packet));
  EXPECT_EQ(number_of(packet), 3u);
}

TEST(PacketRing, WhatIsNoAccessUnitIsCounted) {
  const auto ring = ring_of(64 * kib);
  StreamInfo info = format(1);
  info.units = *AccessUnits::make(NalCodec::h264, {});
  const auto noise = unit(200, 100);
  Packet packet;
  packet.bytes = noise;
  ring->push(packet, info);
  EXPECT_EQ(ring->report().corrupt, 1u);
  EXPECT_EQ(ring->report().held, 0u);
}

TEST(PacketRing, PreRollBeginsAtTheLastKeyBeforeIt) {
  const auto ring = ring_of(64 * kib);
  const auto begins_at = [&](std::int64_t pts_us) {
    auto cursor = ring->from_key_before(pts_us);
    MuxPacket packet;
    EXPECT_TRUE(ring->try_next(cursor, packet));
    return number_of(packet);
  };
  for (std::uint64_t i = 0; i < 30; ++i) push(*ring, i, 100, i % 10 == 5);
  EXPECT_EQ(begins_at(15 * 40'000), 15u);
  EXPECT_EQ(begins_at(24 * 40'000 + 39'999), 15u);
  EXPECT_EQ(begins_at(25 * 40'000), 25u);
  EXPECT_EQ(begins_at(INT64_MAX), 25u);
  EXPECT_EQ(begins_at(0), 5u) << "none is early enough: the oldest one";
  const auto keyless = ring_of(64 * kib);
  push(*keyless, 0, 100, false);
  auto cursor = keyless->from_key_before(0);
  MuxPacket packet;
  EXPECT_FALSE(keyless->try_next(cursor, packet)) << "no key: begins with what comes";
}

TEST(PacketRing, WhatWasReadLastCanBeReadAgainWhileItIsThere) {
  const auto ring = ring_of(64 * kib);
  auto cursor = ring->oldest();
  MuxPacket packet;
  for (std::uint64_t i = 0; i < 300; ++i) {
    push(*ring, i, 3000, true);
    ASSERT_TRUE(ring->try_next(cursor, packet));
    cursor = cursor.before_last();
    ASSERT_TRUE(ring->try_next(cursor, packet));
    ASSERT_EQ(number_of(packet), i);
  }
  cursor = cursor.before_last();
  for (std::uint64_t i = 300; i < 400; ++i) push(*ring, i, 3000, true);
  const std::uint64_t held = ring->report().held;
  while (ring->try_next(cursor, packet)) {
    cursor = cursor.before_last();
    ASSERT_TRUE(ring->try_next(cursor, packet));
  }
  EXPECT_EQ(full_drops(*ring), 101 - held) << "what is lost is counted once";
}

TEST(PacketRing, WaitingEndsWithAPacketTheDeadlineOrAStop) {
  VirtualClock clock;
  const auto ring = ring_of(64 * kib, clock);
  auto cursor = ring->oldest();
  MuxPacket packet;
  {
    std::jthread producer([&] { push(*ring, 0, 100, true); });
    EXPECT_TRUE(ring->next(cursor, packet));
  }
  {
    std::jthread time([&] { clock.advance(std::chrono::hours(1)); });
    EXPECT_FALSE(ring->next(cursor, packet, {}, Instant(std::chrono::hours(1))));
  }
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(ring->next(cursor, packet, stop.get_token()));
}

TEST(PacketRing, TwoThreadsLoseNothingUncounted) {
  const auto ring = ring_of(64 * kib);
  constexpr std::uint64_t count = 20'000;
  // Before the first packet: only who reads can lose something.
  auto cursor = ring->oldest();
  std::jthread producer([&] {
    for (std::uint64_t i = 0; i < count; ++i) push(*ring, i, 100 + i * 13 % 2000, i % 9 == 0, 1 + i / 1000);
  });
  MuxPacket packet;
  std::uint64_t read = 0, last = 0;
  do {
    ASSERT_TRUE(ring->next(cursor, packet));
    ASSERT_TRUE(read == 0 || number_of(packet) > last);
    last = number_of(packet);
    ASSERT_TRUE(std::ranges::equal(packet.bytes(), unit(last, 100 + last * 13 % 2000)));
    ASSERT_EQ(packet.info->epoch, 1 + last / 1000);
    ++read;
  } while (last + 9 < count);
  while (ring->try_next(cursor, packet)) ++read;
  producer.join();
  while (ring->try_next(cursor, packet)) ++read;
  EXPECT_EQ(read + full_drops(*ring), count);
}

}  // namespace
}  // namespace weir::media
