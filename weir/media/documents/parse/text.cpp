#include <algorithm>
#include <deque>
#include <utility>

#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/chapter_lines.hpp"
#include "weir/media/documents/parse/lines.hpp"
#include "weir/media/documents/parse/names.hpp"

namespace weir::documents {
namespace {

constexpr std::size_t most_block_bytes = 48 << 10;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t width(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_indented(std::string_view text) { return text.starts_with("  ") || text.starts_with('\t'); }

bool ends_sentence(std::string_view text) {
  text = trimmed(text);
  while (!text.empty() && (text.ends_with('"') || text.ends_with('\'') || text.ends_with(')'))) text.remove_suffix(1);
  for (const std::string_view quote : {"\u201d", "\u2019", "\u00bb"}) {
    if (text.ends_with(quote)) text.remove_suffix(quote.size());
  }
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{".", "!", "?", "。", "！", "？", "\u0964", "\u06d4"},
      [&](std::string_view end) { return text.ends_with(end); });
}

bool is_underline(std::string_view text) {
  text = trimmed(text);
  return text.size() >= 3 && (text[0] == '=' || text[0] == '-') &&
         std::ranges::all_of(text, [&](char c) { return c == text[0]; });
}

// "- milk", "• milk", "3) milk"
bool is_item(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view bullet : {"- ", "* ", "+ ", "\u2022 ", "\u2023 "}) {
    if (text.starts_with(bullet)) return true;
  }
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  return digits > 0 && digits <= 3 && digits + 1 < text.size() && (text[digits] == '.' || text[digits] == ')') &&
         text[digits + 1] == ' ';
}

// How this file divides paragraphs, seen from its beginning.
struct Layout {
  bool line_each = false;       // every line is a paragraph; else blank lines divide them
  bool indents_begin = false;   // so does an indented line
  std::size_t full_width = 70;  // characters of a full line
};

Layout layout_of(Lines lines) {
  constexpr std::uint64_t sample_bytes = 64 << 10;
  std::vector<std::size_t> widths;
  std::size_t ends = 0, blanks = 0, indented = 0, followed = 0;
  Line line;
  bool before = false;
  const std::uint64_t begin = lines.at();
  while (lines.at() - begin < sample_bytes && lines.next(line)) {
    if (line.blank) {
      ++blanks;
      before = false;
      continue;
    }
    followed += before ? 1 : 0;
    before = true;
    widths.push_back(line.cut ? 1000 : width(line.text));
    ends += ends_sentence(line.text) ? 1 : 0;
    indented += is_indented(line.text) ? 1 : 0;
  }
  Layout out;
  if (widths.empty()) return out;
  std::ranges::sort(widths);
  const std::size_t count = widths.size();
  out.full_width = std::min<std::size_t>(widths[count * 9 / 10], 120);
  const std::size_t wide = static_cast<std::size_t>(widths.end() - std::ranges::upper_bound(widths, std::size_t{120}));
  out.line_each = followed > 0 && (wide * 5 >= count || ends * 10 >= count * 7);
  out.indents_begin = count >= 20 && blanks * 50 < count && indented * 30 > count && indented * 2 < count;
  return out;
}

// A paragraph with what stands around it.
struct Block {
  RawParagraph paragraph;
  std::uint64_t begin = 0;
  std::uint8_t chapter_level = 0;  // 0: it begins none
};

// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: borrows the file.
class Blocks {
 public:
  Blocks(Lines lines, const Layout& layout) : lines_(std::move(lines)), layout_(layout) {}
  void seek(std::uint64_t at) {
    lines_.seek(at);
    held_.clear();
    goes_on_ = complete_ = false;
  }
  std::uint64_t at() const noexcept { return held_.empty() ? lines_.at() : held_.front().begin; }
  bool next(Block& block);

 private:
  bool next_line(Line& line);
  void gather();
  void add(Block& block, const Line& line, std::string_view joint) const;
  bool is_verse() const;
  bool take_heading(Block& block);

