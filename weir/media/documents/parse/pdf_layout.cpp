#include "weir/media/documents/parse/pdf_layout.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace weir::documents::pdf {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

UChar32 first_of(std::string_view text) {
  UChar32 c = -1;
  std::int32_t i = 0;
  if (!text.empty()) U8_NEXT(text.data(), i, static_cast<std::int32_t>(text.size()), c);
  return c;
}

UChar32 last_of(std::string_view text) {
  UChar32 c = -1;
  auto i = static_cast<std::int32_t>(text.size());
  if (!text.empty()) U8_PREV(text.data(), 0, i, c);
  return c;
}

bool ends_sentence(std::string_view text) {
  constexpr std::u32string_view closing = U"\"')]\u201D\u2019\u00BB\u203A\u300D\u300F\uFF09";
  constexpr std::u32string_view ends = U".!?:;\u2026\u3002\uFF01\uFF1F\u061F\u06D4\u0964";
  while (!text.empty()) {
    const UChar32 c = last_of(text);
    if (c < 0) return false;
    if (ends.find(static_cast<char32_t>(c)) != std::u32string_view::npos) return true;
    if (closing.find(static_cast<char32_t>(c)) == std::u32string_view::npos) return false;
    text.remove_suffix(static_cast<std::size_t>(U8_LENGTH(c)));
  }
  return false;
}

bool is_digits(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool begins_note(const Line& line) {
  std::string_view word = line.words.front().text;
  while (!word.empty() && std::string_view("[](). ").find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  // Raised numbers often are of one word with the next: "1See".
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  if (digits > 0 && digits <= 3) return true;
  return word.starts_with('*') || word.starts_with("†") || word.starts_with("‡") || word.starts_with("§");
}

bool is_bullet(std::string_view word) {
  return one_of(word, {"•", "◦", "▪", "▫", "‣", "●", "○", "■", "□", "\uF0B7", "⁃", "∙", "·"});
}

// "3." "(b)" "–": an item only where a paragraph may begin.
bool may_number(std::string_view word) {
  if (one_of(word, {"-", "–", "—", "*"})) return true;
  if (word.starts_with('(')) word.remove_prefix(1);
  if (word.size() < 2 || word.size() > 3) return false;
  const char end = word.back();
  word.remove_suffix(1);
  if (is_digits(word)) return end == '.' || end == ')';
  return end == ')' && word.size() == 1 && word[0] >= 'a' && word[0] <= 'z';
}

// Distances along the line in the direction in which it is read.
struct Along {
  bool right_to_left = false;
  float begin(const Box& box) const { return right_to_left ? -box.right : box.left; }
  float end(const Box& box) const { return right_to_left ? -box.left : box.right; }
};

// Of the lines with the text's size on this page: from one to the next.
float pitch_of(std::span<const Line> lines, float body) {
  std::vector<float> steps;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const float step = lines[i].box.bottom - lines[i - 1].box.bottom;
    const bool text = std::abs(lines[i].size - body) < 0.6F && std::abs(lines[i - 1].size - body) < 0.6F;
    if (text && lines[i].column == lines[i - 1].column && step > 0 && step < 4 * body) steps.push_back(step);
  }
  if (steps.size() < 2) return 1.25F * body;
  // Not the middle: pages of short paragraphs have as many gaps as lines.
  const auto at = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 3);
  std::nth_element(steps.begin(), at, steps.end());
  return *at;
}

// A raised number behind a word refers to a note; behind a figure or a lone letter it may be a power.
void leave_out_references(Line& line) {
  std::vector<Word> kept;
  for (Word& word : line.words) {
    const bool raised = !kept.empty() && word.size < 0.85F * kept.back().size && is_digits(word.text) &&
                        word.box.bottom < kept.back().box.bottom - 0.1F * kept.back().size;
    if (raised && kept.back().text.size() > 1 && !u_isdigit(last_of(kept.back().text))) {
      kept.back().space_after = word.space_after;
      continue;
    }
    kept.push_back(std::move(word));
  }
  line.words = std::move(kept);
}

class Layout {
 public:
  Layout(const Page& page, float body) : page_(page), body_(body), along_{page.right_to_left} {
    pitch_ = pitch_of(page.lines, body);
  }

  std::vector<Block> run() {
    const std::span<const Line> lines = page_.lines;
    for (std::size_t i = 0; i < lines.size();) {
      std::size_t end = i + 1;
      while (end < lines.size() && lines[end].column == lines[i].column) ++end;
      read_column(lines.subspan(i, end - i));
      i = end;
    }
    for (Block& note : notes_) blocks_.push_back(std::move(note));
    return std::move(blocks_);
  }

 private:
  bool is_small(const Line& line) const { return line.size < 0.94F * body_; }

  std::size_t notes_begin(std::span<const Line> column) const {
    std::size_t begin = column.size();
    while (begin > 0 && is_small(column[begin - 1])) --begin;
    if (begin == column.size() || column.back().box.bottom < 0.6F * page_.height) return column.size();
    for (; begin < column.size(); ++begin) {
      const bool far = begin > 0 && column[begin].box.top - column[begin - 1].box.bottom > 0.8F * pitch_;
      if (begins_note(column[begin]) || far) return begin;
    }
    return column.size();
  }

