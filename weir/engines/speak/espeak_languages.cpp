#include "weir/engines/speak/espeak_languages.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace weir::speak {
namespace {

// What BCP 47 and its older tags call otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> aliases{{{"zh-hk", "yue"},
                                                                                 {"zh-yue", "yue"},
                                                                                 {"zh", "cmn"},
                                                                                 {"no", "nb"},
                                                                                 {"nn", "nb"},
                                                                                 {"iw", "he"},
                                                                                 {"in", "id"},
                                                                                 {"mo", "ro"},
                                                                                 {"sh", "sr"},
                                                                                 {"tl", "tl"},
                                                                                 {"fil", "tl"},
                                                                                 {"arb", "ar"}}};

template <class Matches>
const EspeakLanguage* best(const std::vector<EspeakLanguage>& known, Matches matches) {
  const EspeakLanguage* found = nullptr;
  for (const EspeakLanguage& language : known) {
    if (matches(lower_tag(language.tag)) && (found == nullptr || language.priority < found->priority))
      found = &language;
  }
  return found;
}

const EspeakLanguage* by_tag(std::string tag, const std::vector<EspeakLanguage>& known) {
  for (;;) {
    if (const auto* found = best(known, [&](const std::string& other) { return other == tag; })) return found;
    const std::size_t dash = tag.rfind('-');
    if (dash == std::string::npos) break;
    tag.resize(dash);
  }
  return best(known, [&](const std::string& other) { return other.starts_with(tag + "-"); });
}

}  // namespace

std::string lower_tag(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return c == '_' ? '-' : std::tolower(c); });
  return out;
}

std::string voice_for(std::string_view language, const std::vector<EspeakLanguage>& known) {
  std::string tag = lower_tag(language);
  for (const auto& [from, to] : aliases) {
    const bool matches = tag.starts_with(from) && (tag.size() == from.size() || tag[from.size()] == '-');
    if (!matches) continue;
    tag = to;
    break;
  }
  const EspeakLanguage* const found = tag.empty() ? nullptr : by_tag(tag, known);
  return found == nullptr ? std::string() : found->voice;
}

}  // namespace weir::speak
