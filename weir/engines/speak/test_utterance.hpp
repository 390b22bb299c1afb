// Utterances for tests.
#pragma once

#include <string>

#include "weir/engines/speak/voice.hpp"

namespace weir::speak::test {

// Words are what stands between blanks.
inline Utterance utterance(std::string text, std::string language = {}) {
  Utterance out{std::move(text), {}, std::move(language)};
  const auto blank = [&](std::size_t i) { return out.text[i] == ' ' || out.text[i] == '\n'; };
  for (std::size_t i = 0; i < out.text.size();) {
    if (blank(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < out.text.size() && !blank(i)) ++i;
    out.words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i)});
  }
  return out;
}

}  // namespace weir::speak::test
