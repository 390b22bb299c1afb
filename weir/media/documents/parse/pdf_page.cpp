#include "weir/media/documents/parse/pdf_page.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace weir::documents::pdf {
namespace {

// Words with less than this between them, in font sizes, are of one segment.
constexpr float joins_below = 0.75F;
// A page of more pieces than this is a drawing or a hostile file: read as poppler orders it, without columns.
constexpr std::size_t max_segments = 1500;
constexpr int max_depth = 12;

// Words that stand in a row with no more than blanks between them.
struct Segment {
  std::vector<Word> words;
  Box box;
  std::size_t letters = 0;
};

std::size_t letters_of(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void add(Segment& segment, Word word) {
  if (segment.words.empty()) segment.box = word.box;
  segment.box.include(word.box);
  segment.letters += letters_of(word.text);
  segment.words.push_back(std::move(word));
}

bool follows(const Segment& segment, const Word& word) {
  const Word& last = segment.words.back();
  if (last.box.beside(word.box) < 0.5F) return false;
  const float size = std::max({last.size, word.size, 1.0F});
  const float gap = std::max(word.box.left - last.box.right, last.box.left - word.box.right);
  return gap < (last.space_after ? 2 : joins_below) * size && gap > -size;
}

std::vector<Segment> segments_of(std::vector<Word> words) {
  std::vector<Segment> segments;
  for (Word& word : words) {
    if (segments.empty() || !follows(segments.back(), word)) segments.emplace_back();
    add(segments.back(), std::move(word));
  }
  return segments;
}

// Latin words and numbers within a line from right to left run from left to right.
void put_in_order(std::vector<Word>& words) {
  std::size_t right = 0;
  std::size_t all = 0;
  for (const Word& word : words) {
    right += reads_right_to_left(word.text) ? word.text.size() : 0;
    all += word.text.size();
  }
  const auto by_left = [](const Word& a, const Word& b) { return a.box.left < b.box.left; };
  std::sort(words.begin(), words.end(), by_left);
  if (2 * right <= all) return;
  std::reverse(words.begin(), words.end());
  for (auto begin = words.begin(); begin != words.end();) {
    if (reads_right_to_left(begin->text)) {
      ++begin;
      continue;
    }
    const auto end = std::find_if(begin, words.end(), [](const Word& w) { return reads_right_to_left(w.text); });
    std::reverse(begin, end);
    begin = end;
  }
}

Line line_of(std::vector<Word> words, std::uint32_t column) {
  Line line;
  line.column = column;
  line.box = words.front().box;
  std::map<float, std::size_t> letters;
  std::size_t bold = 0;
  std::size_t all = 0;
  for (const Word& word : words) {
    const std::size_t count = letters_of(word.text);
    line.box.include(word.box);
    letters[word.size] += count;
    bold += word.bold ? count : 0;
    all += count;
  }
  line.size = std::max_element(letters.begin(), letters.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
              })->first;
  line.bold = bold == all;
  put_in_order(words);
  line.words = std::move(words);
  return line;
}

class Reader {
 public:
  explicit Reader(bool right_to_left) : right_to_left_(right_to_left) {}

  void read(std::vector<Segment> region, int depth) {
    if (region.empty()) return;
    const auto gutter = depth < max_depth && region.size() <= max_segments ? gutter_of(region) : std::nullopt;
    if (!gutter) return read_column(std::move(region));
    std::sort(region.begin(), region.end(),
              [](const Segment& a, const Segment& b) { return a.box.middle() < b.box.middle(); });
    std::vector<Segment> left, right, across;
    const auto columns = [&] {
      read(std::move(right_to_left_ ? right : left), depth + 1);
      read(std::move(right_to_left_ ? left : right), depth + 1);
      left.clear();
      right.clear();
    };
    for (Segment& segment : region) {
      if (segment.box.left < *gutter && segment.box.right > *gutter) {
        columns();
        across.push_back(std::move(segment));
        continue;
      }
      read(std::move(across), depth + 1);
      across.clear();
      (segment.box.left < *gutter ? left : right).push_back(std::move(segment));
    }
    columns();
    read(std::move(across), depth + 1);
  }

  std::vector<Line> take() { return std::move(lines_); }

 private:
  // Text, not numbers at the end of a table's rows: some rows, and those of some length.
  static bool is_column(std::size_t rows, std::size_t letters) { return rows >= 3 && letters >= 10 * rows; }

