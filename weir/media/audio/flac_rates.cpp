#include "weir/media/audio/flac_rates.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace weir::media {
namespace {

unsigned at(std::span<const std::byte> bytes, std::size_t i) { return std::to_integer<unsigned>(bytes[i]); }

std::uint64_t big(std::span<const std::byte> bytes, std::size_t first, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | at(bytes, first + i);
  return value;
}

// x⁸ + x² + x + 1.
unsigned check_sum(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (const std::byte byte : bytes) {
    sum ^= std::to_integer<unsigned>(byte);
    for (int bit = 0; bit < 8; ++bit) sum = (sum << 1 ^ ((sum & 0x80) != 0 ? 0x107U : 0U)) & 0x1FF;
    sum &= 0xFF;
  }
  return sum;
}

struct Head {
  bool fixed = false;
  std::uint64_t number = 0, frames = 0;
  std::uint32_t rate_hz = 0;  // 0: that of the file
};

// Longer than UTF-8's four bytes: up to seven, with 36 bits.
bool read_number(std::span<const std::byte> bytes, std::size_t& i, std::uint64_t& number) {
  const unsigned first = at(bytes, i++);
  int more = 0;
  while (more < 7 && (first & (0x80U >> more)) != 0) ++more;
  if (more == 1 || (first & 0xFF) == 0xFF) return false;
  number = more == 0 ? first : first & (0x7FU >> more);
  for (int k = 1; k < more; ++k) {
    const unsigned next = at(bytes, i++);
    if ((next & 0xC0) != 0x80) return false;
    number = number << 6 | (next & 0x3F);
  }
  return true;
}

// `bytes` holds the longest head there is.
std::optional<Head> read_head(std::span<const std::byte> bytes) {
  static constexpr std::array<std::uint32_t, 12> rates = {0,      88'200, 176'400, 192'000, 8000,   16'000,
                                                          22'050, 24'000, 32'000,  44'100,  48'000, 96'000};
  if (at(bytes, 0) != 0xFF || (at(bytes, 1) & 0xFE) != 0xF8 || (at(bytes, 3) & 1) != 0) return std::nullopt;
  const unsigned size = at(bytes, 2) >> 4, rate = at(bytes, 2) & 15;
  if (size == 0 || rate == 15 || at(bytes, 3) >> 4 > 10) return std::nullopt;
  Head head;
  head.fixed = (at(bytes, 1) & 1) == 0;
  std::size_t i = 4;
  if (!read_number(bytes, i, head.number)) return std::nullopt;
  if (size == 6 || size == 7) {
    head.frames = big(bytes, i, size - 5) + 1;
    i += size - 5;
  } else {
    head.frames = size == 1 ? 192 : size < 6 ? 576U << (size - 2) : 256U << (size - 8);
  }
  if (rate < rates.size()) {
    head.rate_hz = rates[rate];
  } else {
    const std::size_t bytes_of_rate = rate == 12 ? 1 : 2;
    head.rate_hz = static_cast<std::uint32_t>(big(bytes, i, bytes_of_rate)) * (rate == 12 ? 1000 : rate == 13 ? 1 : 10);
    i += bytes_of_rate;
  }
  if (check_sum(bytes.first(i)) != at(bytes, i)) return std::nullopt;
  return head;
}

}  // namespace

std::optional<FlacRates> FlacRates::open(int descriptor) {
  FlacRates rates(descriptor);
  if (!rates.find_first()) return std::nullopt;
  return rates;
}

// Past the metadata, to the first frame.
bool FlacRates::find_first() {
  std::array<std::byte, 18> block{};
  if (::pread(descriptor_, block.data(), 4, 0) != 4 || std::memcmp(block.data(), "fLaC", 4) != 0) return false;
  at_ = 4;
  for (bool last = false; !last;) {
    if (::pread(descriptor_, block.data(), 4, static_cast<off_t>(at_)) != 4) return false;
    last = (at(block, 0) & 0x80) != 0;
    if ((at(block, 0) & 0x7F) == 0) {
      if (::pread(descriptor_, block.data() + 4, 14, static_cast<off_t>(at_ + 4)) != 14) return false;
      rate_hz_ = static_cast<std::uint32_t>(big(block, 14, 3) >> 4);
    }
    at_ += 4 + big(block, 1, 3);
  }
  return rate_hz_ != 0;
}

// More to look at, behind what is left; false at the end.
bool FlacRates::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  const ssize_t n = ::pread(descriptor_, buffer_.data() + end_, buffer_.size() - end_, static_cast<off_t>(at_));
  if (n <= 0) return false;
  at_ += static_cast<std::uint64_t>(n);
  end_ += static_cast<std::size_t>(n);
  return true;
}

void FlacRates::look_at(std::span<const std::byte> bytes) {
  const auto head = read_head(bytes);
  if (!head || head->number != (head->fixed ? number_.value_or(head->number) : frame_)) return;
  if (head->rate_hz != 0 && head->rate_hz != rate_hz_) changed_ = frame_;
  number_ = head->number + 1;
  frame_ += head->frames;
}

std::optional<std::uint64_t> FlacRates::change_before(std::uint64_t frame) {
  while (!changed_ && frame_ < frame) {
    if (end_ - begin_ < most_head_bytes && !fill()) break;
    const auto* first = buffer_.data() + begin_;
    const auto* found = static_cast<const std::byte*>(std::memchr(first, 0xFF, end_ - begin_));
    begin_ = found == nullptr ? end_ : static_cast<std::size_t>(found - buffer_.data());
    if (end_ - begin_ < most_head_bytes) {
      if (!fill() || end_ - begin_ < most_head_bytes) break;
      continue;
    }
    look_at(std::span(buffer_).subspan(begin_, most_head_bytes));
    ++begin_;
  }
  return changed_ && *changed_ < frame ? changed_ : std::nullopt;
}

}  // namespace weir::media
