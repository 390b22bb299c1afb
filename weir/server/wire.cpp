#include "weir/server/wire.hpp"

#include <bit>
#include <concepts>
#include <cstring>

namespace weir::server {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the wire is little-endian and fields are copied as they are");

constexpr std::uint16_t flag_key = 1, flag_gap = 2;

template <std::integral T>
void put(std::span<std::byte, header_bytes> out, std::size_t offset, T value) noexcept {
  std::memcpy(out.data() + offset, &value, sizeof value);
}

template <std::integral T>
T get(std::span<const std::byte> in, std::size_t offset) noexcept {
  T value;
  std::memcpy(&value, in.data() + offset, sizeof value);
  return value;
}

}  // namespace

void encode(const Header& header, std::span<std::byte, header_bytes> out) noexcept {
  put(out, 0, protocol_version);
  put(out, 1, static_cast<std::uint8_t>(header.kind));
  put(out, 2, static_cast<std::uint16_t>((header.key ? flag_key : 0) | (header.gap ? flag_gap : 0)));
  put(out, 4, header.stream);
  put(out, 8, header.sequence);
  put(out, 16, header.pts_us);
  put(out, 24, header.dts_us);
  put(out, 32, header.capture_us);
  put(out, 40, header.epoch);
  put(out, 44, header.payload_bytes);
}

Result<Header> decode(std::span<const std::byte> message) noexcept {
  if (message.size() < header_bytes) return fail(Code::corrupt, "message is shorter than its header");
  if (get<std::uint8_t>(message, 0) != protocol_version) return fail(Code::corrupt, "unknown protocol version");
  const auto kind = get<std::uint8_t>(message, 1);
  if (kind != 1 && kind != 2) return fail(Code::corrupt, "unknown message kind");
  const auto flags = get<std::uint16_t>(message, 2);
  if (flags & ~(flag_key | flag_gap)) return fail(Code::corrupt, "unknown flag");

  Header header;
  header.kind = static_cast<Kind>(kind);
  header.key = flags & flag_key;
  header.gap = flags & flag_gap;
  header.stream = get<std::uint32_t>(message, 4);
  header.sequence = get<std::uint64_t>(message, 8);
  header.pts_us = get<std::int64_t>(message, 16);
  header.dts_us = get<std::int64_t>(message, 24);
  header.capture_us = get<std::int64_t>(message, 32);
  header.epoch = get<std::uint32_t>(message, 40);
  header.payload_bytes = get<std::uint32_t>(message, 44);
  if (header.epoch == 0) return fail(Code::corrupt, "epoch is 0; epochs count from 1");
  if (header.payload_bytes > max_payload_bytes) return fail(Code::corrupt, "payload is longer than 16 MiB");
  if (header.payload_bytes != message.size() - header_bytes) {
    return fail(Code::corrupt, "payload length is not the length of the rest of the message");
  }
  return header;
}

std::string_view to_string(StreamState state) noexcept {
  switch (state) {
    case StreamState::connecting: return "connecting";
    case StreamState::live: return "live";
    case StreamState::stalled: return "stalled";
    case StreamState::parked: return "parked";
    case StreamState::ended: return "ended";
  }
  return "connecting";
}

}  // namespace weir::server
