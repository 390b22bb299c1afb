#include "weir/media/documents/parse/paragraphs.hpp"

#include <algorithm>
#include <iterator>

#include "weir/media/documents/parse/language.hpp"
#include "weir/media/documents/parse/ordered.hpp"
#include "weir/media/documents/parse/sentences.hpp"
#include "weir/media/documents/parse/words.hpp"

namespace weir::documents {
namespace {

constexpr std::size_t most_element_bytes = 2048;

// A sentence, and which of the words are in it.
struct Cut {
  std::uint32_t begin = 0, end = 0;  // of the text
  std::size_t first_word = 0, words = 0;
  std::size_t bytes() const noexcept { return end - begin; }
};

// Where sentences begin: as their language has it, and where the format says so.
std::vector<std::uint32_t> begins_of(const Ordered& text, const std::vector<Character>& characters,
                                     const std::vector<Range>& words, const std::string& language) {
  const std::vector<std::uint32_t> found = sentence_begins(text.text, characters, language);
  std::vector<std::uint32_t> begins;
  std::ranges::set_union(found, text.breaks, std::back_inserter(begins));
  // Never within a word.
  auto word = words.begin();
  std::erase_if(begins, [&](std::uint32_t begin) {
    while (word != words.end() && word->end <= begin) ++word;
    return word != words.end() && word->begin < begin;
  });
  return begins;
}

// Those without a word go with the one before, or with the first that has one.
std::vector<Cut> sentences(const Ordered& text, const std::vector<Range>& words,
                           const std::vector<std::uint32_t>& begins) {
  std::vector<Cut> out;
  std::size_t word = 0;
  for (std::size_t i = 0; i <= begins.size(); ++i) {
    std::uint32_t begin = i == 0 ? 0 : begins[i - 1];
    const auto end = i == begins.size() ? static_cast<std::uint32_t>(text.text.size()) : begins[i];
    const std::size_t first = word;
    while (word < words.size() && words[word].begin < end) ++word;
    if (word == first && !out.empty()) {
      out.back().end = end;
      continue;
    }
    if (!out.empty() && out.back().words == 0) {
      begin = out.back().begin;
      out.pop_back();
    }
    out.push_back({begin, end, first, word - first});
  }
  return out;
}

// None longer than a paragraph may be: cut before words; of endless signs only those between words stay.
std::vector<Cut> bounded(const std::vector<Cut>& cuts, const std::vector<Range>& words) {
  std::vector<Cut> out;
  const auto add = [&](Cut cut) {
    if (cut.bytes() > most_text_bytes) cut.begin = words[cut.first_word].begin;
    if (cut.bytes() > most_text_bytes) cut.end = words[cut.first_word + cut.words - 1].end;
    out.push_back(cut);
  };
  for (Cut cut : cuts) {
    while (cut.words > 1 && (cut.bytes() > most_text_bytes || cut.words > most_words)) {
      const std::uint32_t begin = words[cut.first_word].begin;
      if (begin - cut.begin > most_text_bytes / 2) cut.begin = begin;
      std::size_t taken = 1;
      while (taken < cut.words - 1 && taken < most_words &&
             words[cut.first_word + taken].end - cut.begin <= most_text_bytes) {
        ++taken;
      }
      const std::uint32_t end = words[cut.first_word + taken].begin;
      add({cut.begin, end, cut.first_word, taken});
      cut = {end, cut.end, cut.first_word + taken, cut.words - taken};
    }
    add(cut);
  }
  return out;
}

}  // namespace

std::vector<Paragraph> paragraphs_of(const RawParagraph& raw, const std::string& language) {
  const Ordered text = ordered(raw.text);
  const std::vector<Character> characters = characters_of(text.text);
  const std::vector<Range> words = words_of(text.text, characters);
  if (words.empty()) return {};
  const std::string own_language = language_of(characters, raw.language.empty() ? language : raw.language);
  const std::vector<Cut> cuts =
      bounded(sentences(text, words, begins_of(text, characters, words, own_language)), words);

  // A path with what nobody may be shown in it leads nowhere, nor does one without an end.
  const bool leads = raw.element.size() <= most_element_bytes && ordered(raw.element).text == raw.element;
  const std::string element = leads ? raw.element : std::string();
  const std::uint8_t level = std::min<std::uint8_t>(raw.level, 6);
  Places places(text, raw.pieces);
  std::vector<Paragraph> out;
  std::uint32_t begin = 0;  // of the last paragraph
  for (const Cut& cut : cuts) {
    if (out.empty() || cut.end - begin > most_text_bytes || out.back().words.size() + cut.words > most_words) {
      begin = cut.begin;
      out.push_back({raw.kind, level, is_right_to_left(characters), {}, own_language, element, {}, {}});
    }
    Paragraph& p = out.back();
    std::uint32_t end = cut.end, start = cut.begin;
    while (end > start && text.text[end - 1] == ' ') --end;
    while (start < end && text.text[start] == ' ') ++start;
    p.text.assign(text.text, begin, end - begin);
    p.sentences.push_back({{start - begin, end - begin},
                           static_cast<std::uint32_t>(p.words.size()),
                           static_cast<std::uint32_t>(cut.words)});
    for (std::size_t i = cut.first_word; i < cut.first_word + cut.words; ++i) {
      p.words.push_back({{words[i].begin - begin, words[i].end - begin}, places.of(words[i])});
    }
  }
  return out;
}

}  // namespace weir::documents
