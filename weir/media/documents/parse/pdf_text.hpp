// A block of lines as a paragraph: blanks, hyphens at line ends, and where each word stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/pdf_page.hpp"

namespace weir::documents::pdf {

// A hyphen at the end of what is there already goes where letters in lower case stand on both sides.
void append_line(RawParagraph& paragraph, const Line& line, std::uint32_t page);

// Text as poppler has it (UTF-16, perhaps broken) as valid UTF-8: no control characters, no ligatures, single blanks.
std::string clean(std::u16string_view text);

}  // namespace weir::documents::pdf
