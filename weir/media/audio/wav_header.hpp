// The head of a WAV or RF64 file: what its samples are, where they begin and how many bytes of them it claims.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::media {

// Thread-safety: value type.  Allocates: no.  Blocks: never.  Ownership: owns its values.
struct WavHeader {
  enum class Coding { integer, floating, other };

  Coding coding = Coding::other;
  int bits = 0;         // that a sample takes
  int frame_bytes = 0;  // of one sample of every channel
  int channels = 0;
  std::uint32_t rate_hz = 0;
  std::uint32_t mask = 0;    // 0: the file says nothing
  std::uint64_t offset = 0;  // of the first sample
  // Nothing where the file says so: a program that wrote to a pipe did not know.
  std::optional<std::uint64_t> data_bytes;
};

// Fills the whole span from where the last call ended; false: there is not so much.
using ByteReader = std::function<Result<bool>(std::span<std::byte>)>;

// Reads from the file's first byte to its first sample. Chunks that say nothing about it are passed over, 16 MiB of
// them at most.
// Errors: `unsupported`: no WAV.  `corrupt`: a WAV that does not mean what it should.
// Thread-safety: any thread.  Allocates: in errors.  Blocks: in `read`.  Ownership: none.
Result<WavHeader> read_wav_header(const ByteReader& read);

// The head of a file of these samples, with the same length whatever data_bytes is, so that it can be written again at
// the end: RIFF, or RF64 where that cannot hold the length; sizes of 0xFFFFFFFF where it is not known. `offset` and
// `frame_bytes` are not looked at; `coding` is integer or floating. A mask, or more than two channels, makes it
// WAVE_FORMAT_EXTENSIBLE.
std::vector<std::byte> make_wav_header(const WavHeader& header);

}  // namespace weir::media
