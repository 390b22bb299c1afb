// What an audiobook says of itself, whatever file it becomes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace weir::media {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its strings and bytes.
struct AudiobookInfo {
  std::string title, author;     // UTF-8; empty: not known
  std::string language;          // BCP 47; empty: not known
  std::vector<std::byte> cover;  // JPEG or PNG; empty: none
};

enum class Picture { none, jpeg, png, other };
// By the first bytes; none where there are none.
Picture picture_of(std::span<const std::byte> bytes) noexcept;

// At most so many bytes of UTF-8, cut between characters.
std::string_view first_bytes(std::string_view text, std::size_t most) noexcept;

}  // namespace weir::media
