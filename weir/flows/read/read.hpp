// `weir read`: document → sentences → voice → speech ahead → one sound with every word in time → files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/core/ledger.hpp"
#include "weir/core/result.hpp"
#include "weir/flows/read/options.hpp"
#include "weir/flows/read/read_ahead.hpp"

namespace weir::read {

using Seconds = std::chrono::duration<double>;

// Who holds how many bytes: what is counted, beside the ledger's accounts.
struct ReadMemory {
  std::uint64_t text = 0, layout = 0;                   // of the lines that wait
  std::uint64_t audio_cache = 0;                        // speech that may be said again
  std::uint64_t timings = 0, queue = 0;                 // words' times and samples of what waits
  std::uint64_t document_worker = 0, voice_worker = 0;  // processes
  std::uint64_t engine_retained = 0;                    // what the engine keeps between sentences, part of its worker
  std::uint64_t unaccounted = 0;
};

// One book on its way.
struct BookReport {
  std::string id;     // the file's stem
  std::string state;  // running, ended, stopped, failed
  std::string title, author, format, language, voice;
  int rate_hz = 0;
  std::uint64_t chapters = 0, paragraphs = 0, sentences = 0, words = 0;  // said so far
  std::uint64_t chapters_kept = 0;                                       // made by an earlier run
  double spoken_s = 0;                                                   // of sound, gaps included
  double first_sound_ms = 0;                                             // from the start to the first sentence's sound
  float done = 0;                                                        // of the document, 0 to 1
  ReadAheadReport ahead;
  ReadMemory memory;
};

// A book that is being read, for whoever reports on it.
// Thread-safety: all members from any thread.  Allocates: yes.  Blocks: short locks.  Ownership: lives until run()
// returns.
class Status {
 public:
  virtual Seconds running() const = 0;
  virtual BookReport book() const = 0;
  virtual const Ledger& ledger() const = 0;

 protected:
  ~Status() = default;
};

struct Hooks {
  std::function<void(const Status&)> progress;  // a few times a second
  std::function<void(const Status&)> finished;  // everything has ended; the files are there, or not
};

struct Outcome {
  bool refused = false;            // nothing ran: what was asked for cannot be, whatever is in the files
  std::vector<Error> errors = {};  // nobody has been told yet
};

// Until the book's end, or until `stop` asks: then files that are not whole are given up, and what was there is as it
// was. Chapters that were written to a folder stay.
Outcome run(const ReadOptions& options, const Hooks& hooks, std::stop_token stop);

}  // namespace weir::read
