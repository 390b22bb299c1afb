// How a slot that goes to a WebSocket is laid out, so that header and payload leave it in one write without a copy:
//   [note 64][headroom 16][header 48][payload …][tail 64]
// The web server writes its frame head into the headroom. Parsers and decoders may read the tail past the payload.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "weir/core/pool.hpp"
#include "weir/server/wire.hpp"

namespace weir::server {

constexpr std::size_t headroom_bytes = 16;
constexpr std::size_t header_offset = 64 + headroom_bytes;
constexpr std::size_t payload_offset = header_offset + header_bytes;
constexpr std::size_t tail_bytes = 64;  // zeroed by publish(): FFmpeg's input padding
constexpr std::size_t slot_overhead_bytes = payload_offset + tail_bytes;

// What the server needs to know about a slot without reading its header; lies at the slot's start.
struct SlotNote {
  std::uint64_t position = 0;  // in its ring
  std::uint64_t sequence = 0;  // of the access unit; of a text: of the access unit it comes after
  std::uint32_t begin = 0;     // the message: offset in the slot and length
  std::uint32_t bytes = 0;
  bool key = false;
};
static_assert(sizeof(SlotNote) <= 64);

inline SlotNote note_of(const Lease& lease) noexcept {
  SlotNote note;
  std::memcpy(&note, lease.bytes().data(), sizeof note);
  return note;
}
inline void set_note(const Lease& lease, const SlotNote& note) noexcept {
  std::memcpy(lease.bytes().data(), &note, sizeof note);
}

// Where the producer puts the payload.
inline std::span<std::byte> payload_of(const Lease& lease) noexcept {
  const auto bytes = lease.bytes();
  return bytes.subspan(payload_offset, bytes.size() - slot_overhead_bytes);
}

}  // namespace weir::server