  static std::optional<float> gutter_of(const std::vector<Segment>& region) {
    if (region.size() < 6) return std::nullopt;
    std::vector<float> ends;
    for (const Segment& s : region) ends.push_back(s.box.right);
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end(), [](float a, float b) { return b - a < 1; }), ends.end());
    std::optional<float> best;
    std::size_t best_crossing = 0;
    float best_width = 0;
    for (const float end : ends) {
      const float x = end + 1.5F;
      std::size_t crossing = 0, rows[2]{}, letters[2]{};
      float left_end = -1e9F, right_begin = 1e9F;
      Box side[2]{{0, 1e9F, 0, -1e9F}, {0, 1e9F, 0, -1e9F}};
      for (const Segment& s : region) {
        if (s.box.left < x && s.box.right > x) {
          ++crossing;
          continue;
        }
        const std::size_t i = s.box.left < x ? 0 : 1;
        ++rows[i];
        letters[i] += s.letters;
        side[i].top = std::min(side[i].top, s.box.top);
        side[i].bottom = std::max(side[i].bottom, s.box.bottom);
        if (i == 0) left_end = std::max(left_end, s.box.right);
        if (i == 1) right_begin = std::min(right_begin, s.box.left);
      }
      if (!is_column(rows[0], letters[0]) || !is_column(rows[1], letters[1])) continue;
      if (3 * crossing > std::min(rows[0], rows[1]) * 2 || side[0].beside(side[1]) < 0.5F) continue;
      const float width = right_begin - left_end;
      if (width < 6) continue;
      if (best && (crossing > best_crossing || (crossing == best_crossing && width <= best_width))) continue;
      best = left_end + width / 2;
      best_crossing = crossing;
      best_width = width;
    }
    return best;
  }

  void read_column(std::vector<Segment> region) {
    std::sort(region.begin(), region.end(),
              [](const Segment& a, const Segment& b) { return a.box.middle() < b.box.middle(); });
    std::vector<Word> row;
    Box box;
    for (Segment& segment : region) {
      if (!row.empty() && box.beside(segment.box) < 0.5F) {
        lines_.push_back(line_of(std::move(row), column_));
        row.clear();
      }
      if (row.empty()) box = segment.box;
      // The row keeps the height of its tallest segment: a raised number beside it does not widen it.
      if (segment.box.height() > box.height()) box.top = segment.box.top, box.bottom = segment.box.bottom;
      std::move(segment.words.begin(), segment.words.end(), std::back_inserter(row));
    }
    if (!row.empty()) lines_.push_back(line_of(std::move(row), column_));
    ++column_;
  }

  const bool right_to_left_;
  std::vector<Line> lines_;
  std::uint32_t column_ = 0;
};

}  // namespace

void Box::include(const Box& other) noexcept {
  left = std::min(left, other.left);
  top = std::min(top, other.top);
  right = std::max(right, other.right);
  bottom = std::max(bottom, other.bottom);
}

float Box::beside(const Box& other) const noexcept {
  const float common = std::min(bottom, other.bottom) - std::max(top, other.top);
  const float lower = std::min(height(), other.height());
  return lower > 0 ? common / lower : 0;
}

bool Line::blank_behind(std::size_t word) const {
  if (word + 1 >= words.size()) return false;
  const Box &a = words[word].box, &b = words[word + 1].box;
  return words[word].space_after || std::max(b.left - a.right, a.left - b.right) > 0.12F * size;
}

bool Line::cell_ends(std::size_t word) const {
  if (word + 1 >= words.size() || words[word].space_after) return false;
  const Box &a = words[word].box, &b = words[word + 1].box;
  return std::max(b.left - a.right, a.left - b.right) > 1.5F * size;
}

bool Line::is_row() const {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (cell_ends(i)) return true;
  }
  return false;
}

std::string Line::text() const {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += words[i].text;
    if (blank_behind(i)) text += ' ';
  }
  return text;
}

bool reads_right_to_left(std::string_view utf8) {
  const auto size = static_cast<std::int32_t>(utf8.size());
  for (std::int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(utf8.data(), i, size, c);
    if (c < 0) continue;
    const UCharDirection direction = u_charDirection(c);
    if (direction == U_LEFT_TO_RIGHT) return false;
    if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC) return true;
  }
  return false;
}

float body_size(std::span<const Line> lines) {
  std::map<float, std::size_t> letters;
  for (const Line& line : lines) {
    for (const Word& word : line.words) letters[std::round(word.size * 2) / 2] += letters_of(word.text);
  }
  const auto most = std::max_element(letters.begin(), letters.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == letters.end() ? 0 : most->first;
}

std::vector<Line> lines_in_order(std::vector<Word> words) {
  std::size_t right = 0;
  for (const Word& word : words) right += reads_right_to_left(word.text) ? 1 : 0;
  Reader reader(2 * right > words.size());
  reader.read(segments_of(std::move(words)), 0);
  return reader.take();
}

}  // namespace weir::documents::pdf
