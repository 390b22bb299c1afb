// A page of a PDF as words in boxes, and those as lines in the order in which they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::documents::pdf {

struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
  float width() const noexcept { return right - left; }
  float height() const noexcept { return bottom - top; }
  float middle() const noexcept { return (top + bottom) / 2; }
  void include(const Box& other) noexcept;
  // How much of the lower of both stands beside the other, 0 to 1.
  float beside(const Box& other) const noexcept;
};

// One word as poppler tells it, or the part of one that a line's end has left.
struct Word {
  std::string text;
  Box box;         // in points from the page's upper left corner
  float size = 0;  // of the font
  bool bold = false;
  bool space_after = false;
};

struct Line {
  std::vector<Word> words;  // in the order in which they are read
  Box box;
  float size = 0;  // of the most characters
  bool bold = false;
  std::uint32_t column = 0;  // lines of one column are neighbours
  bool blank_behind(std::size_t word) const;
  // A gap that is no blank: cells of a table's row, or a title and its page.
  bool cell_ends(std::size_t word) const;
  bool is_row() const;
  std::string text() const;
};

struct Page {
  float width = 0, height = 0;
  bool right_to_left = false;
  std::vector<Line> lines;
};

// Columns are looked for as gutters that few lines cross; what crosses (a heading over all columns) divides the page
// into bands, and every band is read column by column. Right to left where most of the letters are.
std::vector<Line> lines_in_order(std::vector<Word> words);

// The font size of the most characters.
float body_size(std::span<const Line> lines);

bool reads_right_to_left(std::string_view utf8);

}  // namespace weir::documents::pdf
