// In which language a paragraph is, as far as its script and its document say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {

// As Paragraph::language. `said` may be anything a document has there.
std::string language_of(const std::vector<Character>& text, const std::string& said);

// "pt" of "pt-BR".
std::string_view primary(std::string_view language) noexcept;

// By the first letter that has a direction.
bool is_right_to_left(const std::vector<Character>& text) noexcept;

}  // namespace weir::documents
