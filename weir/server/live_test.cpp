// Streams over real sockets: what a client sees, what one that does not read costs, and that every slot comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/support/ws_client.hpp"
#include "weir/server/http_server.hpp"
#include "weir/server/session.hpp"

namespace weir::server {
namespace {

using nlohmann::json;
using test::WsClient;
using test::WsMessage;

constexpr std::size_t kib = 1024;

class LiveTest : public testing::Test {
 protected:
  void start(std::size_t max_clients = 32) {
    HttpServerOptions options;
    options.port = 0;
    options.max_clients = max_clients;
    server = std::make_unique<HttpServer>(options, hub);
    auto listening = server->start();
    ASSERT_TRUE(listening) << listening.error().line();
    port = listening->port;
  }

  Broadcast& add(const std::string& name) {
    BroadcastOptions options;
    options.name = name;
    options.owner = "live-test";
    options.ring_entries = 16;
    options.packets.classes = {{4 * kib, 32}, {64 * kib, 32}, {512 * kib, 16}};
    auto stream = hub.add_stream(options);
    EXPECT_TRUE(stream) << stream.error().line();
    return **stream;
  }

  // The payload tells its own sequence in every byte that matters.
  std::uint64_t publish(Broadcast& stream, bool key, std::size_t bytes = 1000) {
    Lease lease = stream.try_take(bytes);
    if (!lease) return stream.drop(Drop::full);
    std::memset(payload_of(lease).data(), static_cast<int>(published[stream.id()] & 0xff), bytes);
    AccessUnit unit;
    unit.payload_bytes = bytes;
    unit.key = key;
    unit.pts_us = static_cast<std::int64_t>(published[stream.id()]++);
    const auto sequence = stream.publish(std::move(lease), unit);
    hub.notify();
    return sequence;
  }

  static void subscribe(WsClient& client, const std::string& name, const std::string& as = "packets") {
    ASSERT_EQ(client.status(), 101);
    const auto hello = client.receive();
    ASSERT_TRUE(hello);
    ASSERT_TRUE(client.send_text(json{{"type", "subscribe"}, {"stream", name}, {"as", as}}.dump()));
  }

  template <class Condition>
  static bool eventually(Condition condition) {
    const Instant deadline = Clock::real().now() + test::watchdog;
    while (!condition()) {
      if (Clock::real().now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  // A binary message, checked whole.
  static Header frame_of(const WsMessage& message) {
    const auto bytes = std::as_bytes(std::span(message.bytes));
    const auto header = decode(bytes);
    EXPECT_TRUE(header) << header.error().line();
    if (!header) return {};
    const auto payload = bytes.subspan(header_bytes);
    EXPECT_TRUE(std::all_of(payload.begin(), payload.end(),
                            [&](std::byte b) { return std::to_integer<std::int64_t>(b) == (header->pts_us & 0xff); }))
        << "sequence " << header->sequence;
    return *header;
  }

  std::optional<Header> next_frame(WsClient& client) {
    for (;;) {
      const auto message = client.receive();
      if (!message) return std::nullopt;
      if (message->kind == WsMessage::Kind::binary) return frame_of(*message);
      if (message->kind == WsMessage::Kind::close) return std::nullopt;
    }
  }

  // The end that every run must have: server gone, all slots back, every pool balanced.
  void expect_balanced() {
    server->stop();
    const auto closed = hub.close(Clock::real(), Clock::real().now() + test::watchdog);
    EXPECT_TRUE(closed) << closed.error().line();
    for (const PoolReport& pool : Pool::report_all()) {
      if (pool.owner != "live-test") continue;
      EXPECT_EQ(pool.outstanding, 0u) << pool.id;
      EXPECT_EQ(pool.acquired, pool.released) << pool.id;
    }
  }

  StreamHub hub{"watch"};
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
  std::map<std::uint32_t, std::uint64_t> published;
};

TEST_F(LiveTest, ASubscriberGetsEveryAccessUnitInOrderFromTheNewestKey) {
  Broadcast& front = add("front");
  start();
  publish(front, true);
  publish(front, true);
  publish(front, false);
  WsClient client(port);
  subscribe(client, "front");
  auto frame = next_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->sequence, 1u);
  EXPECT_TRUE(frame->key);
  for (std::uint64_t i = 2; i < 200; ++i) {
    if (i > 2) publish(front, i % 30 == 0);
    frame = next_frame(client);
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->sequence, i);
    EXPECT_FALSE(frame->gap);
  }
  EXPECT_EQ(server->report().streams[0].sent, 199u);
  expect_balanced();
}

TEST_F(LiveTest, AMessageLargerThanAPieceArrivesAsOneMessage) {
  Broadcast& front = add("front");
  start();
  WsClient client(port);
  subscribe(client, "front");
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 1; }));
  for (const std::size_t bytes :
       {piece_bytes - header_bytes - 1, piece_bytes - header_bytes, piece_bytes - header_bytes + 1, 500 * kib}) {
    publish(front, true, bytes);
    const auto message = client.receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(frame_of(*message).payload_bytes, bytes);
    EXPECT_EQ(message->frames, (bytes + header_bytes + piece_bytes - 1) / piece_bytes);
  }
  expect_balanced();
}

