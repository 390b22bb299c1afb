// Exclusive<T>: an engine that must not be entered twice cannot be reached without a pass.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/clock.hpp"

namespace weir {

struct ExclusiveReport {
  std::string id;
  std::uint64_t entries = 0;     // passes given
  std::uint64_t skips = 0;       // try_enter and enter_until that came away empty
  std::uint64_t waits = 0;       // entries that had to wait
  std::uint64_t max_inside = 0;  // must be 1
  std::uint64_t wait_p50_ns = 0, wait_p95_ns = 0, wait_p99_ns = 0, wait_max_ns = 0;
};

// The gate in front of an engine: first come, first served, with direct hand-over.
// Thread-safety: all members from any thread.  Allocates: construction and report() only.
// Blocks: enter(), enter_until().  Ownership: must outlive its passes.
class Gate {
 public:
  explicit Gate(std::string id, Clock& clock = Clock::real());
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void enter() noexcept;
  bool enter_until(Instant deadline) noexcept;
  // Only where one caller owns the engine: with several, skip-if-busy starves some of them.
  bool try_enter() noexcept;
  void leave() noexcept;

  ExclusiveReport report() const;
  static std::vector<ExclusiveReport> report_all();
  // True while the calling thread is inside any gate.
  static bool inside_any() noexcept;
