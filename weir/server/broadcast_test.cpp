#include "weir/server/broadcast.hpp"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "weir/core/hot_path.hpp"
#include "weir/server/subscription.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kib = 1024;

std::unique_ptr<Broadcast> stream_of(const std::string& name, std::size_t ring = 8) {
  BroadcastOptions options;
  options.name = name;
  options.ring_entries = ring;
  options.packets.classes = {{kib, 2 * ring + 8}, {16 * kib, 8}};
  options.text_slots = 4;
  options.text_bytes = 256;
  auto broadcast = Broadcast::make(3, options);
  EXPECT_TRUE(broadcast) << broadcast.error().line();
  return std::move(*broadcast);
}

std::uint64_t publish(Broadcast& stream, bool key, std::uint32_t epoch = 1, std::size_t bytes = 100) {
  auto lease = stream.take(bytes);
  EXPECT_TRUE(lease) << lease.error().line();
  AccessUnit unit;
  unit.payload_bytes = bytes;
  unit.key = key;
  unit.epoch = epoch;
  return stream.publish(std::move(*lease), unit);
}

Header header_of(const Outgoing& out) {
  const auto header = decode(out.lease.bytes().subspan(out.note.begin, out.note.bytes));
  EXPECT_TRUE(header) << header.error().line();
  return header.value_or(Header{});
}

std::uint64_t dropped(const DropCounts& counts, Drop reason) { return counts[static_cast<std::size_t>(reason)]; }

TEST(Broadcast, WhatIsPublishedIsWhatAClientGetsWithTheHeaderInFrontOfIt) {
  auto stream = stream_of("bytes");
  Subscription client(*stream, As::packets);
  auto lease = stream->take(5);
  ASSERT_TRUE(lease);
  std::memcpy(payload_of(*lease).data(), "hello", 5);
  std::memset(payload_of(*lease).data() + 5, 0xff, tail_bytes);
  AccessUnit unit;
  unit.payload_bytes = 5;
  unit.pts_us = -1;
  unit.dts_us = -2;
  unit.capture_us = 1700000000000000;
  unit.epoch = 9;
  unit.key = true;
  EXPECT_EQ(stream->publish(std::move(*lease), unit), 0u);
  const auto out = client.next();
  ASSERT_TRUE(out);
  const Header header = header_of(*out);
  EXPECT_EQ(header, (Header{Kind::access_unit, true, false, 3, 0, -1, -2, 1700000000000000, 9, 5}));
  const auto payload = payload_of(out->lease);
  EXPECT_EQ(std::memcmp(payload.data(), "hello", 5), 0);
  for (std::size_t i = 0; i < tail_bytes; ++i) EXPECT_EQ(payload[5 + i], std::byte{0}) << "the tail is zero";
  EXPECT_EQ(out->lease.role(), Role::client);
  EXPECT_FALSE(client.next());
}

TEST(Broadcast, ANewClientStartsAtTheNewestKeyThatIsThere) {
  auto stream = stream_of("newest");
  publish(*stream, true);
  publish(*stream, false);
  publish(*stream, true);
  publish(*stream, false);
  Subscription client(*stream, As::packets);
  EXPECT_EQ(header_of(*client.next()).sequence, 2u);
  EXPECT_EQ(header_of(*client.next()).sequence, 3u);
  EXPECT_FALSE(client.next());
  EXPECT_EQ(client.dropped(), DropCounts{}) << "what was before a client came was never its own";
}

TEST(Broadcast, ANewClientWaitsForAKeyIfNoneIsThere) {
  auto stream = stream_of("waits", 4);
  publish(*stream, true);
  for (int i = 0; i < 6; ++i) publish(*stream, false);
  Subscription client(*stream, As::packets);
  EXPECT_FALSE(client.next());
  publish(*stream, false);
  EXPECT_FALSE(client.next());
  const auto key = publish(*stream, true);
  const auto out = client.next();
  ASSERT_TRUE(out);
  EXPECT_EQ(header_of(*out).sequence, key);
  EXPECT_FALSE(out->gap);
  EXPECT_EQ(client.dropped(), DropCounts{});
}

