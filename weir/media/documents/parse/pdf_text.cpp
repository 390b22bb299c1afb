#include "weir/media/documents/parse/pdf_text.hpp"

#include <unicode/uchar.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "weir/media/documents/parse/blocks.hpp"

namespace weir::documents::pdf {
namespace {

UChar32 last_of(std::string_view text, std::size_t& at) {
  UChar32 c = -1;
  auto i = static_cast<std::int32_t>(text.size());
  if (i > 0) U8_PREV(text.data(), 0, i, c);
  at = static_cast<std::size_t>(i);
  return c;
}

UChar32 first_of(std::string_view text) {
  UChar32 c = -1;
  std::int32_t i = 0;
  if (!text.empty()) U8_NEXT(text.data(), i, static_cast<std::int32_t>(text.size()), c);
  return c;
}

// Han and Kana, their punctuation and full-width forms: lines join without a blank.
bool without_blanks(UChar32 c) {
  return (c >= 0x2E80 && c < 0xA000) || (c >= 0xF900 && c < 0xFB00) || (c >= 0xFF00 && c < 0xFFF0) || c >= 0x20000;
}

// What stands between two lines.
void join(RawParagraph& paragraph, std::string_view next) {
  std::string& text = paragraph.text;
  if (text.empty()) return;
  std::size_t at = 0;
  const UChar32 last = last_of(text, at), first = first_of(next);
  if (last == 0xAD || last == '-' || last == 0x2010) {
    std::size_t before_at = 0;
    const UChar32 before = last_of(std::string_view(text).substr(0, at), before_at);
    const bool word = before >= 0 && first >= 0 && u_islower(before) && u_islower(first);
    if (!word && last != 0xAD) return;
    text.resize(at);
    if (!paragraph.pieces.empty()) {
      Range& range = paragraph.pieces.back().text;
      range.end = std::min(range.end, static_cast<std::uint32_t>(at));
      if (range.begin >= range.end) paragraph.pieces.pop_back();
    }
    return;
  }
  if (without_blanks(last) && without_blanks(first)) return;
  text += ' ';
}

}  // namespace

void append_line(RawParagraph& paragraph, const Line& line, std::uint32_t page) {
  if (line.words.empty()) return;
  join(paragraph, line.words.front().text);
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    const Word& word = line.words[i];
    const auto begin = static_cast<std::uint32_t>(paragraph.text.size());
    paragraph.text += word.text;
    const Source source{0, 0, page, word.box.left, word.box.top, word.box.right, word.box.bottom};
    const auto end = static_cast<std::uint32_t>(paragraph.text.size());
    paragraph.pieces.push_back({{begin, end}, source, false});
    if (line.cell_ends(i)) {
      paragraph.text += sentence_end;
    } else if (line.blank_behind(i)) {
      paragraph.text += ' ';
    }
  }
}

std::string clean(std::u16string_view text) {
  static constexpr std::array<std::string_view, 7> ligatures{"ff", "fi", "fl", "ffi", "ffl", "st", "st"};
  std::string out;
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U16_NEXT(text.data(), i, size, c);
    if (c >= 0xFB00 && c <= 0xFB06) {
      out += ligatures[static_cast<std::size_t>(c - 0xFB00)];
      continue;
    }
    if (u_isUWhiteSpace(c)) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      continue;
    }
    // Directional marks have done their work: poppler gives text in the order of speech.
    if (u_iscntrl(c) || U_IS_SURROGATE(c) || c == 0xFFFD || c == 0xFEFF || (c >= 0x200E && c <= 0x200F) ||
        (c >= 0x202A && c <= 0x202E) || (c & 0xFFFE) == 0xFFFE) {
      continue;
    }
    std::array<char, 4> bytes{};
    std::size_t n = 0;
    U8_APPEND_UNSAFE(bytes.data(), n, c);
    out.append(bytes.data(), n);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace weir::documents::pdf