  Lines lines_;
  const Layout layout_;
  std::deque<Line> held_;  // the lines of the block that is being read
  bool complete_ = false;  // all of its lines are here
  bool goes_on_ = false;   // the block before was cut: this is the rest of its line
};

// A block's lines: up to a blank one, or as many as memory is meant for.
void Blocks::gather() {
  Line line;
  if (held_.empty()) {
    do {
      if (!lines_.next(line)) return;
    } while (line.blank);
    held_.push_back(line);
    complete_ = layout_.line_each;
  }
  std::size_t bytes = 0;
  for (const Line& l : held_) bytes += l.text.size();
  while (!complete_ && !held_.back().cut && bytes < most_block_bytes) {
    const std::uint64_t before = lines_.at();
    complete_ = !lines_.next(line) || line.blank;
    if (complete_) return;
    if (layout_.indents_begin && is_indented(line.text)) {
      lines_.seek(before);
      complete_ = true;
      return;
    }
    bytes += line.text.size();
    held_.push_back(line);
  }
}

void Blocks::add(Block& block, const Line& line, std::string_view joint) const {
  constexpr std::string_view soft_hyphen = "\u00ad";
  std::string& text = block.paragraph.text;
  // A word that was divided for this line alone.
  const std::string_view before = trimmed(text);
  if (!text.empty() && before.ends_with(soft_hyphen)) {
    text.resize(static_cast<std::size_t>(before.data() - text.data()) + before.size());
    if (!block.paragraph.pieces.empty()) {
      Piece& last = block.paragraph.pieces.back();
      const auto end = static_cast<std::uint32_t>(text.size());
      if (last.text.end > end && last.linear) {
        last.source.end -= last.text.end - end;
        last.text.end = end;
      }
    }
  } else if (!text.empty()) {
    text += joint;
  }
  std::size_t skipped = 0;
  if (!text.empty() && text.ends_with(soft_hyphen)) {
    while (skipped < line.text.size() && (line.text[skipped] == ' ' || line.text[skipped] == '\t')) ++skipped;
  }
  const auto base = static_cast<std::uint32_t>(text.size());
  const auto cut = static_cast<std::uint32_t>(skipped);
  for (Piece piece : line.pieces) {
    if (piece.text.end <= cut) continue;
    if (piece.text.begin < cut) {
      if (piece.linear) piece.source.begin += cut - piece.text.begin;
      piece.text.begin = cut;
    }
    piece.text.begin += base - cut;
    piece.text.end += base - cut;
    block.paragraph.pieces.push_back(piece);
  }
  text += std::string_view(line.text).substr(skipped);
}

// Several lines, most of which end well before the edge.
bool Blocks::is_verse() const {
  if (held_.size() < 2) return false;
  std::size_t shorter = 0;
  for (std::size_t i = 0; i + 1 < held_.size(); ++i) {
    shorter += width(trimmed(held_[i].text)) * 10 < layout_.full_width * 8 ? 1 : 0;
  }
  return shorter * 10 >= (held_.size() - 1) * 6;
}

// A line that stands alone and says that it begins a chapter, or one that is underlined.
bool Blocks::take_heading(Block& block) {
  if (goes_on_ || held_.front().cut) return false;
  const std::string first(trimmed(held_.front().text));
  if (held_.size() >= 2 && is_underline(held_[1].text) && !is_underline(first) && first.size() <= 200) {
    block.chapter_level = trimmed(held_[1].text)[0] == '=' ? 1 : 2;
    add(block, held_.front(), "");
    held_.erase(held_.begin(), held_.begin() + 2);
  } else {
    const ChapterLine what = held_.size() <= 2 ? chapter_line(first) : ChapterLine::none;
    const bool bare = what == ChapterLine::bare_chapter || what == ChapterLine::bare_part;
    if (what == ChapterLine::none || layout_.line_each) return false;
    if (held_.size() == 2 && !(bare && held_[1].text.size() <= 160 && !held_[1].cut)) return false;
    block.chapter_level = what == ChapterLine::part || what == ChapterLine::bare_part ? 1 : 2;
    for (const Line& line : held_) add(block, line, "\u2029");
    held_.clear();
  }
  block.paragraph.kind = Kind::heading;
  block.paragraph.level = block.chapter_level;
  return true;
}

bool Blocks::next(Block& block) {
  gather();
  if (held_.empty()) return false;
  block = {};
  block.begin = held_.front().begin;
  if (take_heading(block)) return true;
  std::size_t taken = held_.size();
  if (!layout_.line_each && !goes_on_ && is_item(held_.front().text)) {
    block.paragraph.kind = Kind::item;
    taken = 1;
    while (taken < held_.size() && !is_item(held_[taken].text)) ++taken;
  } else if (!layout_.line_each && is_verse()) {
    block.paragraph.kind = Kind::verse;
  }
  for (std::size_t i = 0; i < taken; ++i) add(block, held_[i], "\n");
  goes_on_ = held_[taken - 1].cut;
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(taken));
  return true;
}