TEST(Broadcast, WhoFallsBehindLosesFullThenKeyframeAndGoesOnAtAKeyWithTheGapFlag) {
  auto stream = stream_of("behind", 8);
  Subscription client(*stream, As::packets);
  publish(*stream, true);  // 0
  ASSERT_TRUE(client.next());
  for (int i = 1; i < 12; ++i) publish(*stream, false);  // 1..11
  publish(*stream, true);                                // 12
  publish(*stream, false);                               // 13: the ring holds 6..13
  const auto out = client.next();
  ASSERT_TRUE(out);
  EXPECT_EQ(out->note.sequence, 12u);
  EXPECT_TRUE(out->gap);
  EXPECT_EQ(dropped(client.dropped(), Drop::full), 5u) << "1 to 5 had left the ring";
  EXPECT_EQ(dropped(client.dropped(), Drop::keyframe), 6u) << "6 to 11 cannot be decoded without them";
  const auto after = client.next();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->note.sequence, 13u);
  EXPECT_FALSE(after->gap) << "only the first one after a gap";
  EXPECT_EQ(stream->report().client_dropped, client.dropped());
  EXPECT_FALSE(header_of(*out).gap) << "the flag is this client's, not the stream's";
}

// Whatever the order of things: what was there since a client's first frame was either sent to it or counted, sequences
// only rise, and after a jump comes a key.
TEST(Broadcast, EveryFrameIsSentOrCountedAndAfterAJumpComesAKey) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  auto stream = stream_of("sum", 6);
  struct Client {
    std::unique_ptr<Subscription> subscription;
    std::optional<std::uint64_t> first, last;
  };
  std::vector<Client> clients(5);
  for (auto& client : clients) client.subscription = std::make_unique<Subscription>(*stream, As::packets);
  std::uint32_t epoch = 1;
  for (int step = 0; step < 20000; ++step) {
    switch (random() % 20) {
      case 0: stream->drop(Drop::busy); break;
      case 1: epoch += random() % 5 == 0; break;
      default: publish(*stream, random() % 10 == 0, epoch);
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (random() % (1 + 4 * i) != 0) continue;
      while (const auto out = clients[i].subscription->next()) {
        const Header header = header_of(*out);
        Client& c = clients[i];
        if (!c.first) {
          ASSERT_TRUE(header.key);
          c.first = header.sequence;
        } else {
          ASSERT_GT(header.sequence, *c.last);
          if (header.sequence != *c.last + 1) {
            ASSERT_TRUE(header.key);
            ASSERT_TRUE(out->gap || header.gap) << "sequence " << header.sequence;
          }
        }
        c.last = header.sequence;
        if (random() % 3 == 0) break;
      }
    }
  }
  const auto report = stream->report();
  std::uint64_t sum = 0;
  for (auto& client : clients) {
    while (const auto out = client.subscription->next()) client.last = header_of(*out).sequence;
    sum += client.subscription->sent();
  }
  EXPECT_EQ(stream->report().sent, sum);
  EXPECT_GT(dropped(report.client_dropped, Drop::full), 0u);
  EXPECT_GT(dropped(report.client_dropped, Drop::keyframe), 0u);
  // The fastest client reads after every step: it has lost nothing of what was published.
  EXPECT_EQ(clients[0].subscription->sent() + dropped(clients[0].subscription->dropped(), Drop::full) +
                dropped(clients[0].subscription->dropped(), Drop::keyframe),
            report.published);
}

TEST(Broadcast, BeforeTheFirstKeyAfterALossAndInANewEpochOnlyAKeyGoesOut) {
  auto stream = stream_of("keys");
  Subscription client(*stream, As::packets);
  EXPECT_EQ(publish(*stream, false), 0u);
  EXPECT_EQ(publish(*stream, true), 1u);
  EXPECT_EQ(stream->drop(Drop::full), 2u);
  EXPECT_EQ(publish(*stream, false), 3u);
  EXPECT_EQ(publish(*stream, true), 4u);
  EXPECT_EQ(publish(*stream, false, 2), 5u);
  EXPECT_EQ(publish(*stream, true, 2), 6u);
  const auto first = client.next(), second = client.next(), third = client.next();
  ASSERT_TRUE(first && second && third);
  EXPECT_EQ(header_of(*first).sequence, 1u);
  EXPECT_FALSE(header_of(*first).gap) << "nothing was interrupted";
  EXPECT_EQ(header_of(*second).sequence, 4u);
  EXPECT_TRUE(header_of(*second).gap);
  EXPECT_EQ(header_of(*third).sequence, 6u);
  EXPECT_TRUE(header_of(*third).gap);
  EXPECT_EQ(dropped(stream->report().producer_dropped, Drop::keyframe), 3u);
  EXPECT_EQ(dropped(stream->report().producer_dropped, Drop::full), 1u);
}

