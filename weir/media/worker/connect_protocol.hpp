// What a connector (the worker that reads files and cameras) and its parent say to each other.
//   parent: pool, with the memory, and a loan for each of its slots; a loan again for each slot that it has read
//   connector: stream, and then any number of packet, stream, larger, alive; at the end end or failed
// Everything that the connector writes goes into a slot that it has; what it says is checked in PacketIntake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/core/worker/message.hpp"
#include "weir/media/source.hpp"

namespace weir::media::connect {

namespace type {
enum Type : std::uint32_t {
  // to the connector
  pool = worker::first_job_type,  // PoolBody, and the memory; those before it are gone
  loan,                           // a slot of it that the connector may write to
  // to the parent
  stream,  // StreamBody: the slot has write_stream()'s bytes; what the next packet belongs to
  packet,  // decode::PacketBody: the slot has write_packet()'s bytes
  larger,  // LargerBody: the next packet fits no slot
  alive,   // waiting for the moment at which the next packet is due
  end,     // the file is at its end
  failed,  // FailedBody: the slot has the error's words
};
}  // namespace type

struct PoolBody {
  std::uint64_t slot_bytes = 0;
};
struct StreamBody {
  std::uint32_t bytes = 0;
};
struct LargerBody {
  std::uint64_t bytes = 0;
};
struct FailedBody {
  std::uint32_t code = 0, text_bytes = 0, detail_bytes = 0;
};

constexpr std::size_t slot_alignment = 64;
// The first pool's slots: a stream's description fits, and nearly every packet.
constexpr std::size_t first_slot_bytes = std::size_t{256} << 10;

// Of an error, more is cut off.
constexpr std::size_t max_words = 4096;

// What Process::start() hands over: what to read. Addresses may hold passwords: here nobody else sees them, unlike on a
// command line. `options.clock` does not travel. Invalid: the address is longer than any is.
struct Job {
  std::string address;
  SourceOptions options;
  Nanos beat{};  // say `alive` at least that often
};
Result<std::vector<std::byte>> write_job(const Job& job);
// Corrupt: not what write_job() wrote.
Result<Job> parse_job(std::span<const std::byte> bytes);

// Writes text and detail to `slot`, at least 2 * max_words long.
FailedBody write_error(const Error& error, std::span<std::byte> slot) noexcept;
// The error, about `owner`. Any bytes: printable characters come out. Corrupt: outside the slot, or a code that there
// is not.
Result<Error> read_error(const FailedBody& body, std::span<const std::byte> slot, const std::string& owner);

}  // namespace weir::media::connect
