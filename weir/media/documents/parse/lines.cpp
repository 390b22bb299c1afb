#include "weir/media/documents/parse/lines.hpp"

#include <algorithm>

namespace weir::documents {
namespace {

constexpr std::size_t most_line_bytes = 32 << 10;

}  // namespace

Lines::Lines(std::span<const std::byte> file, const Encoding& encoding)
    : file_(file), encoding_(encoding), decoder_(encoding), at_(encoding.bom_bytes) {}

std::uint32_t Lines::unit(std::size_t at) const noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < encoding_.unit_bytes; ++i) {
    const std::size_t byte = encoding_.big_endian ? i : encoding_.unit_bytes - 1 - i;
    value = value << 8 | std::to_integer<std::uint32_t>(file_[at + byte]);
  }
  return value;
}

// Where a line that is too long is cut: behind a full stop, else a blank, else a whole character.
std::size_t Lines::cut_before(std::size_t begin, std::size_t end) const noexcept {
  const std::size_t step = encoding_.unit_bytes, low = begin + (end - begin) / 2 / step * step;
  std::size_t blank = 0;
  for (std::size_t i = end - step; i > low; i -= step) {
    if (unit(i) != ' ') continue;
    if (blank == 0) blank = i + step;
    const std::uint32_t before = unit(i - step);
    if (before == '.' || before == '?' || before == '!') return i + step;
  }
  if (blank > 0) return blank;
  if (encoding_.is_utf8()) {
    for (std::size_t i = end; i > end - 4; --i) {
      if ((std::to_integer<unsigned>(file_[i]) & 0xC0U) != 0x80U) return i;
    }
  }
  return end;
}

bool Lines::next(Line& line) {
  const std::size_t step = encoding_.unit_bytes;
  line.text.clear();
  line.pieces.clear();
  line.cut = false;
  // An odd byte at the end of a wide file belongs to nobody.
  const auto inside = [&](std::size_t i) { return i + step <= file_.size(); };
  if (!inside(at_)) return false;
  const std::size_t begin = at_, most = begin + most_line_bytes;
  std::size_t end = begin;
  while (inside(end) && end < most && unit(end) != '\n' && unit(end) != '\r') end += step;
  at_ = end;
  if (end >= most && inside(end)) {
    line.cut = true;
    at_ = end = cut_before(begin, end);
  } else if (inside(end)) {
    const bool pair = unit(end) == '\r' && inside(end + step) && unit(end + step) == '\n';
    at_ = end + (pair ? 2 * step : step);
  } else {
    at_ = file_.size();
  }
  line.begin = begin;
  line.end = at_;
  decoder_.decode(file_.subspan(begin, end - begin), begin, line.text, line.pieces);
  line.blank = std::ranges::all_of(line.text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; });
  return true;
}

}  // namespace weir::documents
