#include "weir/engines/speak/spoken.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::speak {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Whatever is not ASCII is taken for a letter: dashes and the like cost nothing if they are.
bool has_letters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) > 127;
  });
}

// Where the edits and what was not edited have come to lie.
struct Moved {
  struct Part {
    Range from, to;
    bool edited = false;
  };
  std::string text;
  std::vector<Part> parts;  // all of the text, in order

  void add(Range from, std::string_view said, bool edited) {
    const auto begin = static_cast<std::uint32_t>(text.size());
    text += said;
    parts.push_back({from, {begin, static_cast<std::uint32_t>(text.size())}, edited});
  }

  // All that is said for `word`. Parts and words are both in order: `part` is where the last word was found.
  Range range_of(const Range& word, std::size_t& part) const {
    while (part < parts.size() && parts[part].from.end <= word.begin) ++part;
    Range range;
    bool first = true;
    for (std::size_t p = part; p < parts.size() && parts[p].from.begin < word.end; ++p) {
      const auto& [from, to, edited] = parts[p];
      const std::uint32_t begin = edited ? to.begin : to.begin + std::max(word.begin, from.begin) - from.begin;
      const std::uint32_t end = edited ? to.end : to.begin + std::min(word.end, from.end) - from.begin;
      if (std::exchange(first, false)) range.begin = begin;
      range.end = end;
    }
    while (range.begin < range.end && is_blank(text[range.begin])) ++range.begin;
    while (range.begin < range.end && is_blank(text[range.end - 1])) --range.end;
    return range;
  }
};

Moved moved(const std::string& text, const std::vector<Edit>& edits) {
  Moved result;
  std::uint32_t at = 0;
  const auto copy_to = [&](std::uint32_t end) {
    if (at < end) result.add({at, end}, std::string_view(text).substr(at, end - at), false);
    at = end;
  };
  for (const Edit& edit : edits) {
    copy_to(edit.text.begin);
    result.add(edit.text, edit.said, true);
    at = edit.text.end;
  }
  copy_to(static_cast<std::uint32_t>(text.size()));
  return result;
}

// Replacements that no word has: said with a neighbour.
void take_in(std::vector<Range>& words, const Moved& moved) {
  if (words.empty()) return;
  std::size_t next = 0;  // the first word that does not end before the part
  for (const Moved::Part& part : moved.parts) {
    if (!part.edited || !has_letters(std::string_view(moved.text).substr(part.to.begin, part.to.end - part.to.begin))) {
      continue;
    }
    while (next < words.size() && words[next].end <= part.to.begin) ++next;
    if (next < words.size() && words[next].begin < part.to.end) continue;  // it is a word's, or part of one
    if (next > 0) {
      words[next - 1].end = part.to.end;
    } else {
      words.front().begin = part.to.begin;
    }
  }
}

}  // namespace

Spoken as_written(Utterance utterance) {
  Spoken spoken{std::move(utterance), {}};
  for (std::uint32_t word = 0; word < spoken.utterance.words.size(); ++word) spoken.said_as.emplace_back(word);
  return spoken;
}

Spoken rewrite(const Spoken& spoken, const std::vector<Edit>& edits) {
  if (edits.empty()) return spoken;
  Moved text = moved(spoken.utterance.text, edits);
  Spoken result;
  result.utterance.language = spoken.utterance.language;
  std::vector<Range>& words = result.utterance.words;
  std::vector<std::optional<std::uint32_t>> now;  // for each word before, which it is after
  std::size_t part = 0;
  for (const Range& word : spoken.utterance.words) {
    const Range range = text.range_of(word, part);
    if (range.begin == range.end) {
      now.emplace_back();
      continue;
    }
    if (!words.empty() && range.begin < words.back().end) {
      words.back().end = std::max(words.back().end, range.end);  // one edit reaches into both
    } else {
      words.push_back(range);
    }
    now.emplace_back(static_cast<std::uint32_t>(words.size() - 1));
  }
  take_in(words, text);
  for (const auto& before : spoken.said_as) result.said_as.push_back(before ? now[*before] : std::nullopt);
  result.utterance.text = std::move(text.text);
  return result;
}

std::vector<WordTime> times_as_written(const Spoken& spoken, const std::vector<WordTime>& said,
                                       const std::vector<Range>& words) {
  std::vector<WordTime> times;
  std::int64_t end = 0;
  for (std::size_t word = 0; word < words.size();) {
    const auto as = spoken.said_as[word];
    if (!as) {
      times.push_back({end, end});
      ++word;
      continue;
    }
    // All that share one; what is not said may lie between them.
    std::size_t last = word;
    std::int64_t bytes = 0;
    for (std::size_t other = word; other < words.size(); ++other) {
      if (!spoken.said_as[other]) continue;
      if (spoken.said_as[other] != as) break;
      last = other;
      bytes += words[other].end - words[other].begin;
    }
    const WordTime whole = said[*as];
    std::int64_t done = 0;
    end = whole.start;
    for (; word <= last; ++word) {
      const std::int64_t start = end;
      if (spoken.said_as[word]) {
        done += words[word].end - words[word].begin;
        end = bytes == 0 ? whole.end : whole.start + (whole.end - whole.start) * done / bytes;
      }
      times.push_back({start, end});
    }
  }
  return times;
}

}  // namespace weir::speak
