// The lines of a text file, one after the other, with the place of each character in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/media/documents/parse/encoding.hpp"

namespace weir::documents {

struct Line {
  std::string text;  // UTF-8 or nearly (ordered() repairs it), without the line's end
  std::vector<Piece> pieces;
  std::uint64_t begin = 0, end = 0;  // in the file; `end` is where the next one begins
  bool cut = false;                  // longer than a line may be: it goes on with the next
  bool blank = false;
};

// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: borrows the file.
class Lines {
 public:
  Lines(std::span<const std::byte> file, const Encoding& encoding);
  // To the beginning of a line.
  void seek(std::uint64_t at) noexcept { at_ = at; }
  std::uint64_t at() const noexcept { return at_; }
  // False at the end.
  bool next(Line& line);

 private:
  std::uint32_t unit(std::size_t at) const noexcept;
  std::size_t cut_before(std::size_t begin, std::size_t end) const noexcept;

  const std::span<const std::byte> file_;
  const Encoding encoding_;
  Decoder decoder_;
  std::size_t at_;
};

}  // namespace weir::documents
