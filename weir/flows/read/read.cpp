#include "weir/flows/read/read.hpp"

#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "weir/core/account.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/log.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/flows/read/outputs.hpp"
#include "weir/flows/read/script.hpp"
#include "weir/flows/read/track.hpp"

namespace weir::read {
namespace {

constexpr Nanos sample_every = std::chrono::seconds(1);
constexpr Nanos progress_every = std::chrono::milliseconds(200);
constexpr std::uint64_t log_every_paragraphs = 5;

Result<speak::Dictionary> read_dictionary(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path)) {
    return fail(Code::not_found, "the dictionary cannot be read", path.string());
  }
  // One byte more than it may have, so that it is seen to be too long.
  std::string text(speak::max_dictionary_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return speak::Dictionary::parse(text, path.string());
}

// Document → script → speech ahead → track → sinks. One thread makes speech, one writes it, this one looks on.
class Reading final : public Status {
 public:
  explicit Reading(const ReadOptions& options) : options_(options) {}

  // What cannot be done is known before anything runs.
  Result<void> prepare(const std::stop_token& stop);
  bool refused() const noexcept { return refused_; }
  void start();
  // What runs beside the reading, until it has ended.
  void observe(const Hooks& hooks, const std::stop_token& stop);
  Result<void> finish();

  Seconds running() const override { return ran_ns_ != 0 ? Nanos(ran_ns_) : Clock::real().now() - started_; }
  BookReport book() const override;
  const Ledger& ledger() const override { return ledger_; }

 private:
  Result<void> refuse(Error error) {
    refused_ = true;
    return tl::unexpected(std::move(error));
  }
  Result<void> open_document(const std::stop_token& stop);
  Result<void> open_outputs(const std::stop_token& stop);
  Result<void> write_all(const std::stop_token& stop);
  Result<void> put(const SpokenLine& spoken);
  Result<BookFacts> facts_of_book(const std::stop_token& stop);
  Result<void> begin_chapter(const SpokenLine& spoken);
  void count_chapter(bool kept);
  void count(const Line& line, bool new_paragraph);
  void log_memory() const;
  ReadMemory memory_now() const;

  const ReadOptions& options_;
  const Instant started_ = Clock::real().now();
  Ledger ledger_;
  std::shared_ptr<speak::Voice> voice_;
  std::optional<speak::Dictionary> dictionary_;
  std::unique_ptr<documents::DocumentReader> document_;
  std::unique_ptr<Script> script_;
  std::unique_ptr<ReadAhead> ahead_;
  std::optional<Track> track_;
  std::optional<Outputs> outputs_;
  std::optional<documents::Position> former_;

