// The paragraphs of a piece of Markdown: CommonMark, tables, struck text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

// `base` is where the piece lies in the file: words get their bytes there. `definitions` of links are of the whole
// file.
std::vector<RawParagraph> parse_markdown(std::string_view piece, const std::string& definitions, std::uint64_t base);

}  // namespace weir::documents
