// Paragraphs of bounded size, whatever a file holds.
#pragma once

#include <cstddef>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

inline constexpr std::size_t most_part_bytes = std::size_t{48} << 10;

// The paragraph itself; a longer one in parts, cut between words where there are any, else between characters.
std::vector<RawParagraph> cut(RawParagraph paragraph, std::size_t most = most_part_bytes);

}  // namespace weir::documents
