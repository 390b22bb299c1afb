#include "weir/media/worker/decode_protocol.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "weir/media/av.hpp"

namespace weir::media::decode {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(DecodeProtocol, APacketComesThroughWithWhatIsAttachedToIt) {
  Av<AVPacket> native(av_packet_alloc());
  ASSERT_EQ(av_new_packet(native.get(), 5), 0);
  std::memcpy(native->data, "bytes", 5);
  native->pts = AV_NOPTS_VALUE, native->dts = 70, native->duration = 40, native->flags = AV_PKT_FLAG_KEY;
  std::memcpy(av_packet_new_side_data(native.get(), AV_PKT_DATA_NEW_EXTRADATA, 9), "extradata", 9);
  std::memcpy(av_packet_new_side_data(native.get(), AV_PKT_DATA_PALETTE, 3), "pal", 3);
  std::memcpy(av_packet_new_side_data(native.get(), AV_PKT_DATA_STRINGS_METADATA, 4), "none", 4);
  Packet packet;
  packet.bytes = bytes_of("bytes");
  packet.pts_us = 1, packet.dts_us = 2, packet.capture_us = 3, packet.epoch = 4;
  packet.key = packet.restart = true;
  packet.native = native.get();
  ASSERT_EQ(packet_bytes(packet), 5u + 9u + 3u);
  std::vector<std::byte> slot(packet_bytes(packet));
  const PacketBody body = write_packet(packet, slot);

  Av<AVPacket> read(av_packet_alloc());
  Packet out;
  ASSERT_TRUE(read_packet(body, slot, *read, out));
  EXPECT_EQ(std::memcmp(read->data, "bytes", 5), 0);
  EXPECT_EQ(read->size, 5);
  EXPECT_EQ(read->pts, AV_NOPTS_VALUE);
  EXPECT_EQ(read->dts, 70);
  EXPECT_EQ(read->duration, 40);
  EXPECT_EQ(read->flags, AV_PKT_FLAG_KEY);
  ASSERT_EQ(read->side_data_elems, 2);
  std::size_t size = 0;
  const auto* extradata = av_packet_get_side_data(read.get(), AV_PKT_DATA_NEW_EXTRADATA, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(extradata), size), "extradata");
  const auto* palette = av_packet_get_side_data(read.get(), AV_PKT_DATA_PALETTE, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(palette), size), "pal");
  EXPECT_EQ(out.pts_us, 1);
  EXPECT_EQ(out.dts_us, 2);
  EXPECT_EQ(out.capture_us, 3);
  EXPECT_EQ(out.epoch, 4u);
  EXPECT_TRUE(out.key && out.restart);
  EXPECT_EQ(out.bytes.size(), 5u);
  EXPECT_EQ(out.native, read.get());

  for (const std::size_t shorter : {0u, 4u, 5u, 16u}) {
    EXPECT_FALSE(read_packet(body, std::span(slot).first(shorter), *read, out)) << shorter;
  }
}

TEST(DecodeProtocol, AnErrorOfADecoderIsTheSameOneOnTheOtherSide) {
  const Error error{Code::corrupt, "the decoder refuses the stream", "front", "h264: Invalid data"};
  EXPECT_EQ(to_error(to_body(error), "front").line(), error.line());
  EXPECT_EQ(to_error(to_body(error), "front").code, Code::corrupt);
  const Error other{Code::closed, "something else", "front", "because"};
  EXPECT_EQ(to_error(to_body(other), "front").line(), "front: the decoder cannot go on (something else: because)");
}

TEST(DecodeProtocol, AnErrorOfAnyBytesIsOneLineOfPrintableCharacters) {
  ErrorBody body;
  body.code = 4711;
  body.text.fill('\n');
  body.detail.fill('\xff');
  const Error error = to_error(body, "front");
  EXPECT_EQ(error.code, Code::failed);
  for (const char c : error.detail) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
  const Error long_one{Code::failed, "the decoder refuses the stream", "", std::string(1000, 'x')};
  EXPECT_EQ(to_error(to_body(long_one), "").detail, std::string(69, 'x'));
}

TEST(DecodeProtocol, AJobComesThroughAndAnythingElseIsNone) {
  const auto bytes = write_job({.threads = 3, .downstream_slots = 7, .owner = "front", .stream = bytes_of("stream")});
  const auto job = parse_job(bytes);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->threads, 3u);
  EXPECT_EQ(job->downstream_slots, 7u);
  EXPECT_EQ(job->owner, "front");
  EXPECT_EQ(job->stream.size(), 6u);
  EXPECT_FALSE(parse_job({}));
  EXPECT_FALSE(
      parse_job(bytes_of("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234")));
}

}  // namespace
}  // namespace weir::media::decode
