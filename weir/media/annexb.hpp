// Access units of H.264 and HEVC: from whatever the container stores to Annex B with parameter sets in band, which is
// what browsers decode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::media {

enum class NalCodec : std::uint8_t { none, h264, hevc };

// What a NAL unit is, as far as weir needs to know. Types: ITU-T H.264 table 7-1, H.265 table 7-1.
enum class NalKind : std::uint8_t { other, delimiter, vps, sps, pps };
NalKind nal_kind(NalCodec codec, std::byte first) noexcept;

// Walks over the NAL units of an access unit, Annex B or length-prefixed, without copying.
// Thread-safety: used by one thread.  Allocates: never.  Blocks: never.  Ownership: views the caller's bytes.
class NalReader {
 public:
  // `length_size` 0: Annex B with 3- or 4-byte start codes; 1, 2 or 4: big-endian length before each NAL unit.
  NalReader(std::span<const std::byte> unit, int length_size) noexcept : rest_(unit), length_size_(length_size) {}

  // True and the next NAL unit without start code, length or trailing zeros; false at the end. NAL units of no bytes
  // are passed over. Corrupt: a length that leaves the unit, bytes before the first start code.
  Result<bool> next(std::span<const std::byte>& nal) noexcept;

 private:
  Result<bool> next_sized(std::span<const std::byte>& nal) noexcept;
  Result<bool> next_start_code(std::span<const std::byte>& nal) noexcept;
  std::span<const std::byte> rest_;
  int length_size_;
  bool started_ = false;
};

// The access units of one stream.
// Thread-safety: const members from any thread.  Allocates: make() and adopt_parameter_sets() only.  Blocks: never.
// Ownership: owns a copy of the parameter sets.
class AccessUnits {
 public:
  AccessUnits() = default;  // a codec without NAL units: bytes pass as they are

  // `extradata` as containers carry it: avcC (ISO 14496-15 5.3.3), hvcC (8.3.3), Annex B, or nothing.
  static Result<AccessUnits> make(NalCodec codec, std::span<const std::byte> extradata);
  // What length_size() and parameter_sets() of others said, as it is after parameter sets were adopted. Corrupt: no
  // such length, or no Annex B.
  static Result<AccessUnits> restore(NalCodec codec, int length_size, std::span<const std::byte> parameter_sets);

  NalCodec codec() const noexcept { return codec_; }
  int length_size() const noexcept { return length_size_; }
  // Annex B; empty while none are known.
  std::span<const std::byte> parameter_sets() const noexcept { return parameter_sets_; }

  // Exactly how many bytes write() will write. Corrupt: not an access unit.
  Result<std::size_t> annexb_bytes(std::span<const std::byte> unit, bool key) const noexcept;
  // Writes the access unit as Annex B, 4-byte start codes throughout; before a key unit that does not carry its
  // parameter sets, the stream's are put in, behind the access unit delimiter if there is one. Returns the bytes
  // written. `exhausted`: `out` is shorter than annexb_bytes(); nothing useful is in it then.
  Result<std::size_t> write(std::span<const std::byte> unit, bool key, std::span<std::byte> out) const noexcept;

  // True if no other frame is predicted from it, so that it can be left out before decoding. H.264: nal_ref_idc is 0
  // (7.4.1); HEVC: sub-layer non-reference pictures and all above the lowest temporal sub-layer (table 7-1, 3.151).
  // False where that is not known.
  bool is_disposable(std::span<const std::byte> unit) const noexcept;

  // True if the unit brings a full set of parameter sets that are not the stream's.
  bool brings_other_parameter_sets(std::span<const std::byte> unit) const noexcept;
  // From now on the unit's parameter sets are the stream's.
  void adopt_parameter_sets(std::span<const std::byte> unit);

 private:
  template <class Emit>
  Result<void> walk(std::span<const std::byte> unit, bool key, Emit&& emit) const noexcept;
  bool carries_all(std::span<const std::byte> unit) const noexcept;

  NalCodec codec_ = NalCodec::none;
  int length_size_ = 0;
  std::vector<std::byte> parameter_sets_;
};

}  // namespace weir::media