TEST_F(LiveTest, NothingIsSentOfAStreamThatWasNotSubscribedOrIsNotAnyMore) {
  Broadcast& front = add("front");
  Broadcast& back = add("back");
  start();
  WsClient client(port);
  subscribe(client, "front");
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 1; }));
  publish(back, true);
  publish(front, true);
  auto frame = next_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->stream, front.id());
  ASSERT_TRUE(client.send_text(R"({"type":"unsubscribe","stream":"front"})"));
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 0; }));
  publish(front, true);
  ASSERT_TRUE(client.send_text(R"({"type":"subscribe","stream":"back","as":"packets"})"));
  frame = next_frame(client);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->stream, back.id());
  EXPECT_EQ(frame->sequence, 0u);
  expect_balanced();
}

TEST_F(LiveTest, BoxesFollowTheirAccessUnitAndPicturesReachWhoAskedForThem) {
  Broadcast& front = add("front");
  start();
  WsClient packets(port), pictures(port);
  subscribe(packets, "front");
  subscribe(pictures, "front", "picture");
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 1 && front.picture_subscribers() == 1; }));
  auto pool = Pool::make({"live/jpeg", "live-test", 8 * kib, 4, 64});
  ASSERT_TRUE(pool);
  const auto sequence = publish(front, true);
  const Box box{1, 2, 3, 4, "motion", 1, {}};
  front.post_boxes({front.id(), 1, 0, 0}, std::span(&box, 1), sequence);
  Lease jpeg = (*pool)->try_acquire(Role::encoder);
  std::memset(payload_of(jpeg).data(), 0, 100);
  Picture picture;
  picture.payload_bytes = 100;
  front.publish_picture(std::move(jpeg), picture);
  hub.notify();

  auto message = packets.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(frame_of(*message).kind, Kind::access_unit);
  message = packets.receive();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->kind, WsMessage::Kind::text);
  EXPECT_EQ(json::parse(message->bytes)["boxes"][0]["class"], "motion");

  std::set<std::string> seen;
  for (int i = 0; i < 2; ++i) {
    message = pictures.receive();
    ASSERT_TRUE(message);
    seen.insert(message->kind == WsMessage::Kind::text ? "boxes" : "picture");
    if (message->kind == WsMessage::Kind::binary) {
      EXPECT_EQ(frame_of(*message).kind, Kind::picture);
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"boxes", "picture"}));
  expect_balanced();
}

// Bytes of this process that are neither file nor shared.
std::size_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::stoul(line.substr(8)) * kib;
  }
  return 0;
}

TEST_F(LiveTest, AClientThatStopsReadingCostsAFixedNumberOfBytesAndLosesFramesUpToAKey) {
  Broadcast& front = add("front");
  start(4);
  WsClient stalled(port, {.receive_buffer_bytes = 32 * 1024});
  WsClient reader(port);
  subscribe(stalled, "front");
  subscribe(reader, "front");
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 2; }));

  // Far more than sockets and ring hold. The other client reads on and misses nothing.
  [[maybe_unused]] std::size_t after_warm_up = 0;
  constexpr int frames = 3000;
  for (int i = 0; i < frames; ++i) {
    publish(front, i % 10 == 0, 40 * kib);
    const auto frame = next_frame(reader);
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->sequence, static_cast<std::uint64_t>(i)) << "a client that stalls harms another";
    if (i == frames / 3) after_warm_up = anonymous_bytes();
  }
  [[maybe_unused]] const std::size_t at_the_end = anonymous_bytes();
#ifndef WEIR_SANITIZED
  // 78 MB were published meanwhile. By arithmetic a client costs at most this much.
  EXPECT_LE(at_the_end, after_warm_up + server->max_client_bytes());
