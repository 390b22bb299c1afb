#include "weir/media/audiobook/audiobook.hpp"

#include <algorithm>
#include <array>

namespace weir::media {

Picture picture_of(std::span<const std::byte> bytes) noexcept {
  constexpr std::array<unsigned char, 3> jpeg = {0xFF, 0xD8, 0xFF};
  constexpr std::array<unsigned char, 8> png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  const auto begins = [&](const auto& mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin(), [](auto a, std::byte b) {
             return a == std::to_integer<unsigned char>(b);
           });
  };
  if (bytes.empty()) return Picture::none;
  return begins(jpeg) ? Picture::jpeg : begins(png) ? Picture::png : Picture::other;
}

std::string_view first_bytes(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace weir::media
