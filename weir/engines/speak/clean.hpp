// Clean text: what an engine is given, whatever the document held.
#pragma once

#include <string>
#include <string_view>

namespace weir::speak {

// The same bytes where they are characters to be read; a blank for each byte of what is none: invalid UTF-8 (lone
// surrogates included), control characters, noncharacters. So every place in it is the place in the text.
std::string clean_text(std::string_view text);

// How many bytes the character at the beginning of `text` has; 0: invalid UTF-8, or no text.
std::size_t character_bytes(std::string_view text) noexcept;

}  // namespace weir::speak
