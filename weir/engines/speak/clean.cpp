#include "weir/engines/speak/clean.hpp"

#include <algorithm>
#include <cstdint>

namespace weir::speak {
namespace {

std::uint32_t code_point(std::string_view character) noexcept {
  constexpr std::uint8_t lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  std::uint32_t point = static_cast<std::uint8_t>(character[0]) & lead_bits[character.size()];
  for (const char c : character.substr(1)) point = point << 6 | (static_cast<std::uint8_t>(c) & 0x3fU);
  return point;
}

bool is_read(std::uint32_t point) noexcept {
  const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
  const bool separator = point == 0x2028 || point == 0x2029;
  const bool noncharacter = (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
  return !control && !separator && !noncharacter;
}

}  // namespace

// The Unicode Standard, table 3-7.
std::size_t character_bytes(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (lead < 0xc2 || size == 0 || text.size() < size) return 0;
  const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return size;
}

std::string clean_text(std::string_view text) {
  std::string clean(text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_bytes(text.substr(at));
    const std::size_t step = std::max<std::size_t>(bytes, 1);
    if (bytes == 0 || !is_read(code_point(text.substr(at, bytes)))) {
      std::fill_n(clean.begin() + static_cast<std::ptrdiff_t>(at), step, ' ');
    }
    at += step;
  }
  return clean;
}

}  // namespace weir::speak