class TextBook : public Book {
 public:
  TextBook(std::span<const std::byte> file, const Encoding& encoding, const BookOptions& options)
      : size_(file.size()),
        layout_(layout_of(Lines(file, encoding))),
        blocks_(Lines(file, encoding), layout_),
        ahead_(Lines(file, encoding), layout_) {
    info_.format = "plain text, " + encoding.name;
    info_.title = title_of(options.name);
    starts_.push_back({encoding.bom_bytes, {}});
  }

  const Info& info() const noexcept override { return info_; }

  Result<std::vector<Chapter>> chapters() override {
    find(static_cast<std::size_t>(-1));
    std::vector<Chapter> out;
    for (const Start& s : starts_) out.push_back(s.chapter);
    return out;
  }

  Result<void> seek(std::uint32_t chapter) override {
    find(chapter);
    if (chapter >= starts_.size()) return fail(Code::not_found, "there are fewer chapters");
    blocks_.seek(starts_[chapter].at);
    first_ = true;
    ended_ = false;
    return {};
  }

  Result<std::optional<RawParagraph>> next() override {
    Block block;
    ended_ = ended_ || !blocks_.next(block) || (block.chapter_level > 0 && !first_);
    first_ = false;
    if (ended_) return std::nullopt;
    return std::move(block.paragraph);
  }

  float done() const noexcept override {
    return size_ == 0 ? 1.F : static_cast<float>(static_cast<double>(blocks_.at()) / static_cast<double>(size_));
  }

 private:
  struct Start {
    std::uint64_t at = 0;
    Chapter chapter;
  };

  // Looks ahead until so many chapters are known, or the file ends.
  void find(std::size_t chapter) {
    Block block;
    while (chapter >= starts_.size() && ahead_.next(block)) {
      const bool very_first = !std::exchange(looked_, true);
      if (block.chapter_level == 0) continue;
      part_seen_ = part_seen_ || block.chapter_level == 1;
      Chapter found{title_from(block.paragraph.text), static_cast<std::uint8_t>(part_seen_ ? block.chapter_level : 1)};
      if (very_first) {
        starts_.front() = {block.begin, std::move(found)};
      } else {
        starts_.push_back({block.begin, std::move(found)});
      }
    }
  }

  const std::uint64_t size_;
  const Layout layout_;
  Blocks blocks_, ahead_;
  Info info_;
  std::vector<Start> starts_;
  bool first_ = true, ended_ = false, looked_ = false, part_seen_ = false;
};

}  // namespace

Result<std::unique_ptr<Book>> open_text(std::span<const std::byte> file, const BookOptions& options) {
  return std::make_unique<TextBook>(file, encoding_of(file), options);
}

}  // namespace weir::documents
