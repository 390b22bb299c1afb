// A paragraph's text in order: single blanks, nothing that is not seen; and where each byte of it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/media/documents/parse/book.hpp"

namespace weir::documents {

struct Ordered {
  std::string text;                   // valid UTF-8, no blank at its ends
  std::vector<std::uint32_t> raw;     // for each byte: which one of the raw text
  std::vector<std::uint32_t> breaks;  // bytes at which a sentence begins because the raw text says so, ascending
};

Ordered ordered(const std::string& raw_text);

// Places of parts of a text, asked for in order.
// Thread-safety: one thread.  Allocates: never.  Blocks: never.  Ownership: borrows both.
class Places {
 public:
  Places(const Ordered& text, const std::vector<Piece>& pieces) : text_(text), pieces_(pieces) {}
  // Zero where nobody knows.
  Source of(Range part);

 private:
  const Ordered& text_;
  const std::vector<Piece>& pieces_;
  std::size_t first_ = 0;
};

}  // namespace weir::documents
