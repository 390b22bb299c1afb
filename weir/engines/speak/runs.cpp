#include "weir/engines/speak/runs.hpp"

#include <algorithm>
#include <array>

#include "weir/engines/speak/clean.hpp"

namespace weir::speak {
namespace {

constexpr std::array<std::string_view, 14> sentence_ends{".",  "!", "?", "…", "。", "！", "？",
                                                         "．", "؟", "۔", "।", "॥",  "։",  "።"};
constexpr std::array<std::string_view, 15> clause_ends{",", ";", ":", "、", "，", "；", "：", "،",
                                                       "؛", "·", "—", "–",  "--", "፣",  "፤"};
// They stand behind the mark that ends what they enclose.
constexpr std::array<std::string_view, 13> closing{"\"", "'",  ")",  "]",  "}",  "”", "’",
                                                   "»",  "」", "』", "）", "】", "›"};

template <std::size_t N>
std::size_t ends_with(std::string_view text, const std::array<std::string_view, N>& marks) noexcept {
  const auto* const it = std::find_if(marks.begin(), marks.end(), [&](auto mark) { return text.ends_with(mark); });
  return it == marks.end() ? 0 : it->size();
}

// The place behind which a piece may end, in what stands between two words: behind the marks and blanks that belong to
// the word before, in front of what opens the next.
std::size_t place_between(std::string_view text, std::size_t end, std::size_t next) noexcept {
  const std::string_view gap = text.substr(end, next - end);
  if (const std::size_t blank = gap.find_last_of(" \t\n\r"); blank != std::string_view::npos) return end + blank + 1;
  for (std::size_t size = gap.size(); size > 0; --size) {
    if (stop_at_end(gap.substr(0, size)) != Stop::none) return end + size;
  }
  return end;
}

struct Place {
  std::size_t at;
  Stop stop;
};

std::vector<Place> places(std::string_view text, std::span<const Range> words) {
  std::vector<Place> found;
  std::size_t end = 0;
  for (const Range& word : words) {
    if (word.begin < end || word.end <= word.begin || word.end > text.size()) continue;
    if (end > 0) {
      const std::size_t at = place_between(text, end, word.begin);
      constexpr std::size_t enough = 32;  // a mark, what is closed behind it, and blanks
      found.push_back({at, stop_at_end(text.substr(at - std::min(at, enough), std::min(at, enough)))});
    }
    end = word.end;
  }
  return found;
}

bool continues_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Of the places in (begin, limit]: the last end of a sentence, else of a clause, unless that leaves less than a third
// of what fits; else the last place.
std::size_t best(std::span<const Place> within, std::size_t begin, std::size_t limit) noexcept {
  const std::size_t least = begin + (limit - begin) / 3;
  for (const Stop stop : {Stop::sentence, Stop::clause, Stop::none}) {
    for (auto it = within.rbegin(); it != within.rend(); ++it) {
      if (it->stop >= stop && (it->at >= least || stop == Stop::none)) return it->at;
    }
  }
  return limit;
}

}  // namespace

Stop stop_at_end(std::string_view piece) noexcept {
  for (;;) {
    const std::size_t shut = ends_with(piece, closing);
    if (shut > 0) {
      piece.remove_suffix(shut);
    } else if (!piece.empty() && (piece.back() == ' ' || piece.back() == '\n' || piece.back() == '\t')) {
      piece.remove_suffix(1);
    } else {
      break;
    }
  }
  if (ends_with(piece, sentence_ends) > 0) return Stop::sentence;
  return ends_with(piece, clause_ends) > 0 ? Stop::clause : Stop::none;
}

std::vector<Range> pieces(std::string_view text, std::span<const Range> words, std::size_t max_bytes) {
  max_bytes = std::max<std::size_t>(max_bytes, 4);
  const std::vector<Place> cuts = places(text, words);
  std::vector<Range> out;
  auto next = cuts.begin();
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.size();
    if (end - begin > max_bytes) {
      const std::size_t limit = begin + max_bytes;
      next = std::find_if(next, cuts.end(), [&](const Place& place) { return place.at > begin; });
      const auto last = std::find_if(next, cuts.end(), [&](const Place& place) { return place.at > limit; });
      end = best({next, last}, begin, limit);
      // Within a word, a character stays whole. What is no UTF-8 has no characters.
      for (int i = 0; i < 3 && continues_character(text[end]) && end > begin + 1; ++i) --end;
    }
    out.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    begin = end;
  }
  return out;
}

}  // namespace weir::speak
