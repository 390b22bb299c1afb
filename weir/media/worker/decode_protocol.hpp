// What a decode worker and its parent say to each other.
//   parent: packet or flush          worker: any number of want_pool, drop_pool, frame; then done
//   parent: give_back, frame_pool, no_frame_pool (answers want_pool), packet_pool: at any time
// A message's `sequence` counts packets and flushes; `pool` is the serial number of a frame pool, counted from 1 by the
// parent. Everything that the worker says is checked where it is used: see LentFrames and RemoteDecoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message.hpp"
#include "weir/media/video_decoder.hpp"

struct AVPacket;

namespace weir::media::decode {

enum Type : std::uint32_t {
  // to the worker
  packet = worker::first_job_type,  // PacketBody; its bytes are at the start of the packet pool's one slot
  flush,                            // give the frames that are still inside
  give_back,                        // BackBody: the slots are the worker's again
  frame_pool,                       // PoolBody, and the memory: what it wanted
  no_frame_pool,                    // it may not have it
  packet_pool,                      // PoolBody, and the memory: where packets are from now on
  // to the parent
  done,       // DoneBody: the packet, or flush, of that number is dealt with
  frame,      // FrameBody: a picture in `slot` of `pool`
  want_pool,  // PoolBody: a frame pool of that shape
  drop_pool,  // the worker does not use `pool` any more
  error,      // ErrorBody: before done, why decoding cannot go on
};

// Times are held to this so that no arithmetic on them overflows: 2000 years in µs.
constexpr std::int64_t max_time_us = std::int64_t{1} << 56;

// A codec's own hold plus what consumers hold plus this is the capacity of a worker's pool: a frame that the parent has
// let go of is the worker's again only when the message about it was read, which it does between two packets. Within a
// packet one frame may come out and one more picture may be begun.
constexpr std::size_t slots_on_their_way = 2;

// What follows the packet's data, of the kinds that decoders of video look at.
struct SideData {
  std::uint32_t type = 0, bytes = 0;
};
constexpr std::size_t max_side_data = 3;
struct PacketBody {
  std::int64_t pts = 0, dts = 0, duration = 0;  // as in AVPacket, unknown ones included
  std::int64_t pts_us = 0, dts_us = 0, capture_us = 0;
  std::uint32_t epoch = 0, bytes = 0;
  std::int32_t flags = 0;
  std::uint32_t key = 0, restart = 0;
  std::array<SideData, max_side_data> side{};
};

struct BackBody {
  static constexpr std::size_t most = 20;
  std::array<worker::Loan, most> loans{};
  std::uint32_t count = 0;
};

struct PoolBody {
  std::uint64_t slot_bytes = 0, capacity = 0;
};

struct FrameBody {
  std::int64_t pts_us = 0, capture_us = 0;
  std::uint32_t epoch = 0;
  std::int32_t width = 0, height = 0, format = -1;
  std::uint32_t key = 0, full_range = 0;
  std::uint32_t planes = 0;  // bit i: data[i] is not null
  std::array<std::int32_t, 4> stride{};
  std::array<std::uint64_t, 4> offset{};  // within the slot, of the first line
};

// The part of a DecoderReport that the parent does not know by itself.
struct DoneBody {
  std::uint64_t into_leases = 0, copied = 0, errors = 0, damaged = 0, gated = 0, lost = 0, rule_short = 0;
};

struct ErrorBody {
  std::uint32_t code = 0;
  std::array<char, 90> text{};
  std::array<char, 70> detail{};
};

ErrorBody to_body(const Error& error) noexcept;
// Any bytes: one line of printable characters comes out. `text` is one of those that a decoder gives, or says that it
// is another one, which is in `detail` then.
Error to_error(const ErrorBody& body, const std::string& owner);

// What Process::start() hands over.
struct Job {
  std::uint32_t threads = 1;
  std::uint64_t downstream_slots = 0;
  std::string owner;                  // for its log lines
  std::span<const std::byte> stream;  // parse_stream()
};
std::vector<std::byte> write_job(const Job& job);
// Corrupt: not what write_job() wrote. `stream` views `bytes`.
Result<Job> parse_job(std::span<const std::byte> bytes);

// How many bytes of a slot the packet takes.
std::size_t packet_bytes(const Packet& packet) noexcept;
// Writes the packet into `slot`, which is at least packet_bytes() long, and says where what is.
PacketBody write_packet(const Packet& packet, std::span<std::byte> slot) noexcept;
// Makes `native` and `out` of it again. `native` views the slot's data and owns its side data. Corrupt: not what
// write_packet() wrote.
Result<void> read_packet(const PacketBody& body, std::span<const std::byte> slot, AVPacket& native, Packet& out);

}  // namespace weir::media::decode