#endif
  EXPECT_LE(server->max_client_bytes(), 4u * 1024 * kib);

  // It reads again: what it gets is in order, whole, and goes on at a key with the gap flag. Every frame is sent or
  // counted.
  std::uint64_t got = 0, gaps = 0;
  std::optional<std::uint64_t> last;
  while (!last || *last != frames - 1) {
    const auto frame = next_frame(stalled);
    ASSERT_TRUE(frame);
    if (last && frame->sequence != *last + 1) {
      EXPECT_TRUE(frame->key);
      EXPECT_TRUE(frame->gap);
      ++gaps;
    } else {
      EXPECT_FALSE(frame->gap) << frame->sequence;
    }
    last = frame->sequence;
    ++got;
  }
  EXPECT_GE(gaps, 1u);
  const auto report = server->report();
  const auto& dropped = report.streams[0].client_dropped;
  EXPECT_EQ(got + dropped[static_cast<std::size_t>(Drop::full)] + dropped[static_cast<std::size_t>(Drop::keyframe)],
            static_cast<std::uint64_t>(frames));
  EXPECT_GT(dropped[static_cast<std::size_t>(Drop::full)], 2000u);
  EXPECT_EQ(report.clients, 2u) << "nobody was cut";
  expect_balanced();
}

TEST_F(LiveTest, ClientsThatStandInTheMiddleOfMessagesCannotTakeTheSlotsOfTheCamera) {
  Broadcast& front = add("front");
  start();
  // Each stops reading in the middle of another access unit of 500 kB: without a bound they would hold one slot each,
  // for as long as they like.
  std::vector<std::unique_ptr<WsClient>> stalled;
  const auto sent = [&] { return server->report().streams[0].sent; };
  publish(front, true, 500 * kib);
  for (int i = 0; i < 12; ++i) {
    const auto before = sent();
    stalled.push_back(std::make_unique<WsClient>(port, test::WsOptions{.receive_buffer_bytes = 16 * 1024}));
    subscribe(*stalled.back(), "front");
    ASSERT_TRUE(eventually([&] { return sent() > before; }));
    for (int k = 0; k < 20; ++k) {
      publish(front, true, 500 * kib);
    }
  }
  // One after the other, as long as the camera publishes.
  ASSERT_TRUE(eventually([&] {
    publish(front, true, 500 * kib);
    return server->report().clients <= max_held_beyond_ring;
  })) << server->report().clients;
  EXPECT_EQ(server->report().clients_overstayed, 12 - max_held_beyond_ring);
  EXPECT_TRUE(front.try_take(500 * kib)) << "the camera still finds a slot";
  expect_balanced();
}

TEST_F(LiveTest, ClientsThatComeAndVanishAtAnyMomentLeaveEverySlotBehind) {
  Broadcast& front = add("front");
  start();
  std::jthread camera([&](std::stop_token stop) {
    for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
      publish(front, i % 8 == 0, i % 8 == 0 ? 300 * kib : 3 * kib);
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  for (int i = 0; i < 40; ++i) {
    WsClient client(port);
    ASSERT_EQ(client.status(), 101);
    subscribe(client, "front");
    for (int k = 0; k < i % 5; ++k) ASSERT_TRUE(next_frame(client));
    if (i % 2 == 0) client.send_frame(0x88, "");
    client.vanish();
  }
  ASSERT_TRUE(eventually([&] { return server->report().clients == 0; }));
  EXPECT_EQ(front.packet_subscribers(), 0u);
  camera.request_stop();
  camera.join();
  expect_balanced();
}

TEST_F(LiveTest, StoppingWithClientsConnectedAndACameraThatPublishesOnLeavesEveryPoolBalanced) {
  Broadcast& front = add("front");
  start();
  std::vector<std::unique_ptr<WsClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<WsClient>(port, test::WsOptions{.receive_buffer_bytes = 16 * 1024}));
    subscribe(*clients.back(), "front");
  }
  ASSERT_TRUE(eventually([&] { return front.packet_subscribers() == 8; }));
  std::jthread camera([&](std::stop_token stop) {
    for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
      publish(front, i % 8 == 0, i % 8 == 0 ? 300 * kib : 3 * kib);
    }
  });
  ASSERT_TRUE(eventually([&] { return server->report().streams[0].sent >= 8; }));
  server->stop();
  EXPECT_EQ(front.packet_subscribers(), 0u);
  for (auto& client : clients) {
    while (client->receive()) {
    }
  }
  camera.request_stop();
  camera.join();
  expect_balanced();
}

}  // namespace
}  // namespace weir::server
