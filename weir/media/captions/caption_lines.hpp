// A sentence cut into lines that fit a screen, and the time of each of its places.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "weir/media/captions/timed_word.hpp"

namespace weir::media {

// When the byte `at` of a sentence is heard: its words say so, and between them, and where there are none, it is even.
// The words are in order, of the text and not overlapping. What their times say against that order is not followed.
// Thread-safety: any.  Allocates: never.  Blocks: never.  Ownership: borrows the words.
class SentenceTimes {
 public:
  SentenceTimes(std::size_t text_bytes, std::int64_t start, std::int64_t end, std::span<const TimedWord> words)
      : text_bytes_(text_bytes), start_(start), end_(end), words_(words) {}
  std::int64_t at(std::size_t byte) const noexcept;

 private:
  std::size_t text_bytes_;
  std::int64_t start_, end_;
  std::span<const TimedWord> words_;
};

bool begins_word(std::span<const TimedWord> words, std::size_t at) noexcept;

// Lines of at most `most` characters, without the blanks at their ends: cut at blanks; in scripts that have none, and
// in what is longer, before a word; else anywhere between characters.
std::vector<documents::Range> cut_lines(std::string_view text, std::span<const TimedWord> words, std::size_t most);

}  // namespace weir::media
