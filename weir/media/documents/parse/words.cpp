#include "weir/media/documents/parse/words.hpp"

#include <unicode/ubrk.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>

namespace weir::documents {
namespace {

struct CloseIterator {
  void operator()(UBreakIterator* i) const noexcept { ubrk_close(i); }
};

UBreakIterator* word_iterator() {
  thread_local std::unique_ptr<UBreakIterator, CloseIterator> iterator;
  if (iterator == nullptr) {
    UErrorCode status = U_ZERO_ERROR;
    iterator.reset(ubrk_open(UBRK_WORD, "", nullptr, 0, &status));
  }
  return iterator.get();
}

constexpr std::size_t most_word_bytes = 1024;

bool in_word(char32_t c) { return is_letter(c) || is_digit(c) || is_mark(c); }

// Divides words wherever it stands.
bool always_divides(char32_t c) {
  return (c >= 0x2013 && c <= 0x2015) || c == 0x2026 || c == 0x2E3A || c == 0x2E3B || c == '|' || c == 0x060C ||
         c == 0x061B || c == 0x061F || c == 0x06D4 || c == 0x0964 || c == 0x0965 || (c >= 0x3001 && c <= 0x3003) ||
         (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301F) || c == 0x30FB || c == 0xFF01 || c == 0xFF08 ||
         c == 0xFF09 || c == 0xFF0C || c == 0xFF1A || c == 0xFF1B || c == 0xFF1F || (c >= 0xFF5F && c <= 0xFF65);
}

// Divides what is not a number: letters on both sides, a quote even between others.
bool divides_letters(char32_t c) { return c == ',' || c == ';' || c == '!' || c == '?' || c == '/' || c == '\\'; }
bool is_double_quote(char32_t c) {
  return c == '"' || c == 0x201C || c == 0x201D || c == 0x201E || c == 0xAB || c == 0xBB;
}

class Finder {
 public:
  Finder(const std::string& text, const std::vector<Character>& characters) : text_(text), characters_(characters) {}

  std::vector<Range> all() {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < characters_.size(); ++i) {
      if (at(i) != ' ' && at(i) != 0) continue;
      chunk(begin, i);
      begin = i + 1;
    }
    return std::move(words_);
  }

 private:
  char32_t at(std::size_t i) const { return characters_[i].code; }
  // What stands between two blanks.
  void chunk(std::size_t begin, std::size_t end);
  std::size_t divider(std::size_t i, std::size_t begin, std::size_t end, bool is_address) const;
  // What stands between two dividers.
  void part(std::size_t begin, std::size_t end);
  void by_dictionary(std::size_t begin, std::size_t end);
  void add(std::size_t begin, std::size_t end);

  const std::string& text_;
  const std::vector<Character>& characters_;
  std::vector<Range> words_;
};

void Finder::chunk(std::size_t begin, std::size_t end) {
  const std::string_view bytes =
      std::string_view(text_).substr(characters_[begin].begin, characters_[end].begin - characters_[begin].begin);
  const bool is_address = bytes.find("://") != std::string_view::npos || bytes.find("www.") != std::string_view::npos;
  std::size_t part_begin = begin;
  for (std::size_t i = begin; i < end;) {
    const std::size_t length = divider(i, begin, end, is_address);
    if (length > 0) {
      part(part_begin, i);
      part_begin = i + length;
    }
    i += std::max<std::size_t>(length, 1);
  }
  part(part_begin, end);
}

// How many characters from `i` on divide words.
std::size_t Finder::divider(std::size_t i, std::size_t begin, std::size_t end, bool is_address) const {
  const char32_t c = at(i);
  if (always_divides(c)) return 1;
  if (is_address) return 0;
  if (c == '-' || c == '.') {
    std::size_t n = 1;
    while (i + n < end && at(i + n) == c) ++n;
    return n >= 2 ? n : 0;
  }
  if (i == begin || i + 1 >= end) return 0;
  const auto letter = [this](std::size_t k) { return is_letter(at(k)) || is_mark(at(k)); };
  if (divides_letters(c) && letter(i - 1) && letter(i + 1)) return 1;
  return is_double_quote(c) && in_word(at(i - 1)) && in_word(at(i + 1)) ? 1 : 0;
}

void Finder::part(std::size_t begin, std::size_t end) {
  std::size_t first = begin;
  while (first < end && !is_letter(at(first)) && !is_digit(at(first))) ++first;
  if (first == end) return;
  std::size_t last = end;
  while (!in_word(at(last - 1))) --last;
  for (std::size_t i = first; i < last; ++i) {
    if (is_unspaced(at(i))) return by_dictionary(first, last);
  }
  const auto sign = [](char32_t c) {
    return is_currency(c) || c == '+' || c == '-' || c == 0x2212 || c == 0xB1 || c == '#';
  };
  if (is_digit(at(first))) {
    if (first > begin && at(first - 1) == '.') --first;
    for (int n = 0; n < 2 && first > begin && sign(at(first - 1)); ++n) --first;
  }
  if (is_digit(at(last - 1))) {
    for (int n = 0; n < 2 && last < end; ++n) {
      const char32_t c = at(last);
      if (!is_currency(c) && c != '%' && c != 0x2030 && c != 0xB0 && c != '+' && c != 0x066A) break;
      ++last;
    }
  }
  add(first, last);
}

// Nobody says a word of a kilobyte; in parts, each is at most that.
void Finder::add(std::size_t begin, std::size_t end) {
  while (begin < end) {
    std::size_t i = begin + 1;
    while (i < end && characters_[i + 1].begin - characters_[begin].begin <= most_word_bytes) ++i;
    words_.push_back({characters_[begin].begin, characters_[i].begin});
    begin = i;
  }
}

void Finder::by_dictionary(std::size_t begin, std::size_t end) {
  const std::uint32_t first = characters_[begin].begin, bytes = characters_[end].begin - first;
  UErrorCode status = U_ZERO_ERROR;
  UText view = UTEXT_INITIALIZER;
  utext_openUTF8(&view, text_.data() + first, bytes, &status);
  UBreakIterator* const iterator = word_iterator();
  if (iterator == nullptr || U_FAILURE(status)) return add(begin, end);
  ubrk_setUText(iterator, &view, &status);
  std::uint32_t word = 0;
  for (std::int32_t at = ubrk_next(iterator); at != UBRK_DONE; at = ubrk_next(iterator)) {
    const auto word_end = static_cast<std::uint32_t>(at);
    if (ubrk_getRuleStatus(iterator) >= UBRK_WORD_NUMBER) words_.push_back({first + word, first + word_end});
    word = word_end;
  }
  utext_close(&view);
}

}  // namespace

std::vector<Range> words_of(const std::string& text, const std::vector<Character>& characters) {
  return Finder(text, characters).all();
}

}  // namespace weir::documents
