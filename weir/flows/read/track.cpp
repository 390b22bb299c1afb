#include "weir/flows/read/track.hpp"

#include <algorithm>
#include <cmath>

#include "weir/engines/speak/rate.hpp"
#include "weir/engines/speak/speed.hpp"

namespace weir::read {

namespace {

std::vector<speak::Range> written(const Line& line) {
  std::vector<speak::Range> out;
  out.reserve(line.words.size());
  for (const std::uint32_t word : line.words) {
    const documents::Range& range = line.paragraph->words[word].text;
    out.push_back({range.begin, range.end});
  }
  return out;
}

}  // namespace

Track::Track(double speed, const Gaps& gaps, std::span<const int> rates)
    : gaps_(gaps), speed_(speed), rates_(rates.begin(), rates.end()) {}

Result<void> Track::begin(int speech_rate_hz) {
  if (speech_rate_hz <= 0) return fail(Code::failed, "the voice does not say its sample rate");
  // The next one that the file knows: nothing of the sound is lost.
  const auto allowed = std::find_if(rates_.begin(), rates_.end(), [&](int rate) { return rate >= speech_rate_hz; });
  const int rate_hz = rates_.empty() ? speech_rate_hz : allowed != rates_.end() ? *allowed : rates_.back();
  if (rate_hz_ == 0) rate_hz_ = rate_hz;
  return {};
}

void Track::restart() noexcept {
  position_ = 0;
  former_.reset();
}

// At speed 1, from the line before.
double Track::gap_s(const Line& line) const {
  if (!former_) return 0;
  if (former_->chapter != line.at.chapter) return gaps_.chapter_s;
  if (former_->paragraph != line.at.paragraph) return gaps_.paragraph_s;
  // The parts of a very long sentence are cut where one breathes.
  return former_sentence_ != line.sentence ? gaps_.sentence_s : gaps_.sentence_s / 2;
}

Result<LineTimes> Track::add(const Line& line, const speak::Speech& speech) {
  if (auto begun = begin(speech.rate_hz); !begun) return tl::unexpected(begun.error());
  auto stretched = speak::at_speed(speech, speed_);
  if (!stretched) return tl::unexpected(stretched.error());
  auto sound = speak::at_rate(*stretched, rate_hz_);
  if (!sound) return tl::unexpected(sound.error());
  const auto silence = static_cast<std::size_t>(std::llround(gap_s(line) / speed_ * rate_hz_));
  samples_.assign(silence, 0);
  samples_.insert(samples_.end(), sound->samples.begin(), sound->samples.end());

  LineTimes times;
  times.start = position_ + static_cast<std::int64_t>(silence);
  times.words = speak::times_as_written(line.spoken, sound->words, written(line));
  for (speak::WordTime& word : times.words) {
    word.start += times.start;
    word.end += times.start;
  }
  // The last one lasts as long as there is something to hear.
  position_ += static_cast<std::int64_t>(samples_.size());
  times.end = position_;
  if (!times.words.empty()) times.words.back().end = times.end;
  former_ = line.at;
  former_sentence_ = line.sentence;
  return times;
}

}  // namespace weir::read
