#include "weir/media/worker/packet_intake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "weir/media/stream_bytes.hpp"
#include "weir/media/worker/decode_protocol.hpp"

namespace weir::media::connect {
namespace {

using decode::PacketBody;
using testing::HasSubstr;
using worker::Message;

// A connector, seen from its parent: it has the slots of one pool and may say what it likes.
class Mouth {
 public:
  Mouth() {
    PoolOptions o;
    o.id = "intake test";
    o.owner = "intake test";
    o.slot_bytes = 64 << 10;
    o.capacity = 4;
    o.shared = true;
    pool_ = std::move(*Pool::make(std::move(o)));
    lending_.emplace(*pool_);
    for (std::size_t i = 0; i < pool_->capacity(); ++i) {
      Lease lease = pool_->try_acquire(Role::source);
      const std::span<std::byte> bytes = lease.bytes();
      free_.push_back({lending_->lend(std::move(lease)), bytes});
    }
  }

  static constexpr std::uint32_t serial = 7;

  // Something to say about a slot, filled with `bytes`.
  template <class Body>
  Message about_slot(std::uint32_t type, const Body& body, std::span<const std::byte> bytes) {
    const auto& slot = free_.at(next_++ % free_.size());
    if (!bytes.empty()) std::memcpy(slot.bytes.data(), bytes.data(), bytes.size());
    Message message;
    message.type = type;
    message.pool = serial;
    message.slot = slot.loan.slot;
    message.generation = slot.loan.generation;
    message.put(body);
    return message;
  }

  Message stream(std::uint32_t epoch = 1) {
    StreamInfo info;
    Av<AVCodecParameters> parameters(avcodec_parameters_alloc());
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->codec_id = AV_CODEC_ID_MJPEG;
    info.width = parameters->width = 320;
    info.height = parameters->height = 240;
    info.epoch = epoch;
    info.parameters = std::shared_ptr<const AVCodecParameters>(parameters.release(), AvDelete{});
    const auto bytes = write_stream(info);
    EXPECT_TRUE(bytes);
    return about_slot(type::stream, StreamBody{static_cast<std::uint32_t>(bytes->size())}, *bytes);
  }

  static PacketBody good_packet() {
    PacketBody body;
    body.pts = body.dts = body.pts_us = body.dts_us = 40'000;
    body.duration = 40'000;
    body.capture_us = 1'700'000'000'000'000;
    body.epoch = 1;
    body.bytes = 1000;
    body.flags = AV_PKT_FLAG_KEY;
    body.key = 1;
    return body;
  }
  Message packet(const PacketBody& body) { return about_slot(type::packet, body, content_); }

  Heard say(PacketIntake& intake, const Message& message) {
    const Result<Heard> heard = intake.hear(message, serial, *lending_);
    EXPECT_TRUE(heard);
    lending_->collect([this](worker::Loan loan) {
      for (auto& slot : free_) {
        if (slot.loan.slot == loan.slot) slot.loan = loan;
      }
    });
    return heard.value_or(Heard::lie);
  }

  std::vector<std::byte> content_ = std::vector<std::byte>(1000, std::byte{0x5a});
  std::unique_ptr<Pool> pool_;
  std::optional<worker::Lending> lending_;

