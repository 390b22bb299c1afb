#include "weir/media/documents/parse/docx_styles.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "weir/media/documents/parse/docx_xml.hpp"
#include "weir/media/documents/parse/xhtml_entities.hpp"

namespace weir::documents::docx {
namespace {

constexpr std::size_t max_styles = 16'384;
constexpr int max_based = 16;
constexpr int body_text = 9;  // the outline level of what is no heading

// Names are compared without blanks and in lower case: "heading 1" is the style with the id "Heading1".
std::string key_of(std::string_view text) {
  std::string key;
  const std::string valid = valid_utf8(text);
  const auto size = static_cast<std::int32_t>(valid.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT_UNSAFE(valid.data(), i, c);
    if (u_isUWhiteSpace(c)) continue;
    c = u_tolower(c);
    std::array<char, 4> bytes{};
    std::size_t n = 0;
    U8_APPEND_UNSAFE(bytes.data(), n, c);
    key.append(bytes.data(), n);
  }
  return key;
}

// Word writes "heading 1" in every language, other programs their users' word.
int heading_level(std::string_view key) {
  static constexpr std::array<std::string_view, 18> names{
      "heading", "überschrift", "berschrift", "titre",     "título", "ttulo",  "titolo", "kop",   "rubrik",
      "otsikko", "overskrift",  "nagłówek",   "заголовок", "标题",   "見出し", "제목",   "כותרת", "επικεφαλίδα"};
  for (const std::string_view name : names) {
    if (!key.starts_with(name)) continue;
    const std::string_view digits = key.substr(name.size());
    int level = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), level);
    if (error == std::errc() && end == digits.data() + digits.size() && level >= 1 && level <= 9) return level;
  }
  return 0;
}

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

int number(std::string_view text, int otherwise) {
  int value = otherwise;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

int outline_of(const pugi::xml_node& properties) {
  return number(attribute(child(properties, "outlineLvl"), "val"), -1);
}

bool is_numbered(const pugi::xml_node& properties) {
  const pugi::xml_node numbering = child(properties, "numPr");
  return numbering && attribute(child(numbering, "numId"), "val") != "0";
}

Role heading(int level) { return {Kind::heading, static_cast<std::uint8_t>(std::min(level, 6)), false}; }

}  // namespace

void Styles::read(const pugi::xml_node& root) {
  for (const auto& style : root.children()) {
    if (local(style.name()) != "style" || styles_.size() == max_styles) continue;
    const pugi::xml_node properties = child(style, "pPr");
    styles_.try_emplace(
        std::string(attribute(style, "styleId")),
        Style{key_of(attribute(child(style, "name"), "val")), std::string(attribute(child(style, "basedOn"), "val")),
              outline_of(properties), is_numbered(properties)});
  }
  const pugi::xml_node defaults = child(child(child(root, "docDefaults"), "rPrDefault"), "rPr");
  const auto language = attribute(child(defaults, "lang"), "val");
  if (language.size() < 64) language_ = valid_utf8(language);
}

Role Styles::named(const std::string& first) const {
  std::string id = first;
  bool numbered = false;
  for (int i = 0; i < max_based && !id.empty(); ++i) {
    const auto known = styles_.find(id);
    const std::string key = known == styles_.end() || known->second.name.empty() ? key_of(id) : known->second.name;
    if (known != styles_.end() && known->second.outline >= 0) {
      return known->second.outline < body_text ? heading(known->second.outline + 1) : Role();
    }
    if (const int level = heading_level(key); level > 0) return heading(level);
    if (is_one_of(key, {"title", "titel", "titre", "título", "titolo", "название", "标题", "表題"})) {
      return {Kind::heading, 1, true};
    }
    if (is_one_of(key, {"subtitle", "untertitel"})) return heading(2);
    if (is_one_of(key, {"quote", "intensequote", "zitat", "citation"})) return {Kind::quote, 0, false};
    if (is_one_of(key, {"caption", "beschriftung", "légende"})) return {Kind::caption, 0, false};
    if (is_one_of(key, {"htmlpreformatted", "macrotext", "preformattedtext"})) return {Kind::code, 0, false};
    if (key.starts_with("list") || key == "aufzählungszeichen") return {Kind::item, 0, false};
    if (known == styles_.end()) break;
    numbered = numbered || known->second.numbered;
    id = known->second.based_on;
  }
  return {numbered ? Kind::item : Kind::text, 0, false};
}

Role Styles::role_of(const pugi::xml_node& paragraph) const {
  const pugi::xml_node properties = child(paragraph, "pPr");
  const int outline = outline_of(properties);
  if (outline >= 0 && outline < body_text) return heading(outline + 1);
  const Role role = named(std::string(attribute(child(properties, "pStyle"), "val")));
  return role.kind == Kind::text && is_numbered(properties) ? Role{Kind::item, 0, false} : role;
}

}  // namespace weir::documents::docx
