#include "weir/media/documents/parse/sentences.hpp"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>

#include "weir/media/documents/parse/abbreviations.hpp"
#include "weir/media/documents/parse/language.hpp"

namespace weir::documents {
namespace {

struct CloseIterator {
  void operator()(UBreakIterator* i) const noexcept { ubrk_close(i); }
};
using Iterator = std::unique_ptr<UBreakIterator, CloseIterator>;

// Greek alone has an end of its own, its question mark.
UBreakIterator* iterator_of(bool greek) {
  thread_local Iterator iterators[2];
  Iterator& own = iterators[greek ? 1 : 0];
  if (own == nullptr) {
    UErrorCode status = U_ZERO_ERROR;
    own.reset(ubrk_open(UBRK_SENTENCE, greek ? "el" : "", nullptr, 0, &status));
  }
  return own.get();
}

bool is_end(char32_t c) { return c == '.' || c == '?' || c == '!' || c == U'\u2026' || c == ';' || c == U'\u037E'; }

bool is_roman(std::u32string_view token) {
  return !token.empty() && token.find_first_not_of(U"IVXLCDM") == std::u32string_view::npos;
}

bool is_number(std::u32string_view token) { return !token.empty() && std::ranges::all_of(token, is_digit); }

// "e.g", "J.R": single letters between full stops.
bool is_dotted(std::u32string_view token) {
  if (token.find(U'.') == std::u32string_view::npos) return false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if ((token[i] == '.') != (i % 2 == 1)) return false;
  }
  return token.size() % 2 == 1;
}

std::string utf8_lower(std::u32string_view token) {
  std::string out;
  for (const char32_t c : token) append_utf8(out, lower(c == U'\u2019' ? U'\'' : c));
  return out;
}

class Judge {
 public:
  Judge(const std::vector<Character>& characters, std::string_view language)
      : text_(characters), list_(abbreviations_of(language)) {}

  // Does a sentence that begins at character `first` end before character `next`, where the rules of Unicode say so?
  bool ends(std::size_t first, std::size_t next) const;

 private:
  char32_t at(std::size_t i) const { return text_[i].code; }
  // The letters, digits and full stops before character `end`.
  std::u32string token_before(std::size_t end, std::size_t first) const;
  std::u32string word_from(std::size_t begin) const;
  bool ends_behind(std::u32string_view token, std::size_t token_begin, std::size_t first, std::size_t next_word) const;

