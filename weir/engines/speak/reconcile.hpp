// Reconcile: from what an engine tells of its words to the time of every word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

// "Here begins the word at this byte of the text", says the engine. It may be wrong in every way.
struct Heard {
  std::uint32_t position = 0;
  std::int64_t sample = 0;
  bool operator==(const Heard&) const = default;
};

// One time for each word: 0 ≤ start ≤ end ≤ samples, each start at or after the end of the word before.
// A word's start is the first event in it or between it and the next word. Of events that contradict each other the
// longest row that goes forward counts. A word without one shares the sound between its neighbours with them, by the
// number of its letters.
std::vector<WordTime> reconcile(std::string_view text, std::span<const Range> words, std::span<const Heard> heard,
                                std::int64_t samples);

// Takes the silence off both ends of a speech and moves its words with it, brings each start up to the sound that
// follows it within a tenth of a second, and ends a word before a pause where its sound ends.
void trim(Speech& speech);

}  // namespace weir::speak
