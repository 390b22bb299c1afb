// Where sentences end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {

// The bytes at which sentences behind the first begin. The text is in order (ordered.hpp); `characters` are its own.
// By the rules of Unicode (UAX #29, ICU) for the language, but for abbreviations, initials, ordinal numbers, what goes
// on behind a quotation, and quotes that a blank divides from their sentence.
std::vector<std::uint32_t> sentence_begins(const std::string& text, const std::vector<Character>& characters,
                                           std::string_view language);

}  // namespace weir::documents
