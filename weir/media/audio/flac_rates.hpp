// FlacRates: sees where the rate of a FLAC file changes. libsndfile plays on at the rate of the beginning.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir::media {

// Reads the heads of the frames (RFC 9639, section 9.1) as far as they are asked for. A head counts only where its
// check sum is right and it carries the number that is next, so that samples are not taken for one.
// Thread-safety: one thread at a time.  Allocates: open() only.  Blocks: on the disk.
// Ownership: borrows the descriptor.
class FlacRates {
 public:
  // Nothing: it is no plain FLAC file.
  static std::optional<FlacRates> open(int descriptor);

  // The frame of sound from which on the rate is another one, if there is one before `frame`.
  std::optional<std::uint64_t> change_before(std::uint64_t frame);

 private:
  explicit FlacRates(int descriptor) : descriptor_(descriptor), buffer_(buffer_bytes) {}
  bool find_first();
  bool fill();
  void look_at(std::span<const std::byte> head);

  static constexpr std::size_t buffer_bytes = 1 << 16, most_head_bytes = 16;

  int descriptor_;
  std::uint64_t at_ = 0;  // in the file, of what is to be read next
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;      // of what is to be looked at
  std::uint32_t rate_hz_ = 0;            // of the beginning
  std::uint64_t frame_ = 0;              // of sound, where the next FLAC frame begins
  std::optional<std::uint64_t> number_;  // that the next FLAC frame of a fixed size has
  std::optional<std::uint64_t> changed_;
};

}  // namespace weir::media
