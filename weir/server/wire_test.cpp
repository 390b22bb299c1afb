#include "weir/server/wire.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

namespace weir::server {
namespace {

using nlohmann::json;

std::vector<std::byte> message_of(const Header& header) {
  std::vector<std::byte> message(header_bytes + header.payload_bytes);
  encode(header, std::span<std::byte, header_bytes>(message.data(), header_bytes));
  return message;
}

TEST(Wire, HeaderIsByteForByteWhatTheProtocolDocumentSays) {
  Header header;
  header.kind = Kind::picture;
  header.key = true;
  header.gap = true;
  header.stream = 0x01020304;
  header.sequence = 0x1112131415161718;
  header.pts_us = -2;
  header.dts_us = 0x2122232425262728;
  header.capture_us = 0x3132333435363738;
  header.epoch = 0x41424344;
  header.payload_bytes = 0x00515253;
  std::array<std::byte, header_bytes> out{};
  encode(header, out);
  const unsigned char expected[header_bytes] = {1,    2,    3,    0,    0x04, 0x03, 0x02, 0x01, 0x18, 0x17, 0x16, 0x15,
                                                0x14, 0x13, 0x12, 0x11, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21, 0x38, 0x37, 0x36, 0x35,
                                                0x34, 0x33, 0x32, 0x31, 0x44, 0x43, 0x42, 0x41, 0x53, 0x52, 0x51, 0x00};
  for (std::size_t i = 0; i < header_bytes; ++i) EXPECT_EQ(std::to_integer<int>(out[i]), expected[i]) << "byte " << i;
}

TEST(Wire, EveryHeaderComesBackAsItWas) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    Header header;
    header.kind = random() & 1 ? Kind::access_unit : Kind::picture;
    header.key = random() & 1;
    header.gap = random() & 1;
    header.stream = static_cast<std::uint32_t>(random());
    header.sequence = random();
    header.pts_us = static_cast<std::int64_t>(random());
    header.dts_us = static_cast<std::int64_t>(random());
    header.capture_us = static_cast<std::int64_t>(random());
    header.epoch = static_cast<std::uint32_t>(random() | 1);
    header.payload_bytes = static_cast<std::uint32_t>(random() % 5000);
    const auto decoded = decode(message_of(header));
    ASSERT_TRUE(decoded) << decoded.error().line();
    EXPECT_EQ(*decoded, header);
  }
}

TEST(Wire, DecodeRefusesWhateverTheProtocolDoesNotAllow) {
  Header good;
  good.payload_bytes = 10;
  const auto with = [&](std::size_t offset, std::uint8_t value) {
    auto message = message_of(good);
    message[offset] = std::byte{value};
    return decode(message);
  };
  ASSERT_TRUE(decode(message_of(good)));
  EXPECT_FALSE(with(0, 0)) << "version 0";
  EXPECT_FALSE(with(0, 2)) << "version 2";
  EXPECT_FALSE(with(1, 0)) << "kind 0";
  EXPECT_FALSE(with(1, 3)) << "kind 3";
  for (int bit = 2; bit < 8; ++bit) EXPECT_FALSE(with(2, static_cast<std::uint8_t>(1 << bit))) << "flag " << bit;
  EXPECT_FALSE(with(3, 1)) << "flag 8";
  EXPECT_FALSE(with(40, 0)) << "epoch 0";
  EXPECT_FALSE(with(44, 9)) << "shorter than what follows";
  EXPECT_FALSE(with(44, 11)) << "longer than what follows";
  EXPECT_FALSE(with(47, 1)) << "16 MiB + 10";
  for (std::size_t size = 0; size < header_bytes; ++size) {
    EXPECT_FALSE(decode(std::vector<std::byte>(size))) << size << " bytes";
  }
  auto largest = good;
  largest.payload_bytes = max_payload_bytes;
  EXPECT_TRUE(decode(message_of(largest)));
  largest.payload_bytes = max_payload_bytes + 1;
  EXPECT_FALSE(decode(message_of(largest)));
}

TEST(Wire, TheTwoClientMessagesAreRead) {
  const auto packets = parse_client_message(R"({"type":"subscribe","stream":"front","as":"packets"})");
  ASSERT_TRUE(packets) << packets.error().line();
  EXPECT_EQ(std::get<Subscribe>(*packets).stream, "front");
  EXPECT_EQ(std::get<Subscribe>(*packets).as, As::packets);
  const auto picture = parse_client_message(R"( {"as":"picture","stream":"a b","type":"subscribe"} )");
  ASSERT_TRUE(picture) << picture.error().line();
  EXPECT_EQ(std::get<Subscribe>(*picture).as, As::picture);
  const auto off = parse_client_message(R"({"type":"unsubscribe","stream":"front"})");
  ASSERT_TRUE(off) << off.error().line();
  EXPECT_EQ(std::get<Unsubscribe>(*off).stream, "front");
}

