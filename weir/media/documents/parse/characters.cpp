#include "weir/media/documents/parse/characters.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

namespace weir::documents {
namespace {

UChar32 icu(char32_t c) { return static_cast<UChar32>(c); }

}  // namespace

std::vector<Character> characters_of(std::string_view utf8) {
  std::vector<Character> out;
  out.reserve(utf8.size() + 1);
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    const auto begin = static_cast<std::uint32_t>(i);
    UChar32 c = 0;
    U8_NEXT(utf8.data(), i, size, c);
    out.push_back({c < 0 ? U'\uFFFD' : static_cast<char32_t>(c), begin});
  }
  out.push_back({0, static_cast<std::uint32_t>(size)});
  return out;
}

bool is_letter(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & U_GC_L_MASK) != 0; }
bool is_mark(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & U_GC_M_MASK) != 0; }
bool is_digit(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & U_GC_N_MASK) != 0; }
bool is_blank(char32_t c) noexcept { return u_isUWhiteSpace(icu(c)) != 0; }
bool is_hidden(char32_t c) noexcept {
  return !is_blank(c) && (u_charType(icu(c)) == U_CONTROL_CHAR || c == 0xAD || c == 0xFEFF || c == 0x2060 ||
                          (c >= 0xFFF9 && c <= 0xFFFB) || U_IS_UNICODE_NONCHAR(icu(c)));
}
bool is_upper(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0; }
// Georgian has capitals, but no sentence begins with one.
bool is_lower(char32_t c) noexcept { return u_charType(icu(c)) == U_LOWERCASE_LETTER && !(c >= 0x10D0 && c <= 0x10FF); }
bool is_currency(char32_t c) noexcept { return u_charType(icu(c)) == U_CURRENCY_SYMBOL; }
bool is_quote_or_bracket(char32_t c) noexcept {
  constexpr std::uint32_t brackets = U_GC_PS_MASK | U_GC_PE_MASK | U_GC_PI_MASK | U_GC_PF_MASK;
  return c == '"' || c == '\'' || (U_GET_GC_MASK(icu(c)) & brackets) != 0;
}

bool opens(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & (U_GC_PS_MASK | U_GC_PI_MASK)) != 0; }
bool closes(char32_t c) noexcept { return (U_GET_GC_MASK(icu(c)) & (U_GC_PE_MASK | U_GC_PF_MASK)) != 0; }

bool is_unspaced(char32_t c) noexcept {
  if (c < 0xE00) return false;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(icu(c), &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

char32_t lower(char32_t c) noexcept { return static_cast<char32_t>(u_tolower(icu(c))); }

void append_utf8(std::string& out, char32_t c) {
  char bytes[U8_MAX_LENGTH];
  std::int32_t size = 0;
  UBool error = 0;
  U8_APPEND(bytes, size, U8_MAX_LENGTH, icu(c), error);
  if (error == 0) out.append(bytes, static_cast<std::size_t>(size));
}

}  // namespace weir::documents
