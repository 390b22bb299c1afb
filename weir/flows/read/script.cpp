#include "weir/flows/read/script.hpp"

#include <utility>

#include "weir/core/account.hpp"
#include "weir/engines/speak/runs.hpp"
#include "weir/engines/speak/skip.hpp"

namespace weir::read {
namespace {

// Some two minutes of speech.
constexpr std::size_t most_line_bytes = 2000;

// The part of the utterance that is in `range` of its text.
speak::Utterance part_of(const speak::Utterance& whole, const speak::Range& range, std::size_t& first_word) {
  speak::Utterance part{
      .text = whole.text.substr(range.begin, range.end - range.begin), .words = {}, .language = whole.language};
  for (; first_word < whole.words.size() && whole.words[first_word].end <= range.end; ++first_word) {
    const speak::Range& word = whole.words[first_word];
    part.words.push_back({word.begin - range.begin, word.end - range.begin});
  }
  return part;
}

// Words that nothing is said for go, with their places.
void leave_out_the_silent(Line& line) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    if (!line.spoken.said_as[i]) continue;
    line.words[kept] = line.words[i];
    line.spoken.said_as[kept] = line.spoken.said_as[i];
    ++kept;
  }
  line.words.resize(kept);
  line.spoken.said_as.resize(kept);
}

}  // namespace

Result<std::optional<Line>> Script::next(const std::stop_token& stop) {
  while (lines_.empty()) {
    if (paragraphs_.empty()) {
      if (!from_) return std::nullopt;
      if (auto fetched = fetch(stop); !fetched) return tl::unexpected(fetched.error());
      continue;
    }
    documents::Placed placed = std::move(paragraphs_.front());
    paragraphs_.pop_front();
    if (!skipped(placed.paragraph.kind)) add_lines(std::move(placed));
  }
  Line line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

Result<void> Script::fetch(const std::stop_token& stop) {
  const AccountBinding binding(Account::open("text"));
  auto batch = document_.read(*from_, stop);
  if (!batch) return tl::unexpected(batch.error());
  for (documents::Placed& placed : batch->paragraphs) paragraphs_.push_back(std::move(placed));
  from_ = batch->next;
  done_.store(batch->done, std::memory_order_relaxed);
  return {};
}

void Script::seek(documents::Position to) {
  lines_.clear();
  paragraphs_.clear();
  from_ = to;
}

bool Script::skipped(documents::Kind kind) const noexcept {
  switch (kind) {
    case documents::Kind::footnote: return options_.skips.footnotes;
    case documents::Kind::table: return options_.skips.tables;
    case documents::Kind::code: return options_.skips.code;
    default: return false;
  }
}

void Script::add_lines(documents::Placed placed) {
  const auto paragraph = std::make_shared<const documents::Paragraph>(std::move(placed.paragraph));
  for (std::uint32_t s = 0; s < paragraph->sentences.size(); ++s) {
    const documents::Sentence& sentence = paragraph->sentences[s];
    speak::Utterance whole{.text = paragraph->text.substr(sentence.text.begin, sentence.text.end - sentence.text.begin),
                           .words = {},
                           .language = paragraph->language.empty() ? options_.language : paragraph->language};
    for (std::uint32_t w = 0; w < sentence.words; ++w) {
      const documents::Range& word = paragraph->words[sentence.first_word + w].text;
      whole.words.push_back({word.begin - sentence.text.begin, word.end - sentence.text.begin});
    }
    std::size_t next_word = 0;
    for (const speak::Range& range : speak::pieces(whole.text, whole.words, most_line_bytes)) {
      const auto first = sentence.first_word + static_cast<std::uint32_t>(next_word);
      Line line{.at = placed.at,
                .paragraph = paragraph,
                .sentence = s,
                .text = {sentence.text.begin + range.begin, sentence.text.begin + range.end},
                .words = {},
                .spoken = speak::as_written(part_of(whole, range, next_word))};
      for (std::uint32_t w = first; w < sentence.first_word + next_word; ++w) line.words.push_back(w);
      add_line(std::move(line));
    }
  }
}

void Script::add_line(Line line) {
  if (options_.skips.urls) line.spoken = speak::skip_addresses(line.spoken);
  if (dictionary_) line.spoken = dictionary_->apply(line.spoken);
  leave_out_the_silent(line);
  if (!line.words.empty()) lines_.push_back(std::move(line));
}

}  // namespace weir::read
