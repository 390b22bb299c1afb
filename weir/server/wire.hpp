// The wire format of docs/protocol.md: the 48-byte header of binary messages, and the text messages of both sides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::server {

constexpr std::uint8_t protocol_version = 1;
constexpr std::string_view subprotocol = "weir.1";
constexpr std::size_t header_bytes = 48;
constexpr std::size_t max_payload_bytes = std::size_t{16} << 20;
constexpr std::size_t max_client_message_bytes = 4096;

enum class Kind : std::uint8_t { access_unit = 1, picture = 2 };

// What a binary message says about its payload. Times are in microseconds.
// Thread-safety: value type.  Allocates: never.  Blocks: never.  Ownership: none.
struct Header {
  Kind kind = Kind::access_unit;
  bool key = false;  // decoding can start here
  bool gap = false;  // messages were dropped before this one
  std::uint32_t stream = 0;
  std::uint64_t sequence = 0;
  std::int64_t pts_us = 0;
  std::int64_t dts_us = 0;
  std::int64_t capture_us = 0;  // since 1970
  std::uint32_t epoch = 1;
  std::uint32_t payload_bytes = 0;

  bool operator==(const Header&) const = default;
};

void encode(const Header& header, std::span<std::byte, header_bytes> out) noexcept;

// A whole binary message. Errors `corrupt`: shorter than a header, unknown version, kind or flag, epoch 0, a length
// over 16 MiB or other than what follows the header.
Result<Header> decode(std::span<const std::byte> message) noexcept;

// What a client may say.
enum class As { packets, picture };
struct Subscribe {
  std::string stream;
  As as = As::packets;
};
struct Unsubscribe {
  std::string stream;
};
using ClientMessage = std::variant<Subscribe, Unsubscribe>;

// Exactly the two messages of the protocol, with exactly their keys. Errors `invalid` with a text that may be sent as
// the close reason (at most 123 bytes).
Result<ClientMessage> parse_client_message(std::string_view text);

enum class StreamState { connecting, live, stalled, parked, ended };
std::string_view to_string(StreamState state) noexcept;

// STREAM of the protocol.
struct StreamInfo {
  std::uint32_t id = 0;
  std::string name;
  StreamState state = StreamState::connecting;
  std::string reason;         // one line for people
  std::int64_t since_ms = 0;  // wall time at which the state was entered
  std::string codec;          // WebCodecs codec string; empty: no browser decodes it
  std::uint32_t width = 0, height = 0;
  std::uint32_t epoch = 0;  // 0 until the first frame
};

std::string hello_message(std::string_view weir_version, std::string_view flow, const std::vector<StreamInfo>& streams);
std::string stream_message(const StreamInfo& info);

struct Box {
  int x = 0, y = 0, width = 0, height = 0;  // source pixels
  std::string_view label;                   // "motion", "person"
  double confidence = 1;
  std::optional<std::uint64_t> track;
};

struct BoxesHead {
  std::uint32_t stream = 0;
  std::uint32_t epoch = 1;
  std::uint64_t frame = 0;
  std::int64_t pts_us = 0;
};

struct EncodedBoxes {
  std::size_t bytes = 0;  // 0: not even the head fits
  std::size_t boxes = 0;  // how many of them fit
};

// A `boxes` message, written in place and without allocation; boxes that do not fit are left out and not in `boxes`.
EncodedBoxes encode_boxes(const BoxesHead& head, std::span<const Box> boxes, std::span<std::byte> out) noexcept;

}  // namespace weir::server
