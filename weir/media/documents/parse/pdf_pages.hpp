// The pages of a PDF as paragraphs, a few of them in memory at a time.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/pdf_layout.hpp"

namespace poppler {
class document;  // NOLINT(readability-identifier-naming): the library's name
}

namespace weir::documents::pdf {

// What a page holds depends on that page and the ones around it alone, not on what was read before.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: never.  Ownership: borrows the document.
class Pages {
 public:
  explicit Pages(const poppler::document& document);
  int count() const noexcept { return count_; }
  // In reading order. A paragraph that goes on over the page's end is whole on the page where it begins.
  std::vector<RawParagraph> paragraphs(int page);

 private:
  const Page& words_of(int page);
  const std::vector<Block>& blocks_of_page(int page);
  bool goes_on_from_before(int page);
  void forget(int page);

  const poppler::document& document_;
  const int count_;
  std::map<int, Page> words_;
  std::map<int, std::vector<Block>> blocks_;
};

}  // namespace weir::documents::pdf
