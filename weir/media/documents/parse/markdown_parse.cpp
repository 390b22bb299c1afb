#include "weir/media/documents/parse/markdown_parse.hpp"

#include <md4c.h>

#include <algorithm>
#include <functional>

#include "weir/media/documents/parse/blocks.hpp"
#include "weir/media/documents/parse/cut.hpp"
#include "weir/media/documents/parse/xhtml_entities.hpp"

namespace weir::documents {
namespace {

class Parse {
 public:
  Parse(std::string_view text, std::size_t size, std::uint64_t base) : text_(text), size_(size), base_(base) {}

  bool run() {
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) { return of(self).enter(type, detail); };
    parser.leave_block = [](MD_BLOCKTYPE type, void* /*detail*/, void* self) { return of(self).leave(type); };
    parser.enter_span = [](MD_SPANTYPE type, void* /*detail*/, void* self) { return of(self).span(type, 1); };
    parser.leave_span = [](MD_SPANTYPE type, void* /*detail*/, void* self) { return of(self).span(type, -1); };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
      return of(self).add(type, {text, size});
    };
    const bool parsed = md_parse(text_.data(), static_cast<MD_SIZE>(text_.size()), &parser, this) == 0;
    end();
    return parsed;
  }

  std::vector<RawParagraph> paragraphs;

 private:
  static Parse& of(void* self) { return *static_cast<Parse*>(self); }

  int enter(MD_BLOCKTYPE type, const void* detail);
  int leave(MD_BLOCKTYPE type);
  int span(MD_SPANTYPE type, int change) {
    if (type == MD_SPAN_IMG) images_ += change;
    return 0;
  }
  int add(MD_TEXTTYPE type, std::string_view text);
  void add_html(std::string_view text);
  void append(std::string_view text);
  void append_at(std::string_view what, std::string_view where);
  void begin(Kind kind, std::uint8_t level = 0) {
    end();
    paragraph_.kind = kind;
    paragraph_.level = level;
  }
  void end();
  Kind inner() const { return containers_.empty() ? Kind::text : containers_.back(); }

  const std::string_view text_;
  const std::size_t size_;  // what is behind that is not the file's
  const std::uint64_t base_;
  std::vector<Kind> containers_;
  RawParagraph paragraph_;
  int images_ = 0, breaks_ = 0;
  bool in_html_ = false, in_tag_ = false;
  std::string unread_until_;  // of an HTML block: what ends a comment or a script
};

int Parse::enter(MD_BLOCKTYPE type, const void* detail) {
  switch (type) {
    case MD_BLOCK_QUOTE: containers_.push_back(Kind::quote); break;
    case MD_BLOCK_LI:
      containers_.push_back(Kind::item);
      begin(Kind::item);
      return 0;
    case MD_BLOCK_H:
      begin(Kind::heading, static_cast<std::uint8_t>(static_cast<const MD_BLOCK_H_DETAIL*>(detail)->level));
      return 0;
    case MD_BLOCK_CODE: begin(Kind::code); return 0;
    case MD_BLOCK_TR: begin(Kind::table); return 0;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      if (!paragraph_.text.empty()) paragraph_.text += sentence_end;
      return 0;
    case MD_BLOCK_HTML:
      in_html_ = true;
      in_tag_ = false;
      unread_until_.clear();
      break;
    default: break;
  }
  begin(inner());
  return 0;
}

int Parse::leave(MD_BLOCKTYPE type) {
  if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) return 0;
  end();
  if (type == MD_BLOCK_HTML) in_html_ = false;
  if ((type == MD_BLOCK_QUOTE || type == MD_BLOCK_LI) && !containers_.empty()) containers_.pop_back();
  paragraph_.kind = inner();
  return 0;
}

// `what` comes from the file's bytes `where`.
void Parse::append_at(std::string_view what, std::string_view where) {
  const std::less<> before;
  const bool inside = !before(where.data(), text_.data()) && before(where.data(), text_.data() + size_);
  if (inside && !what.empty()) {
    const std::uint64_t at = base_ + static_cast<std::uint64_t>(where.data() - text_.data());
    const auto begin = static_cast<std::uint32_t>(paragraph_.text.size());
    const bool linear = what.data() == where.data();
    paragraph_.pieces.push_back(
        {{begin, begin + static_cast<std::uint32_t>(what.size())}, {.begin = at, .end = at + where.size()}, linear});
  }
  paragraph_.text += what;
}

void Parse::append(std::string_view text) { append_at(text, text); }

// Text between tags; what a comment, a script or a style holds is none.
void Parse::add_html(std::string_view text) {
  while (!text.empty()) {
    if (!unread_until_.empty() || in_tag_) {
      const std::string_view until = in_tag_ ? std::string_view(">") : std::string_view(unread_until_);
      const std::size_t end = text.find(until);
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + until.size());
      if (!in_tag_) unread_until_.clear();
      in_tag_ = false;
      paragraph_.text += ' ';
      continue;
    }
    const std::size_t tag = std::min(text.find('<'), text.size());
    append(text.substr(0, tag));
    text.remove_prefix(tag);
    if (text.starts_with("<!--"))
      unread_until_ = "-->";
    else if (text.starts_with("<script"))
      unread_until_ = "</script>";
    else if (text.starts_with("<style"))
      unread_until_ = "</style>";
    else if (!text.empty())
      in_tag_ = true;
  }
}

int Parse::add(MD_TEXTTYPE type, std::string_view text) {
  if (images_ > 0) return 0;
  switch (type) {
    case MD_TEXT_NULLCHAR: break;
    case MD_TEXT_BR: ++breaks_; [[fallthrough]];
    case MD_TEXT_SOFTBR: paragraph_.text += '\n'; break;
    case MD_TEXT_ENTITY: append_at(without_references(text), text); break;
    case MD_TEXT_HTML:
      // Tags within a text say nothing, but some end a line.
      if (text.starts_with("<br"))
        paragraph_.text += '\n';
      else if (in_html_)
        add_html(text);
      break;
    default: append(text);
  }
  return 0;
}

// [^1] is not read; a paragraph that begins with [^1]: is a note.
void drop_references(RawParagraph& p) {
  std::size_t at = 0;
  while ((at = p.text.find("[^", at)) != std::string::npos) {
    const std::size_t close = p.text.find(']', at);
    if (close == std::string::npos || close - at > 40) break;
    std::size_t end = close + 1;
    if (at == 0 && end < p.text.size() && p.text[end] == ':') {
      p.kind = Kind::footnote;
      ++end;
    }
    // Control characters are in no text, and the places behind them stay.
    std::fill(p.text.begin() + static_cast<std::ptrdiff_t>(at), p.text.begin() + static_cast<std::ptrdiff_t>(end),
              '\x01');
    at = end;
  }
}

void Parse::end() {
  if (paragraph_.text.find_first_not_of(" \t\r\n") != std::string::npos) {
    if (paragraph_.kind == Kind::text && breaks_ >= 2) paragraph_.kind = Kind::verse;
    if (paragraph_.kind != Kind::code) drop_references(paragraph_);
    for (RawParagraph& part : cut(std::move(paragraph_))) paragraphs.push_back(std::move(part));
  }
  paragraph_ = {};
  breaks_ = 0;
}

}  // namespace

std::vector<RawParagraph> parse_markdown(std::string_view piece, const std::string& definitions, std::uint64_t base) {
  std::string text(piece);
  if (!definitions.empty()) text += "\n\n" + definitions;
  Parse parse(text, piece.size(), base);
  parse.run();
  return std::move(parse.paragraphs);
}

}  // namespace weir::documents
