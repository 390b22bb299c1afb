#include "weir/media/annexb.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::media {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array<std::byte, 4> start_code{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};

unsigned value(std::byte b) { return std::to_integer<unsigned>(b); }

bool is_parameter_set(NalKind kind) { return kind == NalKind::vps || kind == NalKind::sps || kind == NalKind::pps; }

// Where "00 00 01" begins, or the size of `bytes`.
std::size_t find_start_code(Bytes bytes) {
  if (bytes.size() < 3) return bytes.size();
  const std::byte* begin = bytes.data();
  const std::byte* end = begin + bytes.size();
  // The 1 is the rare byte: look for it, then behind it.
  for (const std::byte* p = begin + 2; p < end; ++p) {
    p = static_cast<const std::byte*>(std::memchr(p, 1, static_cast<std::size_t>(end - p)));
    if (p == nullptr) break;
    if (p[-1] == std::byte{0} && p[-2] == std::byte{0}) return static_cast<std::size_t>(p - 2 - begin);
  }
  return bytes.size();
}

void append(std::vector<std::byte>& out, Bytes nal) {
  out.insert(out.end(), start_code.begin(), start_code.end());
  out.insert(out.end(), nal.begin(), nal.end());
}

bool looks_like_annexb(Bytes bytes) {
  return bytes.size() >= 4 && bytes[0] == std::byte{0} && bytes[1] == std::byte{0} &&
         (bytes[2] == std::byte{1} || (bytes[2] == std::byte{0} && bytes[3] == std::byte{1}));
}

// Takes `count` NAL units with 16-bit lengths off the front of `bytes`.
bool take_sized(Bytes& bytes, unsigned count, std::vector<std::byte>& out) {
  for (unsigned i = 0; i < count; ++i) {
    if (bytes.size() < 2) return false;
    const std::size_t size = value(bytes[0]) << 8 | value(bytes[1]);
    if (bytes.size() - 2 < size) return false;
    if (size > 0) append(out, bytes.subspan(2, size));
    bytes = bytes.subspan(2 + size);
  }
  return true;
}

bool read_avcc(Bytes box, int& length_size, std::vector<std::byte>& out) {
  if (box.size() < 7 || box[0] != std::byte{1}) return false;
  length_size = static_cast<int>(value(box[4]) & 3) + 1;
  const unsigned sps = value(box[5]) & 0x1f;
  box = box.subspan(6);
  if (!take_sized(box, sps, out) || box.empty()) return false;
  const unsigned pps = value(box[0]);
  box = box.subspan(1);
  return take_sized(box, pps, out) && length_size != 3;
}

bool read_hvcc(Bytes box, int& length_size, std::vector<std::byte>& out) {
  if (box.size() < 23) return false;
  length_size = static_cast<int>(value(box[21]) & 3) + 1;
  const unsigned arrays = value(box[22]);
  box = box.subspan(23);
  for (unsigned i = 0; i < arrays; ++i) {
    if (box.size() < 3) return false;
    const unsigned count = value(box[1]) << 8 | value(box[2]);
    const NalKind kind = nal_kind(NalCodec::hevc, static_cast<std::byte>((value(box[0]) & 0x3f) << 1));
    box = box.subspan(3);
    std::vector<std::byte> nals;
    if (!take_sized(box, count, nals)) return false;
    // SEI messages in the box describe the file, not the pictures.
    if (is_parameter_set(kind)) out.insert(out.end(), nals.begin(), nals.end());
  }
  return length_size != 3;
}

}  // namespace

NalKind nal_kind(NalCodec codec, std::byte first) noexcept {
  if (codec == NalCodec::h264) {
    switch (value(first) & 0x1f) {
      case 7: return NalKind::sps;
      case 8: return NalKind::pps;
      case 9: return NalKind::delimiter;
      default: return NalKind::other;
    }
  }
  switch ((value(first) >> 1) & 0x3f) {
    case 32: return NalKind::vps;
    case 33: return NalKind::sps;
    case 34: return NalKind::pps;
    case 35: return NalKind::delimiter;
    default: return NalKind::other;
  }
}

