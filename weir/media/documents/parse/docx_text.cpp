#include "weir/media/documents/parse/docx_text.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <map>
#include <string_view>

#include "weir/media/documents/parse/blocks.hpp"
#include "weir/media/documents/parse/docx_xml.hpp"
#include "weir/media/documents/parse/xhtml_entities.hpp"

namespace weir::documents::docx {
namespace {

// What follows deeper is left out: programs do not nest like this.
constexpr int max_depth = 200;

// On: present, unless it says otherwise.
bool is_on(const pugi::xml_node& switch_element) {
  if (!switch_element) return false;
  const auto value = attribute(switch_element, "val");
  return value != "0" && value != "false" && value != "off";
}

bool is_hidden(std::string_view name, const pugi::xml_node& element) {
  if (name == "del" || name == "moveFrom" || name == "delText" || name == "instrText" || name == "rPr" ||
      name == "pPr") {
    return true;
  }
  if (name == "txbxContent" || name == "rt" || name == "delInstrText" || name == "sdtPr" || name == "drawing") {
    return true;
  }
  return name == "r" && is_on(child(child(element, "rPr"), "vanish"));
}

// Of mc:AlternateContent's children one is shown: the first mc:Choice, else mc:Fallback.
bool is_shown_alternative(const pugi::xml_node& element) {
  const pugi::xml_node parent = element.parent();
  const pugi::xml_node choice = child(parent, "Choice");
  return choice ? choice == element : child(parent, "Fallback") == element;
}

bool is_east_asian(std::string_view utf8) {
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(utf8.data(), i, size, c);
    if (c >= 0 && u_isalpha(c)) return (c >= 0x1100 && c < 0x1200) || (c >= 0x2E80 && c < 0xD800) || c >= 0x20000;
  }
  return false;
}

std::string language_of(const pugi::xml_node& run, std::string_view text) {
  const pugi::xml_node properties = child(run, "rPr"), language = child(properties, "lang");
  if (!language) return {};
  const char* which = is_on(child(properties, "rtl")) ? "bidi" : is_east_asian(text) ? "eastAsia" : "val";
  const auto value = attribute(language, which);
  return value.size() < 64 ? valid_utf8(value) : std::string();
}

class Text {
 public:
  Text(RawParagraph& paragraph, std::uint64_t at) : paragraph_(paragraph), at_(at) {}

  void walk(const pugi::xml_node& node, bool hidden, int depth) {
    for (const auto& part : node.children()) {
      if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
        add(part, hidden || local(node.name()) != "t");
      } else if (part.type() == pugi::node_element && depth < max_depth) {
        enter(part, hidden, depth);
      }
    }
  }

  std::uint64_t at() const { return at_; }

  std::string main_language() const {
    std::string main;
    std::size_t most = 0;
    for (const auto& [language, bytes] : languages_) {
      if (bytes > most) {
        most = bytes;
        main = language;
      }
    }
    return main;
  }

 private:
  void enter(const pugi::xml_node& part, bool hidden, int depth) {
    const auto name = local(part.name());
    const bool inside =
        hidden || is_hidden(name, part) || ((name == "Choice" || name == "Fallback") && !is_shown_alternative(part));
    if (!inside) {
      std::string& text = paragraph_.text;
      if (name == "tab" || name == "ptab") text += '\t';
      if (name == "br" || name == "cr") text += '\n';
      if (name == "p" && !text.empty() && !text.ends_with(sentence_end)) text += ' ';  // of a cell with several
      if (name == "noBreakHyphen") text += "\u2011";
    }
    const pugi::xml_node outer = run_;
    if (name == "r") run_ = part;
    walk(part, inside, depth + 1);
    run_ = outer;
  }

  void add(const pugi::xml_node& part, bool hidden) {
    const std::string_view raw = part.value();
    if (!hidden) {
      const auto begin = static_cast<std::uint32_t>(paragraph_.text.size());
      const std::string text = valid_utf8(raw);
      paragraph_.text += text;
      const auto end = static_cast<std::uint32_t>(paragraph_.text.size());
      const bool linear = text.size() == raw.size();
      if (end > begin) paragraph_.pieces.push_back({{begin, end}, {.begin = at_, .end = at_ + raw.size()}, linear});
      languages_[language_of(run_, text)] += text.size();
    }
    at_ += raw.size();
  }

  RawParagraph& paragraph_;
  std::uint64_t at_;
  pugi::xml_node run_;
  std::map<std::string, std::size_t> languages_;
};

void find(const pugi::xml_node& node, Attached& attached, int depth) {
  for (const auto& part : node.children()) {
    if (part.type() != pugi::node_element || depth >= max_depth) continue;
    const auto name = local(part.name());
    if (name == "t" && *part.child_value() != 0) attached.has_text = true;
    if (name == "txbxContent") {
      attached.text_boxes.push_back(part);
      continue;
    }
    if ((name == "Choice" || name == "Fallback") && !is_shown_alternative(part)) continue;
    if (name != "drawing" && is_hidden(name, part)) continue;
    if (name == "footnoteReference") attached.footnotes.emplace_back(attribute(part, "id"));
    if (name == "endnoteReference") attached.endnotes.emplace_back(attribute(part, "id"));
    find(part, attached, depth + 1);
  }
}

}  // namespace

std::uint64_t append_text(RawParagraph& paragraph, const pugi::xml_node& element, std::uint64_t before) {
  Text text(paragraph, before);
  text.walk(element, false, 0);
  if (paragraph.language.empty()) paragraph.language = text.main_language();
  return text.at() - before;
}

void find_attached(const pugi::xml_node& element, Attached& attached) { find(element, attached, 0); }

}  // namespace weir::documents::docx
