#include "weir/engines/speak/reconcile.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace weir::speak {
namespace {

constexpr std::int64_t untold = std::numeric_limits<std::int64_t>::max();

// The first sample that was heard for each word.
std::vector<std::int64_t> told_starts(std::span<const Range> words, std::span<const Heard> heard,
                                      std::int64_t samples) {
  std::vector<std::int64_t> starts(words.size(), untold);
  for (const Heard& event : heard) {
    if (event.sample < 0 || event.sample > samples) continue;
    const auto behind =
        std::upper_bound(words.begin(), words.end(), event.position,
                         [](std::uint32_t position, const Range& word) { return position < word.begin; });
    auto& start = starts[static_cast<std::size_t>(behind == words.begin() ? 0 : behind - words.begin() - 1)];
    start = std::min(start, event.sample);
  }
  return starts;
}

// The words of the longest row of starts that never goes back (patience sorting).
std::vector<std::size_t> longest_row(std::span<const std::int64_t> starts) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> tails, before(starts.size(), none);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (starts[i] == untold) continue;
    const auto at = std::upper_bound(tails.begin(), tails.end(), starts[i],
                                     [&](std::int64_t start, std::size_t tail) { return start < starts[tail]; });
    if (at != tails.begin()) before[i] = *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<std::size_t> row;
  for (std::size_t i = tails.empty() ? none : tails.back(); i != none; i = before[i]) row.push_back(i);
  std::reverse(row.begin(), row.end());
  return row;
}

std::int64_t letters(std::string_view text, const Range& word) {
  const std::string_view part =
      text.substr(std::min<std::size_t>(word.begin, text.size()), word.end > word.begin ? word.end - word.begin : 0);
  const auto count =
      std::count_if(part.begin(), part.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return std::max<std::int64_t>(count, 1);
}

// Words [first, last) share the samples from `from` to `to`.
void share(std::string_view text, std::span<const Range> words, std::span<WordTime> times, std::int64_t from,
           std::int64_t to) {
  std::int64_t all = 0, done = 0;
  for (const Range& word : words) all += letters(text, word);
  // In floating point: no product of two untrusted numbers can overflow.
  const double each = static_cast<double>(to - from) / static_cast<double>(std::max<std::int64_t>(all, 1));
  for (std::size_t i = 0; i < words.size(); ++i) {
    times[i].start = std::min(to, from + static_cast<std::int64_t>(each * static_cast<double>(done)));
    done += letters(text, words[i]);
  }
}

}  // namespace

std::vector<WordTime> reconcile(std::string_view text, std::span<const Range> words, std::span<const Heard> heard,
                                std::int64_t samples) {
  std::vector<WordTime> times(words.size());
  if (words.empty()) return times;
  const std::vector<std::int64_t> starts = told_starts(words, heard, samples);
  std::vector<std::size_t> row = longest_row(starts);
  // From each told word to the next; the first part begins with the sound, the last one ends with it.
  std::size_t first = 0;
  std::int64_t from = 0;
  for (std::size_t i = 0; i <= row.size(); ++i) {
    const std::size_t last = i < row.size() ? row[i] : words.size();
    const std::int64_t to = i < row.size() ? starts[last] : samples;
    share(text, words.subspan(first, last - first), std::span(times).subspan(first, last - first), from, to);
    first = last;
    from = to;
  }
  for (std::size_t i = 0; i < times.size(); ++i) times[i].end = i + 1 < times.size() ? times[i + 1].start : samples;
  return times;
}

namespace {

// Below a half per cent of the peak is silence: −46 dB.
int threshold_of(std::span<const std::int16_t> samples) {
  int peak = 0;
  for (const int sample : samples) peak = std::max(peak, std::abs(sample));
  return std::max(peak / 200, 8);
}

class Sound {
 public:
  explicit Sound(const Speech& speech) : samples_(speech.samples), threshold_(threshold_of(speech.samples)) {}
  // The first sound in [from, to); `to` if there is none.
  std::int64_t first(std::int64_t from, std::int64_t to) const noexcept {
    while (from < to && !loud(from)) ++from;
    return from;
  }
  // Behind the last sound in [from, to); `from` if there is none.
  std::int64_t behind_last(std::int64_t from, std::int64_t to) const noexcept {
    while (to > from && !loud(to - 1)) --to;
    return to;
  }

 private:
  bool loud(std::int64_t at) const noexcept {
    return std::abs(int{samples_[static_cast<std::size_t>(at)]}) > threshold_;
  }
  std::span<const std::int16_t> samples_;
  int threshold_;
};

}  // namespace

void trim(Speech& speech) {
  const auto size = static_cast<std::int64_t>(speech.samples.size());
  const std::int64_t attack = speech.rate_hz / 500, decay = speech.rate_hz / 100;  // 2 and 10 ms stay
  const std::int64_t late = speech.rate_hz / 10, pause = speech.rate_hz / 20;
  const Sound sound(speech);
  const std::int64_t begin = std::max<std::int64_t>(sound.first(0, size) - attack, 0);
  const std::int64_t end = std::max(std::min(sound.behind_last(0, size) + decay, size), begin);
  std::int64_t before = begin;
  // What sounds first is the first word, even where its engine counts from a little later.
  if (!speech.words.empty() && speech.words[0].start < begin + late) speech.words[0].start = begin;
  for (std::size_t i = 0; i < speech.words.size(); ++i) {
    WordTime& word = speech.words[i];
    const bool last = i + 1 == speech.words.size();
    word.start = std::clamp(word.start, before, end);
    word.end = std::clamp(word.end, word.start, end);
    const std::int64_t until = std::min(word.end, word.start + late);
    if (const std::int64_t at = sound.first(word.start, until); at < until)
      word.start = std::max(word.start, at - attack);
    const std::int64_t quiet = std::min(sound.behind_last(word.start, word.end) + attack, word.end);
    if (last || word.end - quiet > pause) word.end = quiet;
    before = word.end;
  }
  for (WordTime& word : speech.words) word = {word.start - begin, word.end - begin};
  speech.samples.erase(speech.samples.begin() + end, speech.samples.end());
  speech.samples.erase(speech.samples.begin(), speech.samples.begin() + begin);
}

}  // namespace weir::speak
