#include "weir/media/documents/parse/language.hpp"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <map>

namespace weir::documents {
namespace {

// The first is the usual one of the script.
struct Script {
  UScriptCode code;
  std::string_view languages;
};
constexpr std::array<Script, 31> scripts{{
    {USCRIPT_GREEK, "el grc"},
    {USCRIPT_CYRILLIC, "ru uk be bg sr mk kk ky mn tg tt ba cv os ce ab av cu bs uz az sah udm kv rue sh tk crh"},
    {USCRIPT_HEBREW, "he iw yi lad"},
    {USCRIPT_ARABIC, "ar fa ur ps ckb sd ug ku ks pnb azb prs arz ary apc az uz kk pa ms ha"},
    {USCRIPT_DEVANAGARI, "hi mr ne sa kok mai bho doi bh awa brx sd ks pi new"},
    {USCRIPT_HAN, "cmn zh yue nan lzh wuu hak ja ko vi"},
    {USCRIPT_HIRAGANA, "ja"},
    {USCRIPT_HANGUL, "ko"},
    {USCRIPT_THAI, "th"},
    {USCRIPT_GEORGIAN, "ka xmf"},
    {USCRIPT_TELUGU, "te"},
    {USCRIPT_ARMENIAN, "hy hyw"},
    {USCRIPT_BENGALI, "bn as bpy mni"},
    {USCRIPT_GURMUKHI, "pa"},
    {USCRIPT_GUJARATI, "gu"},
    {USCRIPT_ORIYA, "or"},
    {USCRIPT_TAMIL, "ta"},
    {USCRIPT_KANNADA, "kn tcy"},
    {USCRIPT_MALAYALAM, "ml"},
    {USCRIPT_SINHALA, "si"},
    {USCRIPT_LAO, "lo"},
    {USCRIPT_TIBETAN, "bo dz"},
    {USCRIPT_MYANMAR, "my shn mnw"},
    {USCRIPT_ETHIOPIC, "am ti gez tig"},
    {USCRIPT_KHMER, "km"},
    {USCRIPT_MONGOLIAN, "mn mnc"},
    {USCRIPT_CHEROKEE, "chr"},
    {USCRIPT_THAANA, "dv"},
    {USCRIPT_SYRIAC, "syr arc"},
    {USCRIPT_CANADIAN_ABORIGINAL, "iu cr oj"},
    {USCRIPT_TIFINAGH, "zgh ber kab"},
}};
// Languages above that are written in Latin letters too.
constexpr std::string_view also_latin =
    "sr bs sh uz az tk tt kk ku crh vi ms ha lad ber kab cr iu oj ky mn pi sa ug yi tg ab";

bool names(std::string_view list, std::string_view language) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == language) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// "en_us" becomes "en-us"; what is no tag, nothing.
std::string tidy(const std::string& said) {
  std::string out = said;
  for (char& c : out) {
    if (c == '_') c = '-';
    if (c != '-' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) return {};
  }
  const std::string_view first = primary(out);
  if (first.size() < 2 || first.size() > 8 || out.size() > 35) return {};
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] + 32);
  }
  return out == "und" || out == "mul" || out == "zxx" ? std::string() : out;
}

// The script of most letters; kana among them make it Japanese.
UScriptCode main_script(const std::vector<Character>& text) {
  constexpr int enough = 400;
  std::map<UScriptCode, int> counts;
  int letters = 0;
  for (const Character c : text) {
    if (letters >= enough) break;
    if (!is_letter(c.code)) continue;
    UErrorCode status = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(static_cast<UChar32>(c.code), &status);
    if (script == USCRIPT_COMMON || script == USCRIPT_INHERITED) continue;
    if (script == USCRIPT_KATAKANA) script = USCRIPT_HIRAGANA;
    ++letters;
    ++counts[script];
  }
  if (counts.empty()) return USCRIPT_COMMON;
  if (const auto han = counts.find(USCRIPT_HAN); han != counts.end()) {
    // A Chinese character carries what several letters do, a Korean text has some of them among its own.
    if (counts[USCRIPT_HIRAGANA] > 0) counts[USCRIPT_HIRAGANA] += han->second;
    if (counts[USCRIPT_HANGUL] > 0) counts[USCRIPT_HANGUL] += han->second;
  }
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

}  // namespace

std::string_view primary(std::string_view language) noexcept {
  return language.substr(0, std::min(language.find('-'), language.size()));
}

std::string language_of(const std::vector<Character>& text, const std::string& said) {
  const std::string tag = tidy(said);
  const UScriptCode script = main_script(text);
  if (script == USCRIPT_COMMON) return tag;
  if (script == USCRIPT_LATIN) {
    const bool other = std::ranges::any_of(scripts, [&](const Script& s) { return names(s.languages, primary(tag)); });
    const bool latin = !other || names(also_latin, primary(tag)) || tag.find("-Latn") != std::string::npos;
    return latin ? tag : std::string();
  }
  const auto known = std::ranges::find(scripts, script, &Script::code);
  if (known == scripts.end() || names(known->languages, primary(tag))) return tag;
  return std::string(known->languages.substr(0, std::min(known->languages.find(' '), known->languages.size())));
}

bool is_right_to_left(const std::vector<Character>& text) noexcept {
  for (const Character c : text) {
    switch (u_charDirection(static_cast<UChar32>(c.code))) {
      case U_LEFT_TO_RIGHT: return false;
      case U_RIGHT_TO_LEFT:
      case U_RIGHT_TO_LEFT_ARABIC: return true;
      default: break;
    }
  }
  return false;
}

}  // namespace weir::documents