 private:
  struct Slot {
    worker::Loan loan;
    std::span<std::byte> bytes;
  };
  std::vector<Slot> free_;
  std::size_t next_ = 0;
};

PacketIntake opened(Mouth& mouth) {
  PacketIntake intake("front", 1);
  EXPECT_EQ(mouth.say(intake, mouth.stream()), Heard::stream);
  return intake;
}

TEST(PacketIntake, APacketIsACopyThatTheConnectorCannotChange) {
  Mouth mouth;
  PacketIntake intake = opened(mouth);
  const Message message = mouth.packet(Mouth::good_packet());
  ASSERT_EQ(mouth.say(intake, message), Heard::packet);
  const Packet& packet = intake.packet();
  std::memset(const_cast<std::byte*>(mouth.pool_->memory().data()), 0xee, mouth.pool_->memory().size());
  EXPECT_TRUE(std::equal(packet.bytes.begin(), packet.bytes.end(), mouth.content_.begin(), mouth.content_.end()));
  EXPECT_EQ(packet.native->data, reinterpret_cast<const std::uint8_t*>(packet.bytes.data()));
  for (int i = 0; i < AV_INPUT_BUFFER_PADDING_SIZE; ++i) EXPECT_EQ(packet.native->data[1000 + i], 0) << i;
  EXPECT_EQ(packet.pts_us, 40'000);
  EXPECT_TRUE(packet.key);
  // And its slot is free already.
  EXPECT_EQ(mouth.lending_->lent(), 4u);
}

TEST(PacketIntake, UnknownTimesStayUnknown) {
  Mouth mouth;
  PacketIntake intake = opened(mouth);
  PacketBody body = Mouth::good_packet();
  body.pts = body.dts = AV_NOPTS_VALUE;
  ASSERT_EQ(mouth.say(intake, mouth.packet(body)), Heard::packet);
  EXPECT_EQ(intake.packet().native->pts, AV_NOPTS_VALUE);
  EXPECT_EQ(intake.packet().native->dts, AV_NOPTS_VALUE);
}

TEST(PacketIntake, APacketThatCannotBeTrueIsALie) {
  constexpr std::int64_t far = (std::int64_t{1} << 56) + 1;
  const std::vector<std::pair<const char*, std::function<void(PacketBody&)>>> lies{
      {"pts_us", [](PacketBody& b) { b.pts_us = far; }},
      {"dts_us", [](PacketBody& b) { b.dts_us = -far; }},
      {"capture", [](PacketBody& b) { b.capture_us = INT64_MAX; }},
      {"pts", [](PacketBody& b) { b.pts = far; }},
      {"dts", [](PacketBody& b) { b.dts = INT64_MIN + 1; }},
      {"duration", [](PacketBody& b) { b.duration = -1; }},
      {"long duration", [](PacketBody& b) { b.duration = far; }},
      {"trusted", [](PacketBody& b) { b.flags |= AV_PKT_FLAG_TRUSTED; }},
      {"flags of no kind", [](PacketBody& b) { b.flags |= 1 << 30; }},
      {"a key that is none", [](PacketBody& b) { b.flags = 0; }},
      {"no key that is one", [](PacketBody& b) { b.key = 0; }},
      {"key of two", [](PacketBody& b) { b.key = 2; }},
      {"nothing in it", [](PacketBody& b) { b.bytes = 0; }},
      {"beyond its slot", [](PacketBody& b) { b.bytes = (64 << 10) + 1; }},
      {"beyond everything", [](PacketBody& b) { b.bytes = UINT32_MAX; }},
      {"side data beyond its slot", [](PacketBody& b) { b.side[0] = {AV_PKT_DATA_NEW_EXTRADATA, (64 << 10) - 999}; }},
      {"side data that wraps around", [](PacketBody& b) { b.side.fill({AV_PKT_DATA_PALETTE, UINT32_MAX}); }},
      {"side data of another kind", [](PacketBody& b) { b.side[1] = {AV_PKT_DATA_STEREO3D, 8}; }},
      {"another epoch", [](PacketBody& b) { b.epoch = 2; }},
      {"a new beginning at the beginning", [](PacketBody& b) { b.restart = 1; }},
      {"restart of two", [](PacketBody& b) { b.restart = 2; }},
  };
  for (const auto& [name, change] : lies) {
    SCOPED_TRACE(name);
    Mouth mouth;
    PacketIntake intake = opened(mouth);
    PacketBody body = Mouth::good_packet();
    change(body);
    EXPECT_EQ(mouth.say(intake, mouth.packet(body)), Heard::lie);
    EXPECT_STRNE(intake.lie(), "");
    // Whatever it says next, nobody listens.
    EXPECT_EQ(mouth.say(intake, mouth.packet(Mouth::good_packet())), Heard::lie);
  }
}

TEST(PacketIntake, ASlotThatIsNotItsOwnIsALie) {
  const std::vector<std::pair<const char*, std::function<void(Message&)>>> lies{
      {"no such slot", [](Message& m) { m.slot = 4; }},
      {"a slot far away", [](Message& m) { m.slot = UINT32_MAX; }},
      {"an earlier loan", [](Message& m) { --m.generation; }},
      {"a loan to come", [](Message& m) { ++m.generation; }},
      {"another pool", [](Message& m) { m.pool = Mouth::serial - 1; }},
      {"a message of no kind", [](Message& m) { m.type = 9999; }},
      {"a message of the parent's", [](Message& m) { m.type = type::loan; }},
  };
  for (const auto& [name, change] : lies) {
    SCOPED_TRACE(name);
    Mouth mouth;
    PacketIntake intake = opened(mouth);
    Message message = mouth.packet(Mouth::good_packet());
    change(message);
    EXPECT_EQ(mouth.say(intake, message), Heard::lie);
  }
  // The same slot twice: by its first loan.
  Mouth mouth;
  PacketIntake intake = opened(mouth);
  const Message message = mouth.packet(Mouth::good_packet());
  EXPECT_EQ(mouth.say(intake, message), Heard::packet);
  EXPECT_EQ(mouth.say(intake, message), Heard::lie);
}

TEST(PacketIntake, WhatComesOutOfOrderIsALie) {
  Mouth mouth;
  const auto lies = [&mouth](std::initializer_list<std::function<Message()>> messages) {
    PacketIntake intake("front", 5);
    Heard heard = Heard::end;
    for (const auto& message : messages) {
      EXPECT_NE(heard, Heard::lie) << "too early: " << intake.lie();
      heard = mouth.say(intake, message());
    }
    EXPECT_EQ(heard, Heard::lie);
  };
  const auto stream = [&](std::uint32_t epoch) { return [&, epoch] { return mouth.stream(epoch); }; };
  const auto packet = [&](std::uint32_t epoch, std::uint32_t restart = 0) {
    return [&, epoch, restart] {
      PacketBody body = Mouth::good_packet();
      body.epoch = epoch;
      body.restart = restart;
      return mouth.packet(body);
    };
  };
  const auto bare = [](std::uint32_t type) {
    return [type] {
      Message message;
      message.type = type;
      return message;
    };
  };
  lies({packet(5)});
  lies({bare(type::end)});
  lies({bare(type::alive)});
  lies({bare(type::larger)});
  lies({stream(4)});                                   // an epoch before the first
  lies({stream(5), packet(5), stream(4)});             // an epoch that is over
  lies({stream(5), packet(5), stream(6), packet(5)});  // a packet of the former stream
  lies({stream(5), packet(5), stream(6), stream(7)});  // descriptions without end
  lies({stream(5), packet(5), stream(6), packet(6, 1), packet(6, 1)});
  lies({stream(5), packet(5), bare(type::end), packet(5)});
}

TEST(PacketIntake, TheStreamIsThatOfThePacketHeardLast) {
  Mouth mouth;
  PacketIntake intake = opened(mouth);
  ASSERT_EQ(mouth.say(intake, mouth.packet(Mouth::good_packet())), Heard::packet);
  ASSERT_EQ(mouth.say(intake, mouth.stream(2)), Heard::stream);
  EXPECT_EQ(intake.info().epoch, 1u);
  PacketBody body = Mouth::good_packet();
  body.epoch = 2;
  body.restart = 1;
  ASSERT_EQ(mouth.say(intake, mouth.packet(body)), Heard::packet);
  EXPECT_EQ(intake.info().epoch, 2u);
  EXPECT_TRUE(intake.packet().restart);
}

TEST(PacketIntake, AStreamThatIsNoneIsALie) {
  Mouth mouth;
  for (const std::uint32_t size : {0u, 5u, 1000u, 64u << 10, UINT32_MAX}) {
    PacketIntake intake("front", 1);
    EXPECT_EQ(mouth.say(intake, mouth.about_slot(type::stream, StreamBody{size}, mouth.content_)), Heard::lie) << size;
  }
}

TEST(PacketIntake, AnErrorIsOneLineOfWhatCanBeShown) {
  Mouth mouth;
  std::vector<std::byte> words(40);
  std::memcpy(words.data(), "broken\n\x1b[31m here\0and more of it than that", 40);
  PacketIntake intake("front", 1);
  const FailedBody body{static_cast<std::uint32_t>(Code::corrupt), 11, 29};
  ASSERT_EQ(mouth.say(intake, mouth.about_slot(type::failed, body, words)), Heard::failed);
  EXPECT_EQ(intake.error().code, Code::corrupt);
  EXPECT_STREQ(intake.error().text, "broken??[31");
  EXPECT_EQ(intake.error().detail, "m here?and more of it than th");
  for (const FailedBody& lie :
       {FailedBody{99, 1, 1}, FailedBody{static_cast<std::uint32_t>(Code::cancelled), 1, 1},
        FailedBody{1, max_words + 1, 0}, FailedBody{1, 0, max_words + 1}, FailedBody{1, UINT32_MAX, 2}}) {
    PacketIntake other("front", 1);
    EXPECT_EQ(mouth.say(other, mouth.about_slot(type::failed, lie, words)), Heard::lie);
  }
}

TEST(ConnectProtocol, AWorkerCannotFillTheListOfTextsWithoutEnd) {
  std::vector<std::byte> slot(2 * max_words);
  const char* text = "";
  for (int i = 0; i < 1000; ++i) {
    const std::string made_up = "made up " + std::to_string(i);
    std::memcpy(slot.data(), made_up.data(), made_up.size());
    const auto error = read_error({1, static_cast<std::uint32_t>(made_up.size()), 0}, slot, "liar");
    ASSERT_TRUE(error);
    text = error->text;
    EXPECT_THAT(error->message(), HasSubstr(made_up));
  }
  EXPECT_STREQ(text, "it cannot be read");
  // Nobody else's errors suffer.
  std::memcpy(slot.data(), "honest", 6);
  EXPECT_STREQ(read_error({1, 6, 0}, slot, "somebody else")->text, "honest");
}

TEST(ConnectProtocol, AJobComesOutAsItWentIn) {
  Job job;
  job.address = "rtsp://admin:hunter2@camera/stream";
  job.beat = std::chrono::milliseconds(123);
  job.options.owner = "front";
  job.options.loop = job.options.fast = true;
  job.options.transport = Transport::udp;
  job.options.connect_timeout = std::chrono::seconds(3);
  job.options.stall_timeout = std::chrono::seconds(4);
  job.options.first_pts_us = -5;
  job.options.first_epoch = 6;
  const auto bytes = write_job(job);
  ASSERT_TRUE(bytes);
  const auto again = parse_job(*bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->address, job.address);
  EXPECT_EQ(again->beat, job.beat);
  EXPECT_EQ(again->options.owner, "front");
  EXPECT_TRUE(again->options.loop && again->options.fast);
  EXPECT_EQ(again->options.transport, Transport::udp);
  EXPECT_EQ(again->options.connect_timeout, std::chrono::seconds(3));
  EXPECT_EQ(again->options.stall_timeout, std::chrono::seconds(4));
  EXPECT_EQ(again->options.first_pts_us, -5);
  EXPECT_EQ(again->options.first_epoch, 6u);
  for (std::size_t size = 0; size < bytes->size(); ++size) EXPECT_FALSE(parse_job(std::span(*bytes).first(size)));
  job.address.assign(40'000, 'a');
  EXPECT_EQ(write_job(job).error().code, Code::invalid);
}

}  // namespace
}  // namespace weir::media::connect
