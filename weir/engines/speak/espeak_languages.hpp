// Which of espeak-ng's voices speaks a language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::speak {

struct EspeakLanguage {
  std::string tag;    // "en-gb"
  std::string voice;  // its file below lang/: "gmw/en"
  int priority = 0;   // of several voices of one language the lowest is its usual one
};

// "en-us" for "en_US".
std::string lower_tag(std::string_view text);

// The voice's file for a BCP 47 tag: of the tag itself, else of it without its last parts, else of the language's first
// variety; empty if there is none. Also for tags that espeak-ng calls otherwise (zh is its cmn).
std::string voice_for(std::string_view language, const std::vector<EspeakLanguage>& known);

}  // namespace weir::speak
