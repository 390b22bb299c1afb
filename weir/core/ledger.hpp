// Ledger: every byte of the process has an owner; what has none is shown as such.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/core/account.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/verdict.hpp"

namespace weir {

struct AccountBytes {
  std::uint64_t resident = 0;  // pages in memory: arena ranges, pools, workers
  std::uint64_t live = 0;      // allocated by the program now (pools included)
  std::uint64_t idle = 0;      // dirty pages that the allocator keeps
};

// One look at the process and at its workers (register_child()): theirs is the owner's, apart from files. total = Σ
// accounts.resident + file_backed + stack + allocator + unaccounted, all ≥ 0.
struct LedgerSample {
  Instant at;
  std::uint64_t total_bytes = 0;  // proportional share (PSS) of all of them
  std::map<std::string, AccountBytes> accounts;
  std::map<int, std::uint64_t> children;  // by process number; contained in the figures above and below
  std::uint64_t file_backed_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::uint64_t allocator_bytes = 0;  // the allocator's own metadata
  std::uint64_t unaccounted_bytes = 0;
  double unaccounted_share = 0;  // of anonymous and shared memory
};

// Bounded history for charts: the last ten minutes second by second, and the whole run decimated to as many points.
struct LedgerHistory {
  std::vector<std::string> owners;  // accounts, then "file_backed", "stack", "allocator", "unaccounted"
  struct Series {
    std::vector<double> seconds;                    // since the ledger's start
    std::vector<std::vector<std::uint64_t>> bytes;  // [owner][point], resident
  };
  Series recent, all;
};

// The sampler. One per process; runs on the thread that calls it, off every hot path.
// Thread-safety: sample() and decay() from one thread, report() and history() from any.
// Allocates: yes, in the account "ledger".  Blocks: short locks, file reads.  Ownership: one per flow.
class Ledger {
 public:
  explicit Ledger(Clock& clock = Clock::real());
  ~Ledger();

  // Gives freed pages back and keeps the allocator's figures fresh: about every 300 ms.
  void decay();
  // One pass over smaps, the accounts' ranges and the pools. `work` is how many units (frames, paragraphs) have been
  // done so far, all children together.
  LedgerSample sample(std::uint64_t work);
  LedgerSample latest() const;
  VerdictReport verdict() const;
  LedgerHistory history() const;

 private:
  struct State;
  State* state_;
};

}  // namespace weir
