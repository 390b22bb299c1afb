#include "weir/engines/speak/skip.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <string_view>

namespace weir::speak {
namespace {

// First the mail address: "mailto:" is a part of it where it is there.
const RE2& address() {
  static const RE2 expression(
      R"((?i)(?:mailto:)?[a-z0-9][a-z0-9._%+\-]*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,})"
      R"(|(?:(?:https?|ftp|file)://|www\.)[^\s\pC<>"“”„«»‘’…、。，！？：；（）「」『』\p{Han}\p{Hiragana}\p{Katakana}]+)");
  return expression;
}

// Without what belongs to the sentence around it.
std::string_view without_punctuation(std::string_view found) {
  const auto count = [&](char c) { return std::count(found.begin(), found.end(), c); };
  auto round = count(')') - count('('), square = count(']') - count('[');  // closed more often than opened
  for (; !found.empty(); found.remove_suffix(1)) {
    const char last = found.back();
    if (last == ')' && round > 0) {
      --round;
    } else if (last == ']' && square > 0) {
      --square;
    } else if (std::string_view(".,;:!?'*_").find(last) == std::string_view::npos) {
      break;
    }
  }
  return found;
}

}  // namespace

Spoken skip_addresses(const Spoken& spoken) {
  const std::string& text = spoken.utterance.text;
  std::vector<Edit> edits;
  re2::StringPiece found;
  for (std::size_t from = 0; address().Match(text, from, text.size(), RE2::UNANCHORED, &found, 1);) {
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    const std::size_t bytes = without_punctuation({found.data(), found.size()}).size();
    edits.push_back({{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(begin + bytes)}, {}});
    from = begin + found.size();
  }
  return rewrite(spoken, edits);
}

}  // namespace weir::speak
