// Cursor: a book's paragraphs by their positions.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

// Reading on from where the last batch ended costs nothing; from elsewhere, it looks for the place first.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: borrows the book.
class Cursor {
 public:
  explicit Cursor(Book& book) : book_(book) {}

  // From there on, about so many bytes; `cancelled` is asked after each paragraph.
  Result<Batch> read(Position from, std::size_t bytes, const std::function<bool()>& cancelled);
  // Somebody else has moved the book.
  void forget() noexcept { placed_ = false; }

 private:
  Result<void> place(Position from, const std::function<bool()>& cancelled);
  Result<void> look(const std::function<bool()>& cancelled);

  Book& book_;
  bool placed_ = false, ended_ = false;
  std::deque<Placed> ahead_;  // parsed and not yet read
  Position next_;             // what the next parsed one will be
};

}  // namespace weir::documents
