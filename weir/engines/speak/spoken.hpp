// Spoken: what is said instead of what is written, and which words of the text each part of it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/engines/speak/voice.hpp"

namespace weir::speak {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its text.
struct Spoken {
  // What the voice gets. Without words there is nothing to say.
  Utterance utterance;
  // For each word of the text, in order: which of utterance.words is said for it. Neighbours may share one (what was
  // replaced together is said as one); nothing: it is not said.
  std::vector<std::optional<std::uint32_t>> said_as;
};

// Nothing changed yet.
Spoken as_written(Utterance utterance);

// A part of the text, and what is said there; empty: nothing is.
struct Edit {
  Range text;
  std::string said;
};

// `edits`: in order, not overlapping, of spoken.utterance.text. A word that an edit touches keeps its place: its range
// becomes all that is said for it. A replacement with letters or digits that lies between words is said with the word
// before it, or else with the one after it.
Spoken rewrite(const Spoken& spoken, const std::vector<Edit>& edits);

// The times of the words of the text from those of what was said, one for each of spoken.utterance.words. Words that
// share one share its time by their lengths; what is not said takes none, at the end of the word before it.
// `words`: those of the text as it was written, for their lengths.
std::vector<WordTime> times_as_written(const Spoken& spoken, const std::vector<WordTime>& said,
                                       const std::vector<Range>& words);

}  // namespace weir::speak
