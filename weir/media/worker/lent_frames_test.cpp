#include "weir/media/worker/lent_frames.hpp"

extern "C" {
#include <libavutil/pixfmt.h>
}

#include <gtest/gtest.h>

#include <functional>

#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/picture_check.hpp"

namespace weir::media::decode {
namespace {

constexpr std::size_t slot_bytes = 128 * 64 + 64 + 2 * (64 * 32 + 64);  // 128x64 in YUV 4:2:0, with room behind planes

// What an honest worker would say of such a picture.
FrameBody good_picture() {
  FrameBody f;
  f.width = 128, f.height = 64, f.format = AV_PIX_FMT_YUV420P;
  f.planes = 7;
  f.stride = {128, 64, 64, 0};
  f.offset = {0, 128 * 64 + 64, 128 * 64 + 64 + 64 * 32 + 64, 0};
  f.epoch = 1;
  return f;
}

worker::Message frame_message(const FrameBody& body, std::uint32_t pool, worker::Loan loan) {
  worker::Message m;
  m.type = Type::frame;
  m.pool = pool, m.slot = loan.slot, m.generation = loan.generation;
  m.put(body);
  return m;
}

worker::Message pool_message(std::uint64_t bytes, std::uint64_t capacity) {
  worker::Message m;
  m.type = Type::want_pool;
  m.put(PoolBody{bytes, capacity});
  return m;
}

worker::Message drop_message(std::uint32_t pool) {
  worker::Message m;
  m.type = Type::drop_pool;
  m.pool = pool;
  return m;
}

Instant soon() { return Clock::real().now() + std::chrono::seconds(20); }

TEST(PictureCheck, TakesWhatLiesInItsSlotToTheLastByte) {
  EXPECT_EQ(check_picture(good_picture(), slot_bytes), nullptr);
  FrameBody bottom_up = good_picture();
  bottom_up.offset[0] = 63 * 128;
  bottom_up.stride[0] = -128;
  EXPECT_EQ(check_picture(bottom_up, slot_bytes), nullptr);
  FrameBody gray = good_picture();
  gray.format = AV_PIX_FMT_GRAY8, gray.planes = 1;
  EXPECT_EQ(check_picture(gray, 128 * 64 + 64), nullptr);
  FrameBody palette = gray;
  palette.format = AV_PIX_FMT_PAL8, palette.planes = 3;
  palette.offset[1] = 128 * 64 + 64, palette.stride[1] = 0;
  EXPECT_EQ(check_picture(palette, 128 * 64 + 64 + 1024 + 64), nullptr);
  EXPECT_NE(check_picture(palette, 128 * 64 + 64 + 1024 + 63), nullptr);
  FrameBody one_line = gray;
  one_line.height = 1, one_line.stride[0] = 0;
  EXPECT_EQ(check_picture(one_line, 128 + 64), nullptr);
}

TEST(PictureCheck, RefusesEveryWayOutOfTheSlot) {
  struct Lie {
    const char* name;
    std::function<void(FrameBody&)> tell;
  };
  const std::vector<Lie> lies{
      {"no such format", [](FrameBody& f) { f.format = AV_PIX_FMT_NB; }},
      {"no format", [](FrameBody& f) { f.format = -1; }},
      {"a format of another machine's memory", [](FrameBody& f) { f.format = AV_PIX_FMT_VAAPI; }},
      {"no width", [](FrameBody& f) { f.width = 0; }},
      {"less than no height", [](FrameBody& f) { f.height = -64; }},
      {"too wide for any sum", [](FrameBody& f) { f.width = INT32_MAX; }},
      {"too high for any sum", [](FrameBody& f) { f.height = INT32_MAX; }},
      {"one line more", [](FrameBody& f) { f.height = 66; }},
      {"a format of more bytes", [](FrameBody& f) { f.format = AV_PIX_FMT_YUV444P; }},
      {"a format of deeper samples", [](FrameBody& f) { f.format = AV_PIX_FMT_YUV420P10LE; }},
      {"a plane missing", [](FrameBody& f) { f.planes = 3; }},
      {"a plane too many", [](FrameBody& f) { f.planes = 15; }},
      {"a first line behind the slot", [](FrameBody& f) { f.offset[0] = slot_bytes; }},
      {"an offset that wraps", [](FrameBody& f) { f.offset[1] = ~std::uint64_t{0} - 10; }},
      {"an offset that is negative when signed", [](FrameBody& f) { f.offset[1] = std::uint64_t{1} << 63; }},
      {"one byte too far", [](FrameBody& f) { ++f.offset[2]; }},
      {"a longer stride", [](FrameBody& f) { f.stride[2] = 65; }},
      {"the longest stride", [](FrameBody& f) { f.stride[0] = INT32_MAX; }},
      {"the shortest stride", [](FrameBody& f) { f.stride[0] = INT32_MIN; }},
      {"before the slot", [](FrameBody& f) { f.stride[0] = -128; }},
      {"lines on top of each other", [](FrameBody& f) { f.stride[0] = 64; }},
      {"all lines in one", [](FrameBody& f) { f.stride[0] = 0; }},
  };
  for (const Lie& lie : lies) {
    FrameBody body = good_picture();
    lie.tell(body);
    EXPECT_NE(check_picture(body, slot_bytes), nullptr) << lie.name;
  }
  FrameBody odd = good_picture();
  odd.format = AV_PIX_FMT_GRAY16LE, odd.planes = 1, odd.width = 60, odd.offset[0] = 1;
  EXPECT_NE(check_picture(odd, slot_bytes), nullptr);
}

class LentFramesTest : public testing::Test {
 protected:
  LentFramesTest() {
    const auto made = frames.make(pool_message(slot_bytes, 4), 0);
    EXPECT_TRUE(made);
    serial = made->serial;
  }
  ~LentFramesTest() override {
    held.clear();
    frames.revoke();
    EXPECT_TRUE(frames.close(Clock::real(), soon()));
  }
  LentFrames frames{{"test/lent", "test", 1, std::size_t{1} << 20}};
  std::vector<Frame> held;
  std::uint32_t serial = 0;
};

TEST_F(LentFramesTest, AFrameIsItsSlotsMemoryAndTheSlotComesBackWhenAllHaveLetGo) {
  FrameBody body = good_picture();
  body.pts_us = 40'000, body.capture_us = 5, body.key = 1;
  auto frame = frames.take(frame_message(body, serial, {2, 1}), 1);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->lease.handle().index, 2u);
  EXPECT_EQ(frame->lease.role(), Role::engine);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(frame->data[0]), frame->lease.bytes().data());
  EXPECT_EQ(frame->data[1] - frame->data[0], 128 * 64 + 64);
  EXPECT_EQ(frame->data[3], nullptr);
  EXPECT_EQ(frame->pts_us, 40'000);
  EXPECT_TRUE(frame->key);
  Frame other = frame->share(Role::encoder);
  int back = 0;
  const auto count = [&](std::uint32_t pool, worker::Loan loan) {
    EXPECT_EQ(pool, serial);
    EXPECT_EQ(loan.slot, 2u);
    EXPECT_EQ(loan.generation, 2u);
    ++back;
  };
  frame->lease.release();
  frames.collect(count);
  EXPECT_EQ(back, 0);
  other.lease.release();
  frames.collect(count);
  EXPECT_EQ(back, 1);
  frames.collect(count);
  EXPECT_EQ(back, 1);
}

TEST_F(LentFramesTest, EveryLieAboutAFrameIsCalledOneAndGivesNothing) {
  const auto expect_lie = [&](const worker::Message& message, const char* what) {
    const auto frame = frames.take(message, 1);
    ASSERT_FALSE(frame) << what;
    EXPECT_EQ(frame.error().code, Code::corrupt) << what;
  };
  const FrameBody good = good_picture();
  expect_lie(frame_message(good, serial + 1, {0, 1}), "a pool that it does not have");
  expect_lie(frame_message(good, 0, {0, 1}), "no pool");
  expect_lie(frame_message(good, serial, {4, 1}), "a slot that does not exist");
  expect_lie(frame_message(good, serial, {0, 2}), "a generation that has not come");
  expect_lie(frame_message(good, serial, {0, 0}), "no generation");
  FrameBody body = good;
  body.height = 66;
  expect_lie(frame_message(body, serial, {0, 1}), "a picture that is larger than its slot");
  body = good;
  body.pts_us = max_time_us + 1;
  expect_lie(frame_message(body, serial, {0, 1}), "a time beyond all times");
  body.pts_us = INT64_MIN;
  expect_lie(frame_message(body, serial, {0, 1}), "a time before all times");
  body = good;
  body.capture_us = INT64_MAX;
  expect_lie(frame_message(body, serial, {0, 1}), "a capture time beyond all times");
  body = good;
  body.epoch = 2;
  expect_lie(frame_message(body, serial, {0, 1}), "an epoch that has not begun");

  auto given = frames.take(frame_message(good, serial, {0, 1}), 1);
  ASSERT_TRUE(given);
  expect_lie(frame_message(good, serial, {0, 1}), "a slot given twice");
  given->lease.release();
  expect_lie(frame_message(good, serial, {0, 1}), "a slot that was not given back yet");
  frames.collect([](std::uint32_t, worker::Loan) {});
  expect_lie(frame_message(good, serial, {0, 1}), "the loan before");
  EXPECT_TRUE(frames.take(frame_message(good, serial, {0, 2}), 1));
}

TEST_F(LentFramesTest, PoolsAreRefusedBeyondTheBoundWithFigures) {
  const auto large = frames.make(pool_message(std::size_t{1} << 19, 2), 0);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Code::exhausted);
  EXPECT_NE(large.error().line().find("2 slots of 0.5 MB"), std::string::npos) << large.error().line();
  const auto beside_packets = frames.make(pool_message(std::size_t{1} << 18, 2), std::size_t{1} << 19);
  ASSERT_FALSE(beside_packets);
  EXPECT_EQ(beside_packets.error().code, Code::exhausted);
  EXPECT_TRUE(frames.make(pool_message(std::size_t{1} << 18, 2), 0));
  EXPECT_EQ(frames.make(pool_message(~std::uint64_t{63}, 4096), 0).error().code, Code::exhausted);
  for (const auto& [bytes, capacity] : {std::pair<std::uint64_t, std::uint64_t>{0, 1}, {64, 0}, {64, 4097}, {63, 1}}) {
    const auto made = frames.make(pool_message(bytes, capacity), 0);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Code::corrupt);
  }
}