  const std::vector<Character>& text_;
  const Abbreviations& list_;
};

std::u32string Judge::token_before(std::size_t end, std::size_t first) const {
  std::size_t begin = end;
  while (begin > first) {
    const char32_t c = at(begin - 1);
    if (!is_letter(c) && !is_mark(c) && !is_digit(c) && c != '.' && c != '\'' && c != U'\u2019' && c != '-') break;
    --begin;
  }
  std::u32string token;
  for (; begin < end; ++begin) token += at(begin);
  token.erase(0, std::min(token.find_first_not_of(U".'\u2019-"), token.size()));
  return token;
}

std::u32string Judge::word_from(std::size_t begin) const {
  std::u32string word;
  for (; is_letter(at(begin)) || is_mark(at(begin)) || is_digit(at(begin)) || at(begin) == '\''; ++begin) {
    word += at(begin);
  }
  return word;
}

// A full stop stands behind the token: is it the sentence's?
bool Judge::ends_behind(std::u32string_view token, std::size_t token_begin, std::size_t first,
                        std::size_t next_word) const {
  if (token.empty()) return true;
  const std::u32string next = word_from(next_word);
  const bool starter = lists(list_.starters, utf8_lower(next));
  const std::string key = utf8_lower(token);
  const bool nothing_before = [&] {
    for (std::size_t i = first; i < token_begin; ++i) {
      if (is_letter(at(i)) || is_digit(at(i))) return false;
    }
    return true;
  }();
  const bool number = is_number(token), roman = is_roman(token);
  // "1. The first" of a list, "IV. The fourth" of a chapter.
  if (nothing_before && token.size() <= 4 && (number || (roman && token.size() > 1))) return false;
  std::size_t before = token_begin;
  while (before > first && is_blank(at(before - 1))) --before;
  const std::string word_before = utf8_lower(token_before(before, first));
  if ((number || roman) &&
      lists("chapter part book act scene volume kapitel teil buch chapitre capítulo", word_before)) {
    return true;
  }
  if (lists(list_.always, key)) return false;
  if (lists(list_.before_number, key) && !next.empty() && (is_digit(next[0]) || is_roman(next))) return false;
  if (lists(list_.perhaps, key)) return starter;
  if (key == "a.m" || key == "p.m") return true;
  if (is_dotted(token)) return starter;
  if (token.size() == 1 && is_letter(token[0])) {
    if (is_lower(token[0])) return false;
    if (is_upper(token[0])) {
      // "It is I." but "Louis I. Kahn".
      const bool me = token[0] == 'I' && list_.language == "en" && !word_before.empty() && !nothing_before &&
                      is_lower(at(before - 1));
      return starter || me;
    }
  }
  if (list_.ordinals && ((number && token.size() <= 2) || roman)) return starter;
  return true;
}

bool Judge::ends(std::size_t first, std::size_t next) const {
  std::size_t end = next;
  bool closed = false;
  while (end > first && (is_blank(at(end - 1)) || is_quote_or_bracket(at(end - 1)))) {
    --end;
    closed = closed || !is_blank(at(end));
  }
  if (end == first) return false;
  const char32_t stop = at(end - 1);
  if (closed && (at(next) == U'と' || at(next) == U'っ')) return false;
  if (!is_end(stop)) return true;
  if (!is_blank(at(next - 1))) return false;
  std::size_t word = next;
  while (at(word) != 0 && !is_letter(at(word)) && !is_digit(at(word))) ++word;
  if (is_lower(at(word))) return false;
  if (stop != '.' || closed) return true;
  const std::u32string token = token_before(end - 1, first);
  return ends_behind(token, end - 1 - token.size(), first, word);
}

bool is_dash(char32_t c) { return c == '-' || (c >= 0x2013 && c <= 0x2015); }

// A quote that stands behind a blank is still the sentence's: "Bonjour ! » dit-il". One that opens the next sentence
// without a blank before it is not: ICU takes any quote.
std::size_t at_quotes(const std::vector<Character>& text, std::size_t next) {
  std::size_t i = next;
  while (closes(text[i].code)) ++i;
  if (i > next && (text[i].code == ' ' || text[i].code == 0)) return text[i].code == ' ' ? i + 1 : i;
  while (next > 0 && opens(text[next - 1].code)) --next;
  return next;
}

// What ICU does not take for an end: the one character that is three dots, and a stop before a dash.
void add_candidates(const std::vector<Character>& text, std::vector<std::size_t>& candidates) {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    if (!is_end(text[i].code) || text[i].code == ';') continue;
    std::size_t next = i + 1;
    while (is_quote_or_bracket(text[next].code)) ++next;
    if (text[next].code != ' ') continue;
    if (text[i].code == U'\u2026' || is_dash(text[next + 1].code)) candidates.push_back(next + 1);
  }
  std::ranges::sort(candidates);
}

}  // namespace

std::vector<std::uint32_t> sentence_begins(const std::string& text, const std::vector<Character>& characters,
                                           std::string_view language) {
  UBreakIterator* const iterator = iterator_of(primary(language) == "el");
  UErrorCode status = U_ZERO_ERROR;
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, text.data(), static_cast<std::int64_t>(text.size()), &status);
  if (iterator == nullptr || U_FAILURE(status)) return {};
  ubrk_setUText(iterator, &view, &status);
  std::vector<std::size_t> candidates;
  std::size_t c = 0;
  for (std::int32_t at = ubrk_next(iterator); at != UBRK_DONE; at = ubrk_next(iterator)) {
    while (c + 1 < characters.size() && characters[c].begin < static_cast<std::uint32_t>(at)) ++c;
    if (characters[c].code != 0) candidates.push_back(c);
  }
  utext_close(&view);
  add_candidates(characters, candidates);

  const Judge judge(characters, language);
  std::vector<std::uint32_t> begins;
  std::size_t first = 0;
  for (const std::size_t candidate : candidates) {
    const std::size_t next = at_quotes(characters, candidate);
    if (next <= first || characters[next].code == 0 || !judge.ends(first, next)) continue;
    begins.push_back(characters[next].begin);
    first = next;
  }
  return begins;
}

}  // namespace weir::documents
