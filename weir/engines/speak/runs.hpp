// Runs: a long text in pieces that are said one after the other, each in bounded time and memory.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

// The text from its beginning to its end, without a gap, in pieces of at most max_bytes (at least 4), cut where a
// reader would breathe: behind the end of a sentence, else behind a comma and its like, else between words; a word that
// is longer than a piece between characters. Words as in an Utterance; what makes no sense in them is passed over.
std::vector<Range> pieces(std::string_view text, std::span<const Range> words, std::size_t max_bytes);

// What stands at the end of a piece.
enum class Stop { none, clause, sentence };
Stop stop_at_end(std::string_view piece) noexcept;

}  // namespace weir::speak
