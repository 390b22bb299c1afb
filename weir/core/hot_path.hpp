// HotPath: code between two marks in which nothing may allocate, free, lock or block. Always on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/clock.hpp"

namespace weir {

// What one hot path has done so far.
struct HotPathReport {
  std::string id;
  bool library = false;           // what a library does inside is shown, not promised
  std::uint64_t passes = 0;
  std::uint64_t allocations = 0;  // passes in which any bytes were allocated (after warm-up)
  std::uint64_t frees = 0;        // passes in which any bytes were freed (after warm-up)
  std::uint64_t bytes = 0;        // allocated in those passes
  std::uint64_t preempted = 0;    // passes in which the thread lost its CPU
  std::uint64_t violations = 0;   // system calls and locks caught by the traps of test builds
  std::uint64_t p50_ns = 0, p95_ns = 0, p99_ns = 0, max_ns = 0;  // duration of a pass
};

// One named path, shared by all threads that run it. Make it static or a member of a long-lived stage.
// Thread-safety: scopes and report() from any thread.  Allocates: construction and report() only.
// Blocks: construction only.  Ownership: must outlive its scopes.
class HotPath {
 public:
  enum class Kind { own, library };
  // The first `warm_up` passes count as passes, but what they allocate is not held against the path.
  explicit HotPath(std::string id, Kind kind = Kind::own, std::uint64_t warm_up = 16);
  ~HotPath();
  HotPath(const HotPath&) = delete;
  HotPath& operator=(const HotPath&) = delete;

  HotPathReport report() const;
  // Every live path, by id; paths of one id are summed.
  static std::vector<HotPathReport> report_all();

  // True while the calling thread is inside a scope of kind own.
  static bool active() noexcept;

  class Scope {
   public:
    explicit Scope(HotPath& path) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    HotPath& path_;
    std::uint64_t allocated_, freed_;
    Instant start_;
    bool armed_;
  };

 private:
  struct State;
  State* state_;
};

}  // namespace weir
