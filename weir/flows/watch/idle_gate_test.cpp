#include "weir/flows/watch/idle_gate.hpp"

#include <gtest/gtest.h>

#include <array>

namespace weir::watch {
namespace {

constexpr std::int64_t second = 1'000'000;

// A stream of ten frames a second with a key every ten, every second of the others disposable.
struct Stream {
  explicit Stream(IdleDecode idle) : gate(idle, 2 * second) {
    info.units = *media::AccessUnits::make(media::NalCodec::h264, {});
  }

  bool next() {
    static constexpr std::array key{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0x65}, std::byte{1}};
    static constexpr std::array used{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0x41}, std::byte{1}};
    static constexpr std::array free{std::byte{0}, std::byte{0}, std::byte{1}, std::byte{0x01}, std::byte{1}};
    media::Packet packet;
    packet.key = n % 10 == 0;
    packet.bytes = packet.key ? std::span<const std::byte>(key) : n % 2 == 1 ? std::span<const std::byte>(free) : used;
    packet.pts_us = n++ * second / 10;
    return gate.wants(packet, info);
  }
  // How many of the next `count` are decoded.
  int next(int count) {
    int wanted = 0;
    for (int i = 0; i < count; ++i) wanted += next() ? 1 : 0;
    return wanted;
  }

  media::StreamInfo info;
  IdleGate gate;
  std::int64_t n = 0;
};

TEST(IdleGate, FullDecodesEverythingWhateverMoves) {
  Stream stream(IdleDecode::full);
  EXPECT_EQ(stream.next(1000), 1000);
}

TEST(IdleGate, OnlyKeyFramesOnceNothingHasMovedForLongEnough) {
  Stream stream(IdleDecode::keyframes);
  EXPECT_EQ(stream.next(20), 20);  // nobody knows yet
  EXPECT_EQ(stream.next(30), 3);
}

TEST(IdleGate, EverythingAgainWithinOneGroupOfPicturesOfAMovement) {
  Stream stream(IdleDecode::keyframes);
  stream.next(45);  // in the middle of a group
  stream.gate.moved(40 * second / 10);
  EXPECT_EQ(stream.next(5), 0);  // what these refer to was left out
  EXPECT_EQ(stream.next(10), 10);
  EXPECT_EQ(stream.next(1), 0 + 1);  // the key
  // It is over when nothing has moved since, counted from when it moved.
  EXPECT_EQ(stream.next(39), 3);
}

TEST(IdleGate, AMovementSeenOnTheKeyFrameItselfLosesNothing) {
  Stream stream(IdleDecode::keyframes);
  stream.next(51);  // the key at 50 was the last
  stream.gate.moved(50 * second / 10);
  EXPECT_EQ(stream.next(19), 19);
}

TEST(IdleGate, ReferenceLeavesOutOnlyWhatNothingRefersTo) {
  Stream stream(IdleDecode::reference);
  EXPECT_EQ(stream.next(20), 20);
  EXPECT_EQ(stream.next(20), 10);
  stream.gate.moved(40 * second / 10);
  EXPECT_EQ(stream.next(20), 20);
}

TEST(IdleGate, ANewDecoderStartsWithEverything) {
  Stream stream(IdleDecode::keyframes);
  stream.next(45);
  stream.gate.restart();
  EXPECT_EQ(stream.next(5), 5);
}

}  // namespace
}  // namespace weir::watch
