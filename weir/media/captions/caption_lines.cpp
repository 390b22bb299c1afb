#include "weir/media/captions/caption_lines.hpp"

#include <algorithm>

namespace weir::media {
namespace {

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Where no blanks are written: from the CJK radicals on, by the first byte of three or four.
bool is_wide(char lead) noexcept { return static_cast<unsigned char>(lead) >= 0xE3; }

std::size_t next_character(std::string_view text, std::size_t at) noexcept {
  for (++at; at < text.size() && continues(text[at]);) ++at;
  return at;
}

// The end of the line that begins at `begin`.
std::size_t line_end(std::string_view text, std::span<const TimedWord> words, std::size_t begin, std::size_t most) {
  std::size_t good = 0, fair = 0, at = begin, previous = begin;
  for (std::size_t characters = 0; at < text.size(); ++characters) {
    if (at > begin) {
      if (text[at] == ' ') {
        good = at;
      } else if (begins_word(words, at)) {
        (is_wide(text[at]) && is_wide(text[previous]) ? good : fair) = at;
      }
    }
    if (characters == most) return good > 0 ? good : fair > 0 ? fair : at;
    previous = at;
    at = next_character(text, at);
  }
  return text.size();
}

}  // namespace

bool begins_word(std::span<const TimedWord> words, std::size_t at) noexcept {
  const auto word = std::lower_bound(words.begin(), words.end(), at,
                                     [](const TimedWord& w, std::size_t byte) { return w.text.begin < byte; });
  return word != words.end() && word->text.begin == at;
}

std::int64_t SentenceTimes::at(std::size_t byte) const noexcept {
  std::size_t left = 0, right = text_bytes_;
  std::int64_t from = start_, to = end_;
  const auto word = std::upper_bound(words_.begin(), words_.end(), byte,
                                     [](std::size_t b, const TimedWord& w) { return b < w.text.begin; });
  if (word != words_.end()) {
    right = word->text.begin;
    to = word->start;
  }
  if (word != words_.begin()) {
    const TimedWord& before = *std::prev(word);
    const bool inside = byte < before.text.end;
    left = inside ? before.text.begin : before.text.end;
    from = inside ? before.start : before.end;
    if (inside) {
      right = before.text.end;
      to = before.end;
    }
  }
  if (byte <= left || right <= left || to <= from) return from;
  const auto share = static_cast<double>(byte - left) / static_cast<double>(right - left);
  return from + static_cast<std::int64_t>(share * static_cast<double>(to - from));
}

std::vector<documents::Range> cut_lines(std::string_view text, std::span<const TimedWord> words, std::size_t most) {
  std::vector<documents::Range> lines;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && text[at] == ' ') ++at;
    if (at == text.size()) return lines;
    const std::size_t cut = line_end(text, words, at, most);
    std::size_t end = cut;
    while (end > at && text[end - 1] == ' ') --end;
    lines.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
    at = cut;
  }
}

}  // namespace weir::media
