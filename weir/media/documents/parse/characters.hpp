// The characters of a text, with their places in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::documents {

struct Character {
  char32_t code = 0;
  std::uint32_t begin = 0;  // byte
};

// All of them, and one behind the last with the code 0, which ends the text. What is not UTF-8 is U+FFFD, byte by byte.
std::vector<Character> characters_of(std::string_view utf8);

bool is_letter(char32_t c) noexcept;
bool is_mark(char32_t c) noexcept;
bool is_digit(char32_t c) noexcept;   // also fractions and other numbers
bool is_blank(char32_t c) noexcept;   // of any width, line ends included
bool is_hidden(char32_t c) noexcept;  // control characters, the soft hyphen, byte order marks
bool is_upper(char32_t c) noexcept;   // title case included
bool is_lower(char32_t c) noexcept;
bool is_currency(char32_t c) noexcept;
bool is_quote_or_bracket(char32_t c) noexcept;
bool opens(char32_t c) noexcept;   // a bracket or quote that usually begins something
bool closes(char32_t c) noexcept;  // or ends it
// Written without blanks between words.
bool is_unspaced(char32_t c) noexcept;
char32_t lower(char32_t c) noexcept;
void append_utf8(std::string& out, char32_t c);

}  // namespace weir::documents
