// What is said as one: the words of a text.
//
// A word is what stands between blanks, dashes, ellipses and slashes, without the punctuation around it, and has a
// letter or a digit: "don't", "re-opened", "$1,234.50", "e-mail@host.org". In scripts without blanks it is what ICU's
// dictionaries say.
#pragma once

#include <string>
#include <vector>

#include "weir/media/documents/document.hpp"
#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {

// The text is in order (ordered.hpp); `characters` are its own. A word is at most 1 KiB: longer ones are divided.
std::vector<Range> words_of(const std::string& text, const std::vector<Character>& characters);

}  // namespace weir::documents
