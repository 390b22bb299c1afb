// What the lines of a PDF's page are: running heads and page numbers, paragraphs, headings, footnotes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/media/documents/document.hpp"
#include "weir/media/documents/parse/pdf_page.hpp"

namespace weir::documents::pdf {

// Another page near this one.
struct Neighbour {
  int distance = 0;  // in pages, negative: before
  const Page* page = nullptr;
};

// Lines at the page's head and foot that stand at the same place on a page nearby, with the same words, or with a
// number that counts as the pages do; and a number that stands alone at the foot.
Page without_margins(const Page& page, int number, std::span<const Neighbour> neighbours);

struct Block {
  Kind kind = Kind::text;
  std::uint8_t level = 0;
  std::vector<Line> lines;
  bool indented = false;  // the first line
  bool full = false;      // the last line: the next word would not have fitted
};

// In reading order, footnotes last. `body` is the font size of the text.
std::vector<Block> blocks_of(const Page& page, float body);

// A paragraph that a column's or page's end has cut in two.
bool goes_on(const Block& before, const Block& after);

}  // namespace weir::documents::pdf
