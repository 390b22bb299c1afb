// Dictionary: how words are to be said, by a file of rules that people write.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/engines/speak/spoken.hpp"

namespace weir::speak {

// One rule a line:
//   word: Nguyen = Win              as a word of its own: no letter or digit stands before or after it
//   anywhere: ough = uff            also within words
//   regex: (\d+)km/h = \1 kilometres an hour      RE2's syntax; \1 to \9 in what is said: what the brackets matched
//   skip word: sic                  not said at all
//   case word: Polish = Pole-ish    capitals matter, as otherwise they do not
// `skip` and `case` stand before each of the three kinds; both may. " = ", with its blanks, parts what is written from
// what is said; what is written may have blanks itself ("New York"). In a regex, ^ and $ are the ends of the sentence.
// Blank lines and lines that start with # are passed over.
// The first place in a sentence comes first; of several rules for one place, the one that stands higher in the file.
// What one rule says is not looked at by others.
// Thread-safety: const members from any thread.  Allocates: yes.  Blocks: never.
// Ownership: copies share the rules, which do not change.
class Dictionary {
 public:
  // `name` is the text's name in errors, which say "name:line" and quote the line.
  // Errors: `invalid`: a line that is not understood. `exhausted`: too many rules or bytes.
  static Result<Dictionary> parse(std::string_view text, const std::string& name);

  Spoken apply(const Spoken& spoken) const;
  std::size_t rules() const noexcept;

 private:
  struct Rules;
  explicit Dictionary(std::shared_ptr<const Rules> rules) noexcept : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

constexpr std::size_t max_dictionary_bytes = 1 << 20, max_dictionary_rules = 5000;

}  // namespace weir::speak
