// PacketIntake: the parent's ear for a connector. Takes its messages one by one, believes none of them, and makes
// packets of those that can be true.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message.hpp"
#include "weir/media/av.hpp"
#include "weir/media/packet.hpp"
#include "weir/media/worker/connect_protocol.hpp"

namespace weir::media::connect {

// What a message was about.
enum class Heard : std::uint8_t {
  stream,  // the next packet's stream; before the first packet: the source is open
  packet,  // packet() is one
  larger,  // wanted_bytes()
  alive,
  end,
  failed,  // error()
  lie,     // lie(): the connector is not to be listened to any more
};

// Thread-safety: used by one thread.  Allocates: for each packet and description.  Blocks: never.
// Ownership: owns the packet heard last, and the stream; borrows nothing.
class PacketIntake {
 public:
  // `owner`: of its errors.
  PacketIntake(std::string owner, std::uint32_t first_epoch) : owner_(std::move(owner)), epoch_(first_epoch) {}

  // `serial` and `lending` are of the one pool that the connector has. What lies in its slots may change while it is
  // looked at, so that it is copied out first, once, and nothing but the copy is looked at. The slot that the message
  // names is then free to be collected. Exhausted: not enough memory for the packet.
  Result<Heard> hear(const worker::Message& message, std::uint32_t serial, worker::Lending& lending);

  bool is_open() const noexcept { return open_; }
  // Of the packet heard last.
  const StreamInfo& info() const noexcept { return info_; }
  // Views what this object owns, until the next hear().
  const Packet& packet() const noexcept { return packet_; }
  std::size_t wanted_bytes() const noexcept { return wanted_bytes_; }
  const Error& error() const noexcept { return error_; }
  const char* lie() const noexcept { return lie_; }

 private:
  Heard lied(const char* what) noexcept;
  Heard hear_stream(std::span<const std::byte> slot, const StreamBody& body);
  Result<Heard> hear_packet(std::span<const std::byte> slot, const worker::Message& message);
  Heard hear_larger(const LargerBody& body);
  Heard hear_failed(std::span<const std::byte> slot, const FailedBody& body);

  std::string owner_;
  Av<AVPacket> native_;
  Packet packet_;
  StreamInfo info_;
  std::optional<StreamInfo> next_;  // said, but no packet of it came yet
  Error error_;
  const char* lie_ = "";
  std::size_t wanted_bytes_ = 0;
  std::uint32_t epoch_;  // of the packet heard last
  bool open_ = false, any_ = false, over_ = false;
};

}  // namespace weir::media::connect
