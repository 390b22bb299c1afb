// Line: a sentence on its way from the document to the listener.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/speak/spoken.hpp"
#include "weir/media/documents/document.hpp"

namespace weir::read {

// A sentence, or a part of a very long one.
// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: shares its paragraph.
struct Line {
  documents::Position at;
  std::shared_ptr<const documents::Paragraph> paragraph;
  std::uint32_t sentence = 0;        // of the paragraph's
  documents::Range text;             // of the paragraph's: the sentence, or the part of it
  std::vector<std::uint32_t> words;  // those of the paragraph's that are said, in order
  speak::Spoken spoken;              // what is said, and for which of `words`: each has its place in it

  std::string_view word(std::size_t i) const {
    const documents::Range& range = paragraph->words[words[i]].text;
    return std::string_view(paragraph->text).substr(range.begin, range.end - range.begin);
  }
};

// Where lines come from.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: next().  Ownership: up to the source.
class LineSource {
 public:
  virtual ~LineSource() = default;
  // In reading order; nothing at the end.
  virtual Result<std::optional<Line>> next(const std::stop_token& stop) = 0;
  // next() goes on with the first line at or behind that place.
  virtual void seek(documents::Position to) = 0;
};

}  // namespace weir::read