TEST(Broadcast, WhenSlotsRunOutTheOldestAccessUnitsGoAndTheNewestStays) {
  BroadcastOptions options;
  options.name = "slots2";
  options.ring_entries = 200;
  options.packets.classes = {{kib, 12}, {16 * kib, 4}};
  auto made = Broadcast::make(0, options);
  ASSERT_TRUE(made);
  Broadcast& few = **made;
  const std::size_t total = few.total_bytes();
  Subscription client(few, As::packets);
  for (int i = 0; i < 1000; ++i) publish(few, i % 10 == 0, 1, i % 10 == 0 ? 8 * kib : 100);
  EXPECT_EQ(few.total_bytes(), total);
  EXPECT_EQ(few.report().published, 1000u);
  EXPECT_EQ(dropped(few.report().producer_dropped, Drop::full), 0u);
  Subscription late(few, As::packets);
  const auto out = late.next();
  ASSERT_TRUE(out) << "the newest key is still there";
  EXPECT_EQ(out->note.sequence, 990u);
}

TEST(Broadcast, ALargerAccessUnitThanEverMakesRoomForItselfWithinTheLimit) {
  BroadcastOptions options;
  options.name = "grows";
  options.packets.classes = {{kib, 8}};
  options.packets.limit_bytes = std::size_t{1} << 20;
  auto made = Broadcast::make(0, options);
  ASSERT_TRUE(made);
  publish(**made, true);
  publish(**made, true, 1, 60 * kib);
  EXPECT_EQ((*made)->report().published, 2u);
  const auto over = (*made)->take(200 * kib);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::exhausted);
}

TEST(Broadcast, BoxesComeAfterTheirAccessUnitAndNotForOnesThatWereLost) {
  auto stream = stream_of("boxes", 4);
  Subscription client(*stream, As::packets);
  const Box box{1, 2, 3, 4, "motion", 1, {}};
  const auto post = [&](std::uint64_t sequence) {
    stream->post_boxes({3, 1, sequence, 0}, std::span(&box, 1), sequence);
  };
  publish(*stream, true);   // 0
  publish(*stream, false);  // 1
  post(0);
  post(1);
  const bool order[] = {false, true, false, true};  // unit, boxes, unit, boxes
  for (const bool text : order) {
    const auto out = client.next();
    ASSERT_TRUE(out);
    EXPECT_EQ(out->text, text);
  }
  EXPECT_FALSE(client.next());
  for (int i = 2; i < 8; ++i) publish(*stream, false);  // 2..7, of which 2..4 are let go
  publish(*stream, true);                               // 8
  post(3);
  post(8);
  const auto resumed = client.next();
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->note.sequence, 8u);
  EXPECT_FALSE(resumed->text);
  const auto boxes = client.next();
  ASSERT_TRUE(boxes);
  EXPECT_TRUE(boxes->text);
  EXPECT_EQ(boxes->note.sequence, 8u);
  EXPECT_EQ(dropped(stream->report().texts_dropped, Drop::stale), 1u);
}

TEST(Broadcast, BoxesAreBoundedAndTheOldestGoFirst) {
  auto stream = stream_of("texts");
  Subscription client(*stream, As::picture);
  const Box box{1, 2, 3, 4, "motion", 1, {}};
  for (std::uint64_t i = 0; i < 50; ++i) stream->post_boxes({3, 1, i, 0}, std::span(&box, 1), i);
  std::vector<std::uint64_t> got;
  while (const auto out = client.next()) got.push_back(out->note.sequence);
  EXPECT_EQ(got, (std::vector<std::uint64_t>{46, 47, 48, 49}));
  EXPECT_EQ(dropped(stream->report().texts_dropped, Drop::full), 46u);
  const std::vector<Box> many(100, box);
  stream->post_boxes({3, 1, 50, 0}, many, 50);
  ASSERT_TRUE(client.next());
  EXPECT_GT(stream->report().boxes_cut, 90u);
}