TEST_F(LentFramesTest, ManySmallPoolsHaveAnEnd) {
  int made = 1;
  while (frames.make(pool_message(64, 1), 0)) ASSERT_LT(++made, 1000);
  EXPECT_EQ(made, 64);
}

TEST_F(LentFramesTest, APoolIsLetGoOfOnceAndNotWhileItsFramesAreOut) {
  const auto second = frames.make(pool_message(64, 1), 0);
  ASSERT_TRUE(second);
  const std::size_t before = frames.bytes();
  EXPECT_TRUE(frames.drop(drop_message(second->serial)));
  EXPECT_EQ(frames.bytes(), before - 64);
  EXPECT_EQ(frames.drop(drop_message(second->serial)).error().code, Code::corrupt);
  auto frame = frames.take(frame_message(good_picture(), serial, {1, 1}), 1);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frames.drop(drop_message(serial)).error().code, Code::corrupt);
  // The lie is no harm to who holds the frame.
  EXPECT_EQ(frame->data[0][0], 0);
}

TEST_F(LentFramesTest, TheDeadGiveBackEverythingButWhatReadersHold) {
  auto frame = frames.take(frame_message(good_picture(), serial, {1, 1}), 1);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frames.revoke(), 4u);
  EXPECT_EQ(frame->lease.pool().outstanding(), 1u);
  const auto early = frames.close(Clock::real(), Clock::real().now());
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().line().find("engine 1"), std::string::npos) << early.error().line();
}

}  // namespace
}  // namespace weir::media::decode