Result<bool> NalReader::next(std::span<const std::byte>& nal) noexcept {
  return length_size_ == 0 ? next_start_code(nal) : next_sized(nal);
}

Result<bool> NalReader::next_sized(std::span<const std::byte>& nal) noexcept {
  while (!rest_.empty()) {
    const auto prefix = static_cast<std::size_t>(length_size_);
    if (rest_.size() < prefix) return fail(Code::corrupt, "an access unit ends inside a NAL length");
    std::size_t size = 0;
    for (std::size_t i = 0; i < prefix; ++i) size = size << 8 | value(rest_[i]);
    if (rest_.size() - prefix < size) return fail(Code::corrupt, "a NAL unit is longer than its access unit");
    nal = rest_.subspan(prefix, size);
    rest_ = rest_.subspan(prefix + size);
    if (size > 0) return true;
  }
  return false;
}

Result<bool> NalReader::next_start_code(std::span<const std::byte>& nal) noexcept {
  if (!started_) {
    started_ = true;
    const std::size_t first = find_start_code(rest_);
    const bool clean = std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(first),
                                   [](std::byte b) { return b == std::byte{0}; });
    if (!clean) return fail(Code::corrupt, "an access unit does not begin with a start code");
    rest_ = rest_.subspan(first);
  }
  while (rest_.size() >= 3) {
    rest_ = rest_.subspan(3);
    const std::size_t size = find_start_code(rest_);
    nal = rest_.first(size);
    rest_ = rest_.subspan(size);
    // Zeros behind a NAL unit are the next start code's or padding, never its own (H.264 7.4.1, H.265 7.4.2).
    while (!nal.empty() && nal.back() == std::byte{0}) nal = nal.first(nal.size() - 1);
    if (!nal.empty()) return true;
  }
  return false;
}

Result<AccessUnits> AccessUnits::make(NalCodec codec, std::span<const std::byte> extradata) {
  AccessUnits units;
  units.codec_ = codec;
  if (codec == NalCodec::none || extradata.empty()) return units;
  if (looks_like_annexb(extradata)) {
    units.adopt_parameter_sets(extradata);
    return units;
  }
  const bool good = codec == NalCodec::h264 ? read_avcc(extradata, units.length_size_, units.parameter_sets_)
                                            : read_hvcc(extradata, units.length_size_, units.parameter_sets_);
  if (!good) return fail(Code::corrupt, "the stream's parameter sets cannot be read");
  return units;
}

Result<AccessUnits> AccessUnits::restore(NalCodec codec, int length_size, std::span<const std::byte> parameter_sets) {
  const bool good_length = length_size == 0 || length_size == 1 || length_size == 2 || length_size == 4;
  const bool good_sets = parameter_sets.empty() || looks_like_annexb(parameter_sets);
  const bool none = length_size == 0 && parameter_sets.empty();
  if (!good_length || !good_sets || (codec == NalCodec::none && !none)) {
    return fail(Code::corrupt, "the stream's parameter sets cannot be read");
  }
  AccessUnits units;
  units.codec_ = codec;
  units.length_size_ = length_size;
  units.parameter_sets_.assign(parameter_sets.begin(), parameter_sets.end());
  return units;
}

bool AccessUnits::carries_all(std::span<const std::byte> unit) const noexcept {
  bool vps = codec_ == NalCodec::h264, sps = false, pps = false;
  NalReader reader(unit, length_size_);
  for (Bytes nal; reader.next(nal).value_or(false);) {
    const NalKind kind = nal_kind(codec_, nal[0]);
    vps |= kind == NalKind::vps;
    sps |= kind == NalKind::sps;
    pps |= kind == NalKind::pps;
    if (vps && sps && pps) return true;
  }
  return false;
}