TEST(Broadcast, OfPicturesTheNewestWinsAndTheOthersAreCountedBusy) {
  auto stream = stream_of("pictures");
  auto pool = Pool::make({"pictures/jpeg", "pictures", 4096, 4, 64});
  ASSERT_TRUE(pool);
  const auto show = [&] {
    Lease lease = (*pool)->try_acquire(Role::encoder);
    ASSERT_TRUE(lease);
    Picture picture;
    picture.payload_bytes = 10;
    stream->publish_picture(std::move(lease), picture);
  };
  show();
  EXPECT_EQ(stream->picture_subscribers(), 0u);
  Subscription client(*stream, As::picture);
  EXPECT_EQ(stream->picture_subscribers(), 1u);
  EXPECT_FALSE(client.next()) << "a picture from before may be as old as the last client";
  for (int i = 0; i < 5; ++i) show();
  const auto out = client.next();
  ASSERT_TRUE(out);
  EXPECT_EQ(header_of(*out).kind, Kind::picture);
  EXPECT_EQ(header_of(*out).sequence, 5u);
  EXPECT_FALSE(client.next());
  EXPECT_EQ(dropped(stream->report().pictures_dropped, Drop::busy), 4u);
  stream->clear();
}

TEST(Broadcast, PublishingAllocatesAndFreesNothing) {
  static HotPath path("test.publish");
  auto stream = stream_of("hot");
  Subscription client(*stream, As::packets);
  const Box box{1, 2, 3, 4, "motion", 0.5, 7};
  for (int i = 0; i < 500; ++i) {
    {
      HotPath::Scope scope(path);
      Lease lease = stream->try_take(200);
      AccessUnit unit;
      unit.payload_bytes = 200;
      unit.key = i % 10 == 0;
      const auto sequence = stream->publish(std::move(lease), unit);
      stream->post_boxes({3, 1, sequence, 0}, std::span(&box, 1), sequence);
    }
    if (i % 3 == 0) client.next();
  }
  const auto report = path.report();
  EXPECT_EQ(report.passes, 500u);
  EXPECT_EQ(report.allocations, 0u);
  EXPECT_EQ(report.frees, 0u);
  EXPECT_EQ(report.violations, 0u);
}

// Producer and server at full speed on two threads, slots scarce: no frame is torn, sequences only rise, all slots come
// back.
TEST(Broadcast, AServerThatLagsBehindAnUnrestrainedCameraSeesOnlyWholeFrames) {
  auto stream = stream_of("race", 6);
  std::atomic<bool> done{false};
  std::thread camera([&] {
    for (std::uint64_t i = 0; i < 30000; ++i) {
      Lease lease = stream->try_take(900);
      if (!lease) {
        stream->drop(Drop::full);
        continue;
      }
      std::memset(payload_of(lease).data(), static_cast<int>(i & 0xff), 900);
      AccessUnit unit;
      unit.payload_bytes = 900;
      unit.key = i % 5 == 0;
      unit.pts_us = static_cast<std::int64_t>(i);
      stream->publish(std::move(lease), unit);
    }
    done.store(true, std::memory_order_release);
  });
  Subscription client(*stream, As::packets);
  std::optional<std::uint64_t> last;
  Lease held;
  while (true) {
    const bool finished = done.load(std::memory_order_acquire);
    auto out = client.next();
    if (!out) {
      if (finished) break;
      std::this_thread::yield();
      continue;
    }
    const Header header = header_of(*out);
    if (last) ASSERT_GT(header.sequence, *last);
    if (last && header.sequence != *last + 1) ASSERT_TRUE(header.key);
    last = header.sequence;
    for (std::size_t i = 0; i < 900; ++i) {
      ASSERT_EQ(std::to_integer<std::int64_t>(payload_of(out->lease)[i]), header.pts_us & 0xff);
    }
    if (header.sequence % 11 == 0) held = std::move(out->lease);
  }
  camera.join();
  EXPECT_TRUE(last);
  held.release();
  EXPECT_TRUE(stream->close(Clock::real(), Clock::real().now() + std::chrono::seconds(10)));
}

}  // namespace
}  // namespace weir::server