  void read_column(std::span<const Line> column) {
    begin_ = 1e9F;
    end_ = -1e9F;
    for (const Line& line : column) {
      begin_ = std::min(begin_, along_.begin(line.box));
      end_ = std::max(end_, along_.end(line.box));
    }
    const std::size_t notes = notes_begin(column);
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < notes; ++i) {
      const Line* next = i + 1 < notes ? &column[i + 1] : nullptr;
      add(blocks, i == 0 ? nullptr : &column[i - 1], column[i], next);
    }
    if (!blocks.empty() && !blocks_.empty() && goes_on(blocks_.back(), blocks.front())) {
      auto& lines = blocks.front().lines;
      std::move(lines.begin(), lines.end(), std::back_inserter(blocks_.back().lines));
      blocks_.back().full = blocks.front().full;
      blocks.erase(blocks.begin());
    }
    std::move(blocks.begin(), blocks.end(), std::back_inserter(blocks_));
    for (std::size_t i = notes; i < column.size(); ++i) {
      if (i == notes || begins_note(column[i])) notes_.push_back({Kind::footnote, 0, {}, false, true});
      notes_.back().lines.push_back(column[i]);
    }
  }

  // Levels by how much larger the letters are; bold ones of the text's size stand below those.
  std::uint8_t heading_level(const Line* before, const Line& line, const Line* next) const {
    const float ratio = line.size / std::max(body_, 1.0F);
    if (ratio >= 1.6F) return 1;
    if (ratio >= 1.3F) return 2;
    if (ratio >= 1.1F) return 3;
    if (ratio < 0.98F || !line.bold || (next != nullptr && next->bold) || line.words.size() > 12) return 0;
    const bool apart = before == nullptr || line.box.bottom - before->box.bottom > 1.3F * pitch_;
    return apart && !ends_sentence(line.text()) ? 4 : 0;
  }

  bool would_have_fitted(const Line& before, const Word& word) const {
    return end_ - along_.end(before.box) > word.box.width() + 0.9F * before.size;
  }

  bool begins_paragraph(const Block& block, const Line& before, const Line& line) const {
    if (std::abs(line.size - before.size) > 0.08F * before.size) return true;
    const float step = line.box.bottom - before.box.bottom;
    const float pitch = std::max(pitch_ * line.size / std::max(body_, 1.0F), line.box.height());
    if (step > 1.3F * pitch || step < -0.5F * pitch) return true;
    if (block.kind == Kind::heading) return false;
    const std::string& first = line.words.front().text;
    const float indent = along_.begin(line.box) - along_.begin(before.box);
    const bool over = ends_sentence(before.text());
    const bool left_short = would_have_fitted(before, line.words.front());
    if (is_bullet(first) || (may_number(first) && (over || left_short || block.kind == Kind::item))) return true;
    if (block.kind == Kind::item) return (over && indent < -0.5F * line.size) || (over && left_short);
    // A first line that stands out to the left is of a paragraph with its other lines indented.
    if (indent > 0.7F * line.size) return !(block.lines.size() == 1 && !over);
    if (indent < -1.5F * line.size && block.lines.size() > 1) return over || left_short;
    return over && left_short;
  }

  void add(std::vector<Block>& blocks, const Line* before, const Line& line, const Line* next) {
    const bool row = line.is_row();
    const std::uint8_t level = row ? 0 : heading_level(before, line, next);
    const bool heading = !blocks.empty() && blocks.back().kind == Kind::heading;
    if (blocks.empty() || row || blocks.back().kind == Kind::table || heading != (level > 0) ||
        begins_paragraph(blocks.back(), *before, line)) {
      Block block;
      const std::string& first = line.words.front().text;
      if (level > 0) {
        block.kind = Kind::heading;
        block.level = level;
      } else if (row) {
        block.kind = Kind::table;
      } else if (line.words.size() > 1 && (is_bullet(first) || may_number(first))) {
        block.kind = Kind::item;
      }
      block.indented = along_.begin(line.box) - begin_ > 0.7F * line.size;
      blocks.push_back(std::move(block));
    }
    Line kept = line;
    leave_out_references(kept);
    blocks.back().full = end_ - along_.end(line.box) < 6 * line.size;
    blocks.back().lines.push_back(std::move(kept));
  }

  const Page& page_;
  const float body_;
  const Along along_;
  float pitch_ = 0;
  float begin_ = 0, end_ = 0;  // of the column
  std::vector<Block> blocks_, notes_;
};

}  // namespace

bool goes_on(const Block& before, const Block& after) {
  if ((before.kind != Kind::text && before.kind != Kind::item) || after.kind != Kind::text) return false;
  const Line &last = before.lines.back(), &first = after.lines.front();
  if (std::abs(last.size - first.size) > 0.08F * last.size) return false;
  if (ends_sentence(last.text())) return false;
  const UChar32 c = first_of(first.words.front().text);
  return (c >= 0 && u_islower(c)) || (before.full && !after.indented);
}

std::vector<Block> blocks_of(const Page& page, float body) { return Layout(page, body).run(); }

}  // namespace weir::documents::pdf
