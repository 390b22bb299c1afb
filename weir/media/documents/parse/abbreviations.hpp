// Words behind which a full stop does not end a sentence.
#pragma once

#include <string_view>

namespace weir::documents {

// Lists of words in lower case between single blanks.
struct Abbreviations {
  std::string_view language;
  std::string_view always;         // a sentence never ends behind these: "mr"
  std::string_view before_number;  // nor behind these, if a number follows: "no"
  std::string_view perhaps;        // behind these it ends if a word of `starters` follows: "inc"
  std::string_view starters;       // words that begin many sentences
  bool ordinals = false;           // "3." is "third"
};

// Of a language (BCP 47); those of English where it is unknown.
const Abbreviations& abbreviations_of(std::string_view language) noexcept;

// Is `word` in one of the lists above?
bool lists(std::string_view list, std::string_view word) noexcept;

}  // namespace weir::documents