// Gives every piece of the output to `emit`, in order: the one place that decides what the output is, so that its size
// and its bytes cannot disagree.
template <class Emit>
Result<void> AccessUnits::walk(std::span<const std::byte> unit, bool key, Emit&& emit) const noexcept {
  if (codec_ == NalCodec::none) {
    if (unit.empty()) return fail(Code::corrupt, "an access unit is empty");
    emit(unit);
    return {};
  }
  bool pending = key && !parameter_sets_.empty() && !carries_all(unit);
  bool any = false;
  NalReader reader(unit, length_size_);
  for (;;) {
    Bytes nal;
    const Result<bool> more = reader.next(nal);
    if (!more) return tl::unexpected(more.error());
    if (!*more) break;
    if (pending && nal_kind(codec_, nal[0]) != NalKind::delimiter) {
      emit(parameter_sets_);
      pending = false;
    }
    emit(start_code);
    emit(nal);
    any = true;
  }
  if (!any) return fail(Code::corrupt, "an access unit has no NAL unit");
  return {};
}

Result<std::size_t> AccessUnits::annexb_bytes(std::span<const std::byte> unit, bool key) const noexcept {
  std::size_t total = 0;
  const Result<void> walked = walk(unit, key, [&](Bytes piece) { total += piece.size(); });
  if (!walked) return tl::unexpected(walked.error());
  return total;
}

Result<std::size_t> AccessUnits::write(std::span<const std::byte> unit, bool key,
                                       std::span<std::byte> out) const noexcept {
  std::size_t used = 0;
  bool fits = true;
  const Result<void> walked = walk(unit, key, [&](Bytes piece) {
    fits = fits && piece.size() <= out.size() - used;
    if (!fits || piece.empty()) return;
    std::memcpy(out.data() + used, piece.data(), piece.size());
    used += piece.size();
  });
  if (!walked) return tl::unexpected(walked.error());
  if (!fits) return fail(Code::exhausted, "the place for an access unit is too small for it");
  return used;
}

bool AccessUnits::is_disposable(std::span<const std::byte> unit) const noexcept {
  if (codec_ == NalCodec::none) return false;
  NalReader reader(unit, length_size_);
  std::span<const std::byte> nal;
  bool picture = false;
  for (;;) {
    const auto more = reader.next(nal);
    if (!more) return false;
    if (!*more) return picture;
    if (codec_ == NalCodec::h264) {
      const unsigned type = value(nal[0]) & 0x1f;
      if (type < 1 || type > 5) continue;
      if ((value(nal[0]) & 0x60) != 0) return false;
    } else {
      const unsigned type = (value(nal[0]) >> 1) & 0x3f;
      if (type > 31) continue;
      const bool upper = nal.size() > 1 && (value(nal[1]) & 7) > 1;
      const bool non_reference = type < 16 && type % 2 == 0;
      if (!upper && !non_reference) return false;
    }
    picture = true;
  }
}

bool AccessUnits::brings_other_parameter_sets(std::span<const std::byte> unit) const noexcept {
  if (codec_ == NalCodec::none || !carries_all(unit)) return false;
  Bytes known = parameter_sets_;
  auto take = [&known](Bytes expected) {
    if (known.size() < expected.size() || !std::equal(expected.begin(), expected.end(), known.begin())) return false;
    known = known.subspan(expected.size());
    return true;
  };
  NalReader reader(unit, length_size_);
  for (Bytes nal; reader.next(nal).value_or(false);) {
    if (is_parameter_set(nal_kind(codec_, nal[0])) && !(take(start_code) && take(nal))) return true;
  }
  return !known.empty();
}

void AccessUnits::adopt_parameter_sets(std::span<const std::byte> unit) {
  std::vector<std::byte> sets;
  NalReader reader(unit, length_size_);
  for (Bytes nal; reader.next(nal).value_or(false);) {
    if (is_parameter_set(nal_kind(codec_, nal[0]))) append(sets, nal);
  }
  parameter_sets_ = std::move(sets);
}

}  // namespace weir::media
