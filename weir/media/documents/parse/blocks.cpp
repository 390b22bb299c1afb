#include "weir/media/documents/parse/blocks.hpp"

#include <algorithm>
#include <array>

namespace weir::documents {
namespace {

constexpr std::size_t most_depth = 256, most_paragraph_bytes = 64 << 10, most_path_bytes = 1024;

constexpr std::array<std::string_view, 51> blocks{
    "address", "article",  "aside",  "blockquote", "body",    "caption",  "center",     "dd",     "details",
    "dialog",  "dir",      "div",    "dl",         "dt",      "fieldset", "figcaption", "figure", "footer",
    "form",    "frameset", "h1",     "h2",         "h3",      "h4",       "h5",         "h6",     "header",
    "hgroup",  "hr",       "html",   "legend",     "li",      "main",     "menu",       "nav",    "ol",
    "p",       "pre",      "search", "section",    "summary", "table",    "tbody",      "td",     "tfoot",
    "th",      "thead",    "title",  "tr",         "ul",      "xmp"};
// A case of EPUB's switch is for readers that know its namespace; the default beside it is for all others.
constexpr std::array<std::string_view, 26> skipped{
    "annotation", "annotation-xml", "audio",    "button",   "canvas",  "case",    "datalist",
    "embed",      "head",           "iframe",   "input",    "map",     "noembed", "noframes",
    "noscript",   "object",         "optgroup", "rp",       "rt",      "rtc",     "script",
    "select",     "style",          "svg",      "template", "textarea"};

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// One of the words of `list`, as in class="a b".
bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end =
        std::min(static_cast<std::size_t>(std::ranges::find_if(list, is_blank) - list.begin()), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool has_one_word(std::string_view list, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [list](std::string_view word) { return has_word(list, word); });
}

std::string_view value_of(std::span<const Attribute> attributes, std::string_view name) {
  for (const Attribute& a : attributes) {
    if (lower(a.name) == name) return a.value;
  }
  return {};
}

bool has(std::span<const Attribute> attributes, std::string_view name) {
  return std::ranges::any_of(attributes, [name](const Attribute& a) { return lower(a.name) == name; });
}

// An inline style that shows nothing: "color: red; display : none".
bool shows_nothing(std::string_view style) {
  std::string plain = lower(style);
  std::erase_if(plain, is_blank);
  return plain.find("display:none") != std::string::npos || plain.find("visibility:hidden") != std::string::npos;
}

// A chapter's number of another page, or the way back from a note: for eyes and fingers alone.
bool is_aid(std::string_view type, std::string_view role) {
  return has_one_word(type, {"noteref", "pagebreak", "backlink", "endnote-backlink"}) ||
         has_one_word(role, {"doc-noteref", "doc-pagebreak", "doc-backlink"});
}

// A number in the margin, of a page or a line, as libraries of old books mark them: not a part of the sentence it is
// in.
bool is_margin_number(std::string_view name, std::string_view classes) {
  return (name == "span" || name == "a") &&
         has_one_word(classes, {"pagenum", "pageno", "page-number", "lnum", "linenum", "linenumber", "line-number"});
}

bool is_note(std::string_view type, std::string_view role) {
  return has_one_word(type, {"footnote", "endnote", "rearnote", "note"}) ||
         has_one_word(role, {"doc-footnote", "doc-endnote"});
}

bool is_verse(std::string_view type, std::string_view classes) {
  return has_one_word(type, {"z3998:verse", "z3998:poem", "z3998:song", "z3998:hymn", "verse", "poem"}) ||
         has_one_word(classes, {"poem", "poetry", "verse", "stanza"});
}

bool is_heading(std::string_view name) {
  return name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
}

// Bytes of whole characters, at most so many.
std::size_t whole_characters(std::string_view utf8, std::size_t most) {
  if (utf8.size() <= most) return utf8.size();
  while (most > 0 && (static_cast<unsigned char>(utf8[most]) & 0xC0) == 0x80) --most;
  return most;
}

}  // namespace

BlockBuilder::Context BlockBuilder::context_of(std::string_view name, std::span<const Attribute> attributes,
                                               const Context& parent) const {
  Context own = parent;
  const std::string_view type = value_of(attributes, "epub:type"), role = value_of(attributes, "role");
  const std::string_view style = value_of(attributes, "style"), hidden = value_of(attributes, "aria-hidden");
  own.skipped = own.skipped || one_of(skipped, name) || has(attributes, "hidden") || lower(hidden) == "true" ||
                shows_nothing(style) || is_aid(type, role) || is_margin_number(name, value_of(attributes, "class"));
  for (const std::string_view key : {"lang", "xml:lang"}) {
    if (const std::string_view said = value_of(attributes, key); !said.empty() && said.size() < 64) own.language = said;
  }
  // A small raised link within the document is a reference to a note, whatever it calls itself.
  own.in_sup = own.in_sup || name == "sup";
  own.in_local_link = own.in_local_link || (name == "a" && value_of(attributes, "href").find('#') != std::string::npos);
  own.skipped = own.skipped || (own.in_sup && own.in_local_link);

  own.noted = own.noted || is_note(type, role);
  if (name == "table") own.in_row = false;
  if (name == "tr") own.in_row = true;
  if (name == "pre" || name == "xmp") own.preformatted = true;
  if (is_heading(name)) {
    own.kind = Kind::heading;
    own.level = static_cast<std::uint8_t>(name[1] - '0');
  } else if (own.noted) {
    own.kind = Kind::footnote;
  } else if (name == "pre" || name == "xmp") {
    own.kind = Kind::code;
  } else if (name == "tr") {
    own.kind = Kind::table;
  } else if (name == "figcaption" || name == "caption") {
    own.kind = Kind::caption;
  } else if (is_verse(type, value_of(attributes, "class"))) {
    own.kind = Kind::verse;
  } else if (name == "li" || name == "dt" || name == "dd") {
    own.kind = Kind::item;
  } else if (name == "blockquote") {
    own.kind = Kind::quote;
  }
  return own;
}

std::string BlockBuilder::path_of(std::string_view name) {
  std::uint32_t number = 1;
  if (!open_.empty()) {
    auto& children = open_.back().children;
    const auto same = std::ranges::find(children, name, &std::pair<std::string, std::uint32_t>::first);
    if (same != children.end()) {
      number = ++same->second;
    } else if (children.size() < 64) {
      children.emplace_back(name, 1);
    } else {
      return {};
    }
  }
  const std::string parent = open_.empty() ? file_ + "#" : open_.back().path;
  if (parent.empty() || parent.size() + name.size() > most_path_bytes) return {};
  std::string path = parent + "/" + std::string(name);
  if (number > 1) path += "[" + std::to_string(number) + "]";
  return path;
}

// Within a table's row its cells and their first paragraph go on with the row.
bool BlockBuilder::ends_paragraph(std::string_view name, bool block) noexcept {
  if (!block) return false;
  if (open_.empty() || !open_.back().context.in_row) return true;
  if (name == "td" || name == "th") return false;
  if (name != "p" && name != "div" && name != "section") return true;
  for (auto e = open_.rbegin(); e != open_.rend(); ++e) {
    if (e->name == "td" || e->name == "th") return std::exchange(e->cell_has_block, true) && name == "p";
  }
  return true;
}

void BlockBuilder::open(std::string_view name, std::span<const Attribute> attributes) {
  if (open_.size() >= most_depth) {
    ++too_deep_;
    return;
  }
  std::string own_name = lower(name.substr(name.rfind(':') == std::string_view::npos ? 0 : name.rfind(':') + 1));
  static const Context outside;
  Element element;
  element.context = context_of(own_name, attributes, open_.empty() ? outside : open_.back().context);
  element.path = path_of(own_name);
  element.text_begin = text_bytes_;
  element.block = one_of(blocks, own_name);
  if (ends_paragraph(own_name, element.block)) {
    end_paragraph();
  } else if ((own_name == "td" || own_name == "th") && begun()) {
    paragraph_.text += sentence_end;
  }
  if (own_name == "br" && !element.context.skipped) line_break();
  element.name = std::move(own_name);
  open_.push_back(std::move(element));
}

void BlockBuilder::close() {
  if (too_deep_ > 0) {
    --too_deep_;
    return;
  }
  if (open_.empty()) return;
  const Element& element = open_.back();
  const bool goes_on = element.context.in_row && element.name != "tr";
  if (element.block && !(goes_on && !is_heading(element.name) && element.name != "li")) {
    end_paragraph();
  } else if (element.block && begun()) {
    paragraph_.text += ' ';
  }
  open_.pop_back();
}

// Two in a row are how old books end a paragraph.
void BlockBuilder::line_break() {
  if (!begun()) return;
  if (++breaks_in_a_row_ >= 2) {
    --breaks_;
    end_paragraph();
    return;
  }
  ++breaks_;
  paragraph_.text += '\n';
}

void BlockBuilder::text(std::string_view utf8) {
  const std::uint64_t at = text_bytes_;
  text_bytes_ += utf8.size();
  if (open_.empty() || open_.back().context.skipped) return;
  if (!open_.back().context.preformatted) {
    append(utf8, at);
    return;
  }
  // Blank lines end a paragraph.
  std::size_t begin = 0;
  while (begin < utf8.size()) {
    const std::size_t end = std::min(utf8.find('\n', begin), utf8.size() - 1) + 1;
    const std::string_view line = utf8.substr(begin, end - begin);
    const bool blank = std::ranges::all_of(line, is_blank);
    if (blank && line_is_blank_) end_paragraph();
    append(line, at + begin);
    line_is_blank_ = line.back() == '\n';
    begin = end;
  }
}

void BlockBuilder::append(std::string_view utf8, std::uint64_t at) {
  while (!utf8.empty()) {
    const bool blank = std::ranges::all_of(utf8, is_blank);
    if (blank && !begun()) return;
    if (!placed_) {
      // The innermost block, or the row.
      const Element* block = &open_.front();
      for (const Element& e : open_) {
        if (e.block && (!e.context.in_row || e.name == "tr" || e.context.kind != Kind::table)) block = &e;
      }
      const Context& context = open_.back().context;
      paragraph_.kind = context.kind;
      paragraph_.level = context.kind == Kind::heading ? context.level : 0;
      paragraph_.language = block->context.language;
      paragraph_.element = block->path;
      paragraph_base_ = block->text_begin;
      placed_ = true;
    }
    if (!blank) {
      has_text_ = true;
      breaks_in_a_row_ = 0;
    }
    const std::size_t room = most_paragraph_bytes - std::min(paragraph_.text.size(), most_paragraph_bytes);
    const std::size_t taken = whole_characters(utf8, room);
    if (taken > 0 && !paragraph_.element.empty()) {
      const auto begin = static_cast<std::uint32_t>(paragraph_.text.size());
      paragraph_.pieces.push_back({{begin, begin + static_cast<std::uint32_t>(taken)},
                                   {.begin = at - paragraph_base_, .end = at - paragraph_base_ + taken}});
    }
    paragraph_.text += utf8.substr(0, taken);
    utf8.remove_prefix(taken);
    at += taken;
    if (!utf8.empty()) end_paragraph();
  }
}

void BlockBuilder::end_paragraph() {
  if (has_text_) {
    const bool lines = breaks_ - std::min(breaks_in_a_row_, breaks_) >= 2;
    if (lines && (paragraph_.kind == Kind::text || paragraph_.kind == Kind::quote)) paragraph_.kind = Kind::verse;
    ready_.push_back(std::move(paragraph_));
  }
  paragraph_ = {};
  placed_ = has_text_ = line_is_blank_ = false;
  breaks_ = breaks_in_a_row_ = 0;
}

std::optional<RawParagraph> BlockBuilder::take() {
  if (ready_.empty()) return std::nullopt;
  RawParagraph out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

}  // namespace weir::documents
