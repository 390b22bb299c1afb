// From a paragraph as its format gives it to one that is read: its words and sentences.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

// What is longer is divided, between sentences where it has any.
inline constexpr std::size_t most_text_bytes = 16 << 10, most_words = 4096;

// None where no word is. `language`: the book's.
std::vector<Paragraph> paragraphs_of(const RawParagraph& raw, const std::string& language);

}  // namespace weir::documents
