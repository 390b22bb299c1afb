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
  std::uint64_t resident = 0;  // pages in memory: arena ranges and pools
  std::uint64_t live = 0;      // allocated by the program now (pools included)
  std::uint64_t idle = 0;      // dirty pages that the allocator keeps
};

// One look at the process. total = Σ accounts.resident + file_backed + stack + allocator + unaccounted, all ≥ 0.
struct LedgerSample {
  Instant at;
  std::uint64_t total_bytes = 0;  // proportional share (PSS) of the process
  std::map<std::string, AccountBytes> accounts;
  std::uint64_t file_backed_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::uint64_t allocator_bytes = 0;  // the allocator's own metadata
  std::uint64_t unaccounted_bytes = 0;
  double unaccounted_share = 0;  // of anonymous and shared memory
};