  mutable std::mutex mutex_;
  BookReport book_;             // guarded
  std::optional<Error> error_;  // guarded
  bool at_end_ = false;         // guarded: the workers are gone
  bool refused_ = false;
  std::atomic<std::uint32_t> over_{0};
  std::atomic<std::uint64_t> paragraphs_{0};
  std::stop_source stop_;
  std::jthread writing_;
  std::atomic<std::int64_t> ran_ns_{0};  // once it is over
};

Result<void> Reading::prepare(const std::stop_token& stop) {
  if (auto checked = Outputs::check(options_); !checked) return refuse(checked.error());
  if (!options_.dictionary.empty()) {
    auto dictionary = read_dictionary(options_.dictionary);
    if (!dictionary) return refuse(dictionary.error());
    dictionary_ = std::move(*dictionary);
  }
  // Both workers start at once: the first word waits for the slower one, not for both.
  Result<std::unique_ptr<speak::Voice>> voice;
  std::jthread opening([&] {
    AccountBinding binding(Account::open("speech"));
    voice = speak::open_voice({.name = options_.voice,
                               .language = options_.language,
                               .high_water_bytes = options_.voice_high_water_bytes,
                               .attempts = options_.attempts});
  });
  auto document = open_document(stop);
  opening.join();
  // One that there is not was asked for wrongly; one that fails is a failure.
  if (!voice) return voice.error().code == Code::failed ? tl::unexpected(voice.error()) : refuse(voice.error());
  if (!document) return document;
  voice_ = std::move(*voice);
  book_.voice = voice_->identity();
  return open_outputs(stop);
}

Result<void> Reading::open_document(const std::stop_token& stop) {
  AccountBinding binding(Account::open("document"));
  auto document = documents::DocumentReader::open(
      {.path = options_.book, .password = options_.password, .attempts = options_.attempts}, stop);
  if (!document) return tl::unexpected(document.error());
  document_ = std::move(*document);
  const documents::Info& info = document_->info();
  book_.id = options_.book.stem().string();
  book_.state = "running";
  book_.title = info.title;
  book_.author = info.author;
  book_.format = info.format;
  book_.language = info.language;
  return {};
}

Result<void> Reading::open_outputs(const std::stop_token& stop) {
  auto facts = facts_of_book(stop);
  if (!facts) return tl::unexpected(facts.error());
  auto outputs = Outputs::make(options_, std::move(*facts));
  if (!outputs) return tl::unexpected(outputs.error());
  outputs_.emplace(std::move(*outputs));
  track_.emplace(options_.speed, options_.gaps, Outputs::rates(options_));
  script_ = std::make_unique<Script>(ScriptOptions{.skips = options_.skips, .language = options_.language}, *document_,
                                     dictionary_);
  script_->seek(options_.from);
  return {};
}

// What of it has to be looked for in the whole document is only asked where files say it.
Result<BookFacts> Reading::facts_of_book(const std::stop_token& stop) {
  BookFacts facts{.info = document_->info(), .id = book_.id, .chapters = {}, .cover = {}};
  const OutKind kind = kind_of(options_.out);
  if (kind == OutKind::m4b || kind == OutKind::overlay || kind == OutKind::folder) {
    auto chapters = document_->chapters(stop);
    if (!chapters) return tl::unexpected(chapters.error());
    facts.chapters = std::move(*chapters);
  }
  if (kind == OutKind::m4b || kind == OutKind::overlay) {
    auto cover = document_->cover(stop);
    if (!cover) return tl::unexpected(cover.error());
    facts.cover = std::move(*cover);
  }
  return facts;
}

void Reading::start() {
  ahead_ = std::make_unique<ReadAhead>(
      ReadAheadOptions{.ahead_s = options_.ahead_s,
                       .cache_bytes = options_.cache_bytes,
                       .language = book_.language.empty() ? options_.language : book_.language,
                       .owner = book_.id},
      *script_, voice_);
  writing_ = std::jthread([this] {
    AccountBinding binding(Account::open("output"));
    auto how = write_all(stop_.get_token());
    {
      std::lock_guard lock(mutex_);
      const bool stopped = stop_.stop_requested();
      book_.state = how ? "ended" : stopped ? "stopped" : "failed";
      if (!how && !stopped) error_ = how.error();
    }
    over_.store(1, std::memory_order_release);
    Clock::wake_all(over_);
  });
}

Result<void> Reading::write_all(const std::stop_token& stop) {
  for (;;) {
    auto spoken = ahead_->next(stop);
    if (!spoken) return tl::unexpected(spoken.error());
    if (!*spoken) break;
    if (auto written = put(**spoken); !written) return written;
  }
  if (!former_) {
    return fail(Code::invalid,
                options_.from == documents::Position{}
                    ? "there is no text in it that can be read aloud"
                    : "there is no text at that place or behind it; give --from a chapter that exists",
                options_.book.string());
  }
  return outputs_->commit();
}

Result<void> Reading::begin_chapter(const SpokenLine& spoken) {
  if (Outputs::file_per_chapter(options_)) track_->restart();
  if (auto begun = track_->begin(spoken.speech->rate_hz); !begun) return begun;
  return outputs_->begin_chapter(spoken.line.at.chapter, track_->position(), track_->rate_hz());
}

Result<void> Reading::put(const SpokenLine& spoken) {
  const documents::Position& at = spoken.line.at;
  const bool new_paragraph = !former_ || *former_ != at, new_chapter = !former_ || former_->chapter != at.chapter;
  former_ = at;
  if (new_chapter) {
    // What an earlier run has written is jumped over, and with the jump none of its lines come any more.
    const bool kept = outputs_->has(at.chapter);
    count_chapter(kept);
    if (kept) {
      ahead_->seek({at.chapter + 1, 0});
      return {};
    }
    if (auto begun = begin_chapter(spoken); !begun) return begun;
  }
  auto times = track_->add(spoken.line, *spoken.speech);
  if (!times) return tl::unexpected(times.error());
  if (auto written = outputs_->put(spoken.line, *times, track_->samples()); !written) return written;
  count(spoken.line, new_paragraph);
  return {};
}

void Reading::count_chapter(bool kept) {
  std::lock_guard lock(mutex_);
  ++book_.chapters;
  if (kept) ++book_.chapters_kept;
}

void Reading::count(const Line& line, bool new_paragraph) {
  {
    std::lock_guard lock(mutex_);
    if (book_.sentences == 0) {
      book_.first_sound_ms = std::chrono::duration<double, std::milli>(Clock::real().now() - started_).count();
    }
    if (new_paragraph) ++book_.paragraphs;
    ++book_.sentences;
    book_.words += line.words.size();
    book_.rate_hz = track_->rate_hz();
    book_.spoken_s += static_cast<double>(track_->samples().size()) / track_->rate_hz();
  }
  if (!new_paragraph) return;
  paragraphs_.fetch_add(1, std::memory_order_relaxed);
  if (book_.paragraphs % log_every_paragraphs == 0) log_memory();
}

void Reading::log_memory() const {
  const ReadMemory m = memory_now();
  const auto kb = [](std::uint64_t bytes) { return std::to_string(bytes / 1000) + " kB"; };
  log(Level::debug, book_.id,
      "paragraph " + std::to_string(book_.paragraphs) + ": text " + kb(m.text) + ", layout " + kb(m.layout) +
          ", audio cache " + kb(m.audio_cache) + ", timings " + kb(m.timings) + ", queue " + kb(m.queue) +
          ", document worker " + kb(m.document_worker) + ", voice worker " + kb(m.voice_worker) + ", engine retained " +
          kb(m.engine_retained) + ", unaccounted " + kb(m.unaccounted));
}

void Reading::observe(const Hooks& hooks, const std::stop_token& stop) {
  const std::stop_callback pass_on(stop, [this] { stop_.request_stop(); });
  Clock& clock = Clock::real();
  Instant next_sample = started_ + sample_every, next_progress = started_;
  while (over_.load(std::memory_order_acquire) == 0) {
    const Instant now = clock.now();
    if (now >= next_sample) {
      Pool::sample_all(now);
      ledger_.decay();
      ledger_.sample(paragraphs_.load(std::memory_order_relaxed));
      next_sample = now + sample_every;
    }
    if (now >= next_progress) {
      if (hooks.progress) hooks.progress(*this);
      next_progress = now + progress_every;
    }
    clock.wait(over_, 0, std::min(next_sample, next_progress));
  }
}

Result<void> Reading::finish() {
  writing_.join();
  ahead_->stop();
  Pool::sample_all(Clock::real().now());
  ledger_.sample(paragraphs_.load(std::memory_order_relaxed));
  {
    // As long as there is something to see; then the workers give back what was lent to them.
    const ReadMemory memory = memory_now();
    std::lock_guard lock(mutex_);
    book_.memory = memory;
    at_end_ = true;
  }
  outputs_.reset();
  document_.reset();
  voice_.reset();
  ran_ns_ = (Clock::real().now() - started_).count();
  std::lock_guard lock(mutex_);
  return error_ ? Result<void>(tl::unexpected(*error_)) : Result<void>();
}

BookReport Reading::book() const {
  BookReport out;
  {
    std::lock_guard lock(mutex_);
    out = book_;
    if (!at_end_) out.memory = memory_now();
  }
  out.done = out.state == "ended" ? 1 : script_->done();
  out.ahead = ahead_->report();
  return out;
}

ReadMemory Reading::memory_now() const {
  const ReadAheadReport ahead = ahead_->report();
  const LedgerSample sampled = ledger_.latest();
  ReadMemory out{.text = ahead.text_bytes,
                 .layout = ahead.layout_bytes,
                 .audio_cache = ahead.cache.kept_bytes,
                 .timings = ahead.timing_bytes,
                 .queue = ahead.queue_bytes,
                 .engine_retained = voice_->retained_bytes(),
                 .unaccounted = sampled.unaccounted_bytes};
  for (const worker::ProcessReport& one : worker::Process::report_all()) {
    const auto found = sampled.children.find(one.pid);
    if (one.pid == 0 || found == sampled.children.end()) continue;
    (one.owner == "voice" ? out.voice_worker : out.document_worker) += found->second;
  }
  return out;
}

}  // namespace

Outcome run(const ReadOptions& options, const Hooks& hooks, std::stop_token stop) {
  Outcome outcome;
  Reading reading(options);
  if (auto ready = reading.prepare(stop); !ready) {
    if (stop.stop_requested()) return outcome;
    outcome.refused = reading.refused();
    outcome.errors.push_back(ready.error());
    return outcome;
  }
  reading.start();
  reading.observe(hooks, stop);
  if (auto finished = reading.finish(); !finished) outcome.errors.push_back(finished.error());
  if (hooks.finished) hooks.finished(reading);
  return outcome;
}

}  // namespace weir::read
