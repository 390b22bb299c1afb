// Utterances for tests, and what has become of their words.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "weir/engines/speak/spoken.hpp"

namespace weir::speak::testing {

// Words: what stands between blanks, without punctuation of ASCII around it.
inline Utterance utterance(std::string text) {
  Utterance made{.text = std::move(text), .words = {}, .language = "en"};
  const auto is = [&](std::size_t at, auto kind) { return kind(static_cast<unsigned char>(made.text[at])) != 0; };
  for (std::size_t at = 0; at < made.text.size();) {
    if (is(at, [](int c) { return std::isspace(c); })) {
      ++at;
      continue;
    }
    std::size_t begin = at;
    while (at < made.text.size() && !is(at, [](int c) { return std::isspace(c); })) ++at;
    std::size_t end = at;
    while (begin < end && is(begin, [](int c) { return std::ispunct(c); })) ++begin;
    while (begin < end && is(end - 1, [](int c) { return std::ispunct(c); })) --end;
    if (begin < end) made.words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }
  return made;
}

// For each word of the text what is said for it; "-": nothing.
inline std::vector<std::string> said(const Spoken& spoken) {
  std::vector<std::string> all;
  for (const auto& as : spoken.said_as) {
    if (!as) {
      all.emplace_back("-");
      continue;
    }
    const Range range = spoken.utterance.words.at(*as);
    all.push_back(spoken.utterance.text.substr(range.begin, range.end - range.begin));
  }
  return all;
}

}  // namespace weir::speak::testing
