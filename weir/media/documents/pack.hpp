// Numbers and texts in a row of bytes, written and taken apart without reading past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace weir::documents::wire {

// Thread-safety: one thread.  Allocates: never.  Blocks: never.  Ownership: borrows the room.
class Packer {
 public:
  explicit Packer(std::span<std::byte> room) : room_(room) {}

  // Seven bits a byte, the low ones first.
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  // Near zero, of either sign.
  void difference(std::uint64_t to, std::uint64_t from) {
    const auto d = static_cast<std::int64_t>(to - from);
    number((static_cast<std::uint64_t>(d) << 1) ^ static_cast<std::uint64_t>(d >> 63));
  }
  void real(float value) { bytes(std::as_bytes(std::span(&value, 1))); }
  void text(std::string_view text) {
    number(text.size());
    bytes(std::as_bytes(std::span(text)));
  }
  void bytes(std::span<const std::byte> what) {
    if (what.size() > room_.size() - at_) {
      full_ = true;
    } else if (!what.empty()) {
      std::memcpy(room_.data() + at_, what.data(), what.size());
      at_ += what.size();
    }
  }

  std::size_t size() const noexcept { return at_; }
  // Something did not fit and is missing.
  bool full() const noexcept { return full_; }

 private:
  void byte(std::uint8_t value) { bytes(std::as_bytes(std::span(&value, 1))); }

  std::span<std::byte> room_;
  std::size_t at_ = 0;
  bool full_ = false;
};

// What is missing or too large reads as 0 or nothing, and ok() is false from then on.
// Thread-safety: one thread.  Allocates: texts.  Blocks: never.  Ownership: borrows the bytes.
class Unpacker {
 public:
  explicit Unpacker(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t number(std::uint64_t most = ~std::uint64_t{0}) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) return wrong();
      const auto b = std::to_integer<std::uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (b & 0x7F) << shift;
      if (b < 0x80) return value <= most ? value : wrong();
    }
    return wrong();
  }
  std::uint64_t difference(std::uint64_t from) {
    const std::uint64_t n = number();
    return from + ((n >> 1) ^ (~(n & 1) + 1));
  }
  float real() {
    float value = 0;
    const auto four = raw(sizeof value);
    if (four.size() == sizeof value) std::memcpy(&value, four.data(), sizeof value);
    return value;
  }
  std::string text(std::size_t most) {
    const auto chars = raw(number(most));
    return {reinterpret_cast<const char*>(chars.data()), chars.size()};
  }
  // How many follow, each of at least one byte: so that nobody reserves memory for what is not there.
  std::size_t count() { return number(bytes_.size()); }

  void refuse() noexcept { ok_ = false; }
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return bytes_.empty(); }

 private:
  std::uint64_t wrong() noexcept {
    ok_ = false;
    return 0;
  }
  std::span<const std::byte> raw(std::uint64_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto out = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return out;
  }

  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace weir::documents::wire
