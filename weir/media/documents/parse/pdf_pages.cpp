#include "weir/media/documents/parse/pdf_pages.hpp"

#include <poppler-document.h>
#include <poppler-page.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iterator>

#include "weir/media/documents/parse/cut.hpp"
#include "weir/media/documents/parse/pdf_text.hpp"

namespace weir::documents::pdf {
namespace {

// Running heads differ on left and right pages: two pages to each side show both.
constexpr int around = 2;
// A page with more words is no page that a person reads; what is beyond is left out.
constexpr std::size_t max_words = 50'000;
constexpr std::size_t max_word_bytes = 4096;
// Paragraphs over more pages than this are cut, so that memory has a bound.
constexpr int max_joined_pages = 16;

Box box_of(const poppler::rectf& r) {
  return {static_cast<float>(r.left()), static_cast<float>(r.top()), static_cast<float>(r.right()),
          static_cast<float>(r.bottom())};
}

bool is_sound(const Box& box) {
  constexpr float limit = 1e5F;
  const auto in = [](float v) { return std::isfinite(v) && std::abs(v) < limit; };
  return in(box.left) && in(box.top) && in(box.right) && in(box.bottom) && box.left <= box.right &&
         box.top <= box.bottom;
}

bool is_bold(const std::string& font) {
  return font.find("Bold") != std::string::npos || font.find("bold") != std::string::npos ||
         font.find("CMBX") != std::string::npos || font.find("SFBX") != std::string::npos ||
         font.find("Black") != std::string::npos;
}

Word word_of(const poppler::text_box& from) {
  Word word;
  const poppler::ustring text = from.text();
  std::u16string units(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), max_word_bytes)));
  word.text = clean(units);
  word.box = box_of(from.bbox());
  word.size = static_cast<float>(from.get_font_size());
  // Type 3 fonts have sizes of their own making.
  const float height = word.box.height();
  if (!std::isfinite(word.size) || word.size < 0.3F * height || word.size > 4 * height) word.size = 0.9F * height;
  word.bold = is_bold(from.get_font_name());
  word.space_after = from.has_space_after();
  return word;
}

Page page_of(const poppler::document& document, int index) {
  Page page;
  const std::unique_ptr<poppler::page> from(document.create_page(index));
  if (!from) return page;
  const Box area = box_of(from->page_rect());
  if (!is_sound(area)) return page;
  page.width = std::max(area.width(), 1.0F);
  page.height = std::max(area.height(), 1.0F);
  const auto boxes = from->text_list(poppler::page::text_list_include_font);
  std::size_t turned = 0;
  for (const auto& box : boxes) turned += box.rotation() == 0 ? 0 : 1;
  std::vector<Word> words;
  for (const auto& box : boxes) {
    // Text along the margin, stamps: unless all of the page is turned.
    if (box.rotation() != 0 && 2 * turned < boxes.size()) continue;
    if (words.size() == max_words) break;
    Word word = word_of(box);
    if (!word.text.empty() && is_sound(word.box)) words.push_back(std::move(word));
  }
  std::size_t right = 0;
  for (const Word& word : words) right += reads_right_to_left(word.text) ? 1 : 0;
  page.right_to_left = 2 * right > words.size();
  page.lines = lines_in_order(std::move(words));
  return page;
}

RawParagraph paragraph_of(const Block& block, int page) {
  RawParagraph paragraph;
  paragraph.kind = block.kind;
  paragraph.level = block.level;
  for (const Line& line : block.lines) append_line(paragraph, line, static_cast<std::uint32_t>(page) + 1);
  return paragraph;
}

}  // namespace

Pages::Pages(const poppler::document& document) : document_(document), count_(std::max(document.pages(), 0)) {}

const Page& Pages::words_of(int page) {
  const auto known = words_.find(page);
  if (known != words_.end()) return known->second;
  Page words;
  try {
    words = page_of(document_, page);
  } catch (const std::exception&) {
    // A page that poppler cannot read is one without text; the others still are read.
    words = {};
  }
  return words_.emplace(page, std::move(words)).first->second;
}

const std::vector<Block>& Pages::blocks_of_page(int page) {
  const auto known = blocks_.find(page);
  if (known != blocks_.end()) return known->second;
  std::vector<Neighbour> neighbours;
  std::vector<Line> lines;
  for (int i = std::max(page - around, 0); i <= std::min(page + around, count_ - 1); ++i) {
    const Page& near = words_of(i);
    lines.insert(lines.end(), near.lines.begin(), near.lines.end());
    if (i != page) neighbours.push_back({i - page, &near});
  }
  const Page kept = without_margins(words_of(page), page + 1, neighbours);
  return blocks_.emplace(page, blocks_of(kept, body_size(lines))).first->second;
}

bool Pages::goes_on_from_before(int page) {
  if (page <= 0 || page >= count_ || page % max_joined_pages == 0) return false;
  const auto& here = blocks_of_page(page);
  const auto& before = blocks_of_page(page - 1);
  if (here.empty()) return false;
  const auto last =
      std::find_if(before.rbegin(), before.rend(), [](const Block& b) { return b.kind != Kind::footnote; });
  return last != before.rend() && goes_on(*last, here.front());
}

void Pages::forget(int page) {
  const auto far = [page](const auto& entry) {
    return entry.first < page - 2 * around || entry.first > page + max_joined_pages + around;
  };
  std::erase_if(words_, far);
  std::erase_if(blocks_, far);
}

std::vector<RawParagraph> Pages::paragraphs(int page) {
  forget(page);
  std::vector<RawParagraph> paragraphs;
  const std::vector<Block> blocks = blocks_of_page(page);
  std::size_t last = blocks.size();
  for (std::size_t i = goes_on_from_before(page) ? 1 : 0; i < blocks.size(); ++i) {
    if (blocks[i].kind != Kind::footnote) last = paragraphs.size();
    paragraphs.push_back(paragraph_of(blocks[i], page));
  }
  for (int next = page + 1; last < paragraphs.size() && goes_on_from_before(next); ++next) {
    const auto& more = blocks_of_page(next);
    for (const Line& line : more.front().lines) {
      append_line(paragraphs[last], line, static_cast<std::uint32_t>(next) + 1);
    }
    // Only where that is all that the page has does the paragraph reach the page behind it.
    if (more.size() > 1 && more[1].kind != Kind::footnote) break;
  }
  std::vector<RawParagraph> parts;
  for (RawParagraph& paragraph : paragraphs) {
    auto cut_up = cut(std::move(paragraph));
    std::move(cut_up.begin(), cut_up.end(), std::back_inserter(parts));
  }
  return parts;
}

}  // namespace weir::documents::pdf
