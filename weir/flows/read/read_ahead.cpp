#include "weir/flows/read/read_ahead.hpp"

#include <utility>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"

namespace weir::read {
namespace {

double seconds_of(const speak::Speech& speech) {
  return speech.rate_hz > 0 ? static_cast<double>(speech.samples.size()) / speech.rate_hz : 0;
}

std::size_t bytes_of(const speak::Speech& speech) {
  return sizeof speech + speech.samples.capacity() * sizeof speech.samples.front() +
         speech.words.capacity() * sizeof speech.words.front();
}

// The same words in the same voice are the same speech, wherever they stand.
std::string key_of(const speak::Voice& voice, const speak::Utterance& said) {
  std::string key = voice.identity() + '\n' + said.language + '\n' + said.text + '\n';
  for (const speak::Range& word : said.words) key += std::to_string(word.begin) + ' ' + std::to_string(word.end) + ' ';
  return key;
}

}  // namespace

ReadAhead::ReadAhead(ReadAheadOptions options, LineSource& source, std::shared_ptr<speak::Voice> voice)
    : options_(options),
      source_(source),
      cache_({.id = "read/speech", .owner = "speech", .max_bytes = options.cache_bytes}),
      voice_(std::move(voice)),
      thread_([this] {
        AccountBinding binding(Account::open("speech"));
        work();
      }) {}

ReadAhead::~ReadAhead() { stop(); }

void ReadAhead::work() {
  while (const auto job = wait_for_job()) make_line(*job);
}

std::optional<ReadAhead::Job> ReadAhead::wait_for_job() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || (!ended_ && ready_s_ < options_.ahead_s); });
  if (stopped_) return std::nullopt;
  return Job{epoch_, std::exchange(seek_, std::nullopt), voice_, job_stop_.get_token()};
}

void ReadAhead::make_line(const Job& job) {
  if (job.seek) source_.seek(*job.seek);
  auto line = source_.next(job.stop);
  if (!line) return end_epoch(job, tl::unexpected(line.error()));
  if (!*line) return end_epoch(job, {});
  auto speech = speech_for((*line)->spoken.utterance, job);
  if (!speech) return end_epoch(job, tl::unexpected(speech.error()));
  put(job, std::move(**line), std::move(*speech));
}

Result<ReadAhead::Speech> ReadAhead::speech_for(const speak::Utterance& said, const Job& job) {
  const auto load = [&](const std::stop_token& stop) -> Result<Loaded<speak::Speech>> {
    auto speech = job.voice->speak(said, stop);
    if (!speech) return tl::unexpected(speech.error());
    const std::size_t bytes = bytes_of(*speech);
    return Loaded<speak::Speech>{std::move(*speech), bytes};
  };
  auto speech = cache_.get(key_of(*job.voice, said), load, job.stop);
  if (speech || speech.error().code != Code::unsupported) return speech;
  return speech_in_own_language(said, job, speech.error());
}

Result<ReadAhead::Speech> ReadAhead::speech_in_own_language(speak::Utterance said, const Job& job, Error error) {
  if (said.language == options_.language) return tl::unexpected(std::move(error));
  if (unspoken_.insert(said.language).second) {
    log(Level::warn, options_.owner,
        "the voice does not speak " + said.language + "; what is in it is said in " +
            (options_.language.empty() ? "the voice's own language" : options_.language));
  }
  said.language = options_.language;
  return speech_for(said, job);
}

void ReadAhead::put(const Job& job, Line line, Speech speech) {
  std::lock_guard lock(mutex_);
  if (epoch_ != job.epoch || stopped_) {
    ++stale_;
    return;
  }
  ready_s_ += seconds_of(*speech);
  ready_.push_back({std::move(line), std::move(speech)});
  changed_.notify_all();
}

void ReadAhead::end_epoch(const Job& job, Result<void> how) {
  std::lock_guard lock(mutex_);
  if (epoch_ != job.epoch || stopped_) {
    ++stale_;
    return;
  }
  ended_ = true;
  if (!how) error_ = how.error();
  changed_.notify_all();
}

Result<std::optional<SpokenLine>> ReadAhead::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [this] { return stopped_ || ended_ || !ready_.empty(); })) {
    return fail(Code::cancelled, "stopped");
  }
  if (!ready_.empty()) {
    SpokenLine line = std::move(ready_.front());
    ready_.pop_front();
    ready_s_ = ready_.empty() ? 0 : ready_s_ - seconds_of(*line.speech);
    changed_.notify_all();
    return line;
  }
  if (stopped_) return fail(Code::cancelled, "stopped");
  if (error_) return tl::unexpected(*error_);
  return std::nullopt;
}

void ReadAhead::seek(documents::Position to) { begin_epoch(to, nullptr); }

void ReadAhead::change_voice(std::shared_ptr<speak::Voice> voice, documents::Position from) {
  begin_epoch(from, std::move(voice));
}

void ReadAhead::begin_epoch(std::optional<documents::Position> seek, std::shared_ptr<speak::Voice> voice) {
  std::deque<SpokenLine> stale;  // goes outside of the lock
  std::stop_source former;
  {
    std::lock_guard lock(mutex_);
    ++epoch_;
    stale_ += ready_.size();
    stale.swap(ready_);
    ready_s_ = 0;
    ended_ = false;
    error_.reset();
    seek_ = seek;
    if (voice != nullptr) voice_.swap(voice);
    former = std::exchange(job_stop_, std::stop_source());
    changed_.notify_all();
  }
  former.request_stop();
}

void ReadAhead::stop() {
  std::deque<SpokenLine> left;
  std::stop_source job;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(ready_);
    ready_s_ = 0;
    job = job_stop_;
    changed_.notify_all();
  }
  job.request_stop();
  if (thread_.joinable()) thread_.join();
  cache_.clear();
  std::lock_guard lock(mutex_);
  voice_.reset();
}

ReadAheadReport ReadAhead::report() const {
  ReadAheadReport out;
  out.cache = cache_.report();
  std::lock_guard lock(mutex_);
  out.ahead_s = ready_s_;
  out.lines = ready_.size();
  out.epoch = epoch_;
  out.stale = stale_;
  const documents::Paragraph* former = nullptr;
  for (const SpokenLine& one : ready_) {
    const documents::Paragraph& paragraph = *one.line.paragraph;
    if (&paragraph != former) {
      out.text_bytes += paragraph.text.capacity();
      out.layout_bytes += paragraph.words.capacity() * sizeof(documents::Word) +
                          paragraph.sentences.capacity() * sizeof(documents::Sentence);
      former = &paragraph;
    }
    out.text_bytes += one.line.spoken.utterance.text.capacity();
    out.timing_bytes += one.speech->words.capacity() * sizeof(speak::WordTime) +
                        one.line.spoken.utterance.words.capacity() * sizeof(speak::Range) +
                        one.line.words.capacity() * sizeof(std::uint32_t);
    out.queue_bytes += one.speech->samples.capacity() * sizeof(std::int16_t);
  }
  return out;
}

}  // namespace weir::read