TEST(Wire, AnyOtherClientMessageIsRefusedWithATextThatFitsACloseFrame) {
  const std::string bad[] = {
      "",
      "{",
      "[]",
      "null",
      "\"subscribe\"",
      "{}",
      R"({"type":"subscribe"})",
      R"({"type":"subscribe","stream":"front"})",
      R"({"type":"subscribe","stream":"front","as":"video"})",
      R"({"type":"subscribe","stream":"front","as":1})",
      R"({"type":"subscribe","stream":7,"as":"packets"})",
      R"({"type":"subscribe","stream":"front","as":"packets","more":1})",
      R"({"type":"subscribe","stream":"front","stream":"back","as":"packets"})",
      R"({"type":"unsubscribe","stream":"front","as":"packets"})",
      R"({"type":"unsubscribe"})",
      R"({"type":"hello","stream":"front"})",
      R"({"type":"subscribe","stream":"front","as":"packets"} x)",
      "{\"type\":\"unsubscribe\",\"stream\":\"\xff\"}",
      std::string(4096, '['),
      R"({"type":"unsubscribe","stream":")" + std::string(4096, 'a') + "\"}",
  };
  for (const auto& text : bad) {
    const auto parsed = parse_client_message(text);
    ASSERT_FALSE(parsed) << text.substr(0, 100);
    EXPECT_EQ(parsed.error().code, Code::invalid);
    EXPECT_LE(std::strlen(parsed.error().text), 123u);
  }
}

TEST(Wire, HelloAndStreamCarryEveryFieldOfStream) {
  StreamInfo info;
  info.id = 3;
  info.name = "front \"door\"\xff";
  info.state = StreamState::stalled;
  info.reason = "no packet for 5 s";
  info.since_ms = 1700000000000;
  info.codec = "avc1.640028";
  info.width = 1920;
  info.height = 1080;
  info.epoch = 2;
  const auto hello = json::parse(hello_message("0.1.0", "watch", {info}));
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["protocol"], 1);
  EXPECT_EQ(hello["weir"], "0.1.0");
  EXPECT_EQ(hello["flow"], "watch");
  ASSERT_EQ(hello["streams"].size(), 1u);
  json stream = json::parse(stream_message(info));
  EXPECT_EQ(stream["type"], "stream");
  stream.erase("type");
  EXPECT_EQ(stream, hello["streams"][0]);
  EXPECT_EQ(stream, (json{{"id", 3},
                          {"name", "front \"door\"\xEF\xBF\xBD"},
                          {"state", "stalled"},
                          {"reason", "no packet for 5 s"},
                          {"since_ms", 1700000000000},
                          {"codec", "avc1.640028"},
                          {"width", 1920},
                          {"height", 1080},
                          {"epoch", 2}}));
}

TEST(Wire, BoxesAreTheJsonOfTheProtocolDocument) {
  const Box boxes[] = {{10, -2, 30, 40, "motion", 1, {}}, {1, 2, 3, 4, "a\"\n", 0.87654, 9}};
  std::array<std::byte, 1024> out;
  const auto encoded = encode_boxes({0, 1, 12, 800000}, boxes, out);
  EXPECT_EQ(encoded.boxes, 2u);
  const std::string_view text(reinterpret_cast<const char*>(out.data()), encoded.bytes);
  EXPECT_EQ(json::parse(text), json::parse(R"({"type":"boxes","stream":0,"epoch":1,"frame":12,"pts_us":800000,"boxes":[
              {"box":[10,-2,30,40],"class":"motion","confidence":1,"track":null},
              {"box":[1,2,3,4],"class":"a\"\n","confidence":0.8765,"track":9}]})"));
}

TEST(Wire, BoxesThatDoNotFitAreLeftOutAndTheRestIsStillWhole) {
  const std::vector<Box> boxes(100,
                               Box{1000, 1000, 1000, 1000, "motion", 0.5, std::numeric_limits<std::uint64_t>::max()});
  std::vector<std::byte> out(4096);
  std::size_t most = 0;
  for (std::size_t size = 0; size <= out.size(); ++size) {
    const auto encoded = encode_boxes({1, 1, 1, 1}, boxes, std::span(out).first(size));
    ASSERT_LE(encoded.bytes, size);
    if (encoded.bytes == 0) continue;
    const auto parsed =
        json::parse(std::string_view(reinterpret_cast<const char*>(out.data()), encoded.bytes), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << size;
    ASSERT_EQ(parsed["boxes"].size(), encoded.boxes);
    most = std::max(most, encoded.boxes);
  }
  EXPECT_GT(most, 10u);
  EXPECT_LT(most, boxes.size());
}

}  // namespace
}  // namespace weir::server
