#include "weir/media/documents/parse/chapter_lines.hpp"

#include <string>
#include <vector>

#include "weir/media/documents/parse/abbreviations.hpp"
#include "weir/media/documents/parse/characters.hpp"

namespace weir::documents {
namespace {

constexpr std::string_view part_words =
    "part book volume teil buch band livre partie tome parte libro boek deel часть книга том μέρος βιβλίο";
constexpr std::string_view chapter_words =
    "chapter canto letter act scene stave kapitel abschnitt brief akt szene chapitre acte scène chant capítulo "
    "capitulo acto escena capitolo atto scena hoofdstuk kapittel kapitola rozdział luku глава письмо действие розділ "
    "κεφάλαιο κεφάλαιον";
constexpr std::string_view alone =
    "prologue epilogue preface foreword introduction conclusion afterword appendix dedication prolog epilog vorwort "
    "nachwort einleitung anhang préface avant-propos épilogue prólogo epílogo prefacio introducción prefazione prologo "
    "epilogo introduzione предисловие пролог эпилог введение послесловие";
constexpr std::string_view number_words =
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen "
    "nineteen twenty thirty forty fifty first second third fourth fifth sixth seventh eighth ninth tenth last the eins "
    "zwei drei vier fünf sechs sieben acht neun zehn erstes zweites drittes viertes fünftes erster zweiter dritter "
    "premier première deuxième troisième quatrième un deux trois quatre cinq uno dos tres cuatro cinco primera segunda "
    "tercera primo secondo terzo prima seconda первая вторая третья четвертая четвёртая пятая первый второй третий";

struct Reader {
  const std::vector<Character>& text;
  std::size_t at = 0;

  std::u32string word() {
    std::u32string out;
    while (text[at].code != 0 && !is_blank(text[at].code) &&
           (is_letter(text[at].code) || is_digit(text[at].code) || is_mark(text[at].code) || text[at].code == '-')) {
      out += text[at++].code;
    }
    return out;
  }
  void blanks() {
    while (is_blank(text[at].code) && text[at].code != 0) ++at;
  }
};

std::string small(std::u32string_view word) {
  std::string out;
  for (const char32_t c : word) append_utf8(out, lower(c));
  return out;
}

bool is_number_word(std::u32string_view word) {
  if (word.empty()) return false;
  bool digits = true, roman = true;
  for (const char32_t c : word) {
    digits = digits && is_digit(c);
    roman = roman && std::u32string_view(U"IVXLCDM").find(c) != std::u32string_view::npos;
  }
  const std::string key = small(word);
  return digits || roman || lists(number_words, key.substr(0, std::min(key.find('-'), key.size())));
}

// 第三章, 第12回
bool is_chinese(const std::vector<Character>& text) {
  if (text[0].code != U'第') return false;
  for (std::size_t i = 1; i < text.size() && i < 8; ++i) {
    if (std::u32string_view(U"章回部巻卷編篇節节幕話话").find(text[i].code) != std::u32string_view::npos) {
      return i > 1 && text.size() < 50;
    }
    if (!is_digit(text[i].code) && !is_unspaced(text[i].code)) return false;
  }
  return false;
}

}  // namespace

ChapterLine chapter_line(std::string_view line) {
  if (line.empty() || line.size() > 160) return ChapterLine::none;
  const std::vector<Character> text = characters_of(line);
  if (is_chinese(text)) return ChapterLine::chapter;
  if (!is_upper(text[0].code)) return ChapterLine::none;
  Reader reader{text};
  const std::string key = small(reader.word());
  reader.blanks();
  const auto is_end = [&] { return text[reader.at].code == 0; };
  const auto rest_is_stop = [&] { return text[reader.at].code != 0 && text[reader.at + 1].code == 0; };
  if (lists(alone, key)) {
    return is_end() || (text[reader.at].code == '.' && rest_is_stop()) ? ChapterLine::chapter : ChapterLine::none;
  }
  const bool part = lists(part_words, key);
  if (!part && !lists(chapter_words, key)) return ChapterLine::none;
  std::u32string number = reader.word();
  if (small(number) == "the") {
    reader.blanks();
    number = reader.word();
  }
  if (!is_number_word(number)) return ChapterLine::none;
  bool stop = false;
  while (std::u32string_view(U".:,)\u2014\u2013-").find(text[reader.at].code) != std::u32string_view::npos) {
    stop = true;
    ++reader.at;
  }
  reader.blanks();
  if (is_end()) return part ? ChapterLine::bare_part : ChapterLine::bare_chapter;
  // "Chapter 2 was hard to write." is none.
  while (is_quote_or_bracket(text[reader.at].code) || text[reader.at].code == U'\u2014') ++reader.at;
  const char32_t first = text[reader.at].code;
  if (!stop && !is_upper(first) && !is_unspaced(first)) return ChapterLine::none;
  return part ? ChapterLine::part : ChapterLine::chapter;
}

}  // namespace weir::documents
