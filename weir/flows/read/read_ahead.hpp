// ReadAhead: speech for the lines to come, made before it is asked for, a bounded time ahead.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "weir/core/cache.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/speak/voice.hpp"
#include "weir/flows/read/line.hpp"

namespace weir::read {

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: shares its speech.
struct SpokenLine {
  Line line;
  std::shared_ptr<const speak::Speech> speech;
};

struct ReadAheadOptions {
  double ahead_s = 10;          // of speech that waits: what is beyond it is made when there is room again
  std::size_t cache_bytes = 0;  // of speech that was made before: it is not made again
  // The book's: what is in a language that the voice does not speak is said in this one, with a warning.
  std::string language = {};
  std::string owner = {};  // of warnings
};

struct ReadAheadReport {
  double ahead_s = 0;                                                               // waiting now
  std::size_t lines = 0;                                                            // likewise
  std::size_t text_bytes = 0, layout_bytes = 0, timing_bytes = 0, queue_bytes = 0;  // of what waits
  std::uint64_t epoch = 0;
  std::uint64_t stale = 0;  // lines that were made, or begun, for an epoch that was over
  CacheReport cache;
};

// One thread makes speech. Every jump and every change of the voice begins a new epoch: what was made or is being made
// for the one before is stale from that moment, is let go of and never handed out, and the engine is told to stop.
// Thread-safety: next() from one thread; the rest from any.  Allocates: yes.
// Blocks: next(), stop() and the destructor until the engine has let go.  Ownership: owns its speech, borrows the
// source.
class ReadAhead {
 public:
  ReadAhead(ReadAheadOptions options, LineSource& source, std::shared_ptr<speak::Voice> voice);
  ~ReadAhead();

  // The next line's speech; nothing at the end. An error ends the epoch: the next jump begins anew. `cancelled`: by the
  // token, or by stop().
  Result<std::optional<SpokenLine>> next(const std::stop_token& stop = {});
  // Goes on from there.
  void seek(documents::Position to);
  // Goes on from there with another voice.
  void change_voice(std::shared_ptr<speak::Voice> voice, documents::Position from);
  // Ends it, and gives its memory back: queue, cache, and what the engine was making.
  void stop();
  ReadAheadReport report() const;

 private:
  struct Job {
    std::uint64_t epoch = 0;
    std::optional<documents::Position> seek;
    std::shared_ptr<speak::Voice> voice;
    std::stop_token stop;
  };
  using Speech = std::shared_ptr<const speak::Speech>;

  void work();
  // What is to be done next: waits for room and for a reason. Nothing: it is over.
  std::optional<Job> wait_for_job();
  void make_line(const Job& job);
  Result<Speech> speech_for(const speak::Utterance& said, const Job& job);
  // In the book's language, if that is another one.
  Result<Speech> speech_in_own_language(speak::Utterance said, const Job& job, Error error);
  void put(const Job& job, Line line, Speech speech);
  void end_epoch(const Job& job, Result<void> how);
  void begin_epoch(std::optional<documents::Position> seek, std::shared_ptr<speak::Voice> voice);

  const ReadAheadOptions options_;
  LineSource& source_;  // the thread's own
  Cache<std::string, speak::Speech> cache_;
  std::set<std::string> unspoken_;  // languages that were warned of; the thread's own

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t epoch_ = 0, stale_ = 0;
  std::optional<documents::Position> seek_;
  std::shared_ptr<speak::Voice> voice_;
  std::stop_source job_stop_;  // of the epoch
  std::deque<SpokenLine> ready_;
  double ready_s_ = 0;
  bool stopped_ = false;
  bool ended_ = false;  // the epoch: there is nothing more
  std::optional<Error> error_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace weir::read
