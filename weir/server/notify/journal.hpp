// The journal of a queue on disk: records with checksums, readable after any crash and after damage.
// A record is a head of 32 bytes (marker, kind, length, sequence, checksum of the payload, checksum of the head),
// little endian, and a payload. Both checksums are CRC-32 (zlib).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "weir/server/notify/sender.hpp"

namespace weir::notify {

constexpr std::size_t record_head_bytes = 32;

struct Record {
  enum class Kind : std::uint32_t { message = 1, done = 2 };
  Kind kind = Kind::message;
  std::uint64_t sequence = 0;  // of a message, from 1; of a done: up to and with this one
  Message message = {};
};

std::string encode(std::uint64_t sequence, const Message& message);
std::string encode_done(std::uint64_t sequence);

// The first record of `bytes`, if they begin with a whole one; `size` is how many bytes it takes.
std::optional<Record> decode(std::span<const std::byte> bytes, std::size_t& size);

// Reads the records in a piece of journal, over damaged places to the next whole record.
// Thread-safety: none.  Allocates: the records.  Blocks: never.  Ownership: borrows the bytes.
class JournalReader {
 public:
  explicit JournalReader(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  std::optional<Record> next();
  // Where the record that next() gave last began and ended. What comes after the last one's end is a torn record, if
  // anything.
  std::size_t begin() const noexcept { return begin_; }
  std::size_t end() const noexcept { return end_; }
  // Damaged places between records.
  std::uint64_t gaps() const noexcept { return gaps_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace weir::notify
