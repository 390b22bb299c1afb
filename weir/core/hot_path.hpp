// HotPath: code between two marks in which nothing may allocate, free, lock or block. Always on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

// What one hot path has done so far.
struct HotPathReport {
  std::string id;
  bool library = false;  // what a library does inside is shown, not promised
  std::uint64_t passes = 0;
  std::uint64_t allocations = 0;  // passes in which any bytes were allocated (after warm-up)
  std::uint64_t frees = 0;        // passes in which any bytes were freed (after warm-up)
  std::uint64_t bytes = 0;        // allocated in those passes
  std::uint64_t preempted = 0;    // passes in which the thread lost its CPU
  std::uint64_t violations = 0;   // system calls and locks caught by the traps of test builds; lines logged in a pass
  std::uint64_t p50_ns = 0, p95_ns = 0, p99_ns = 0, max_ns = 0;  // duration of a pass; quantiles within 1/16
};

// What was caught, and where: for a person who has to find it.
struct HotPathViolation {
  std::string path;
  std::string name;  // "malloc", "pthread_mutex_lock", "write", "log"
};

// One named path, shared by all threads that run it. Make it static or a member of a long-lived stage.
// Thread-safety: scopes and report() from any thread.  Allocates: construction, destruction and reports.
// Blocks: construction, destruction and reports, shortly.  Ownership: must outlive its scopes.
class HotPath {
 public:
  enum class Kind { own, library };
  // The first `warm_up` passes count as passes, but what they allocate or call is not held against the path.
  // Paths of one id must be of one kind.
  explicit HotPath(std::string id, Kind kind = Kind::own, std::uint64_t warm_up = 16);
  // What it counted stays in report_all().
  ~HotPath();
  HotPath(const HotPath&) = delete;
  HotPath& operator=(const HotPath&) = delete;

  HotPathReport report() const;
  // Every path there has been, by id; paths of one id are summed, those that are gone included.
  static std::vector<HotPathReport> report_all();
  // The first 64 violations since the start; the counts in the reports go on.
  static std::vector<HotPathViolation> violation_log();

  // True while the calling thread is inside a scope of kind own, and not inside a library's scope within that.
  static bool active() noexcept;
  // True while active() and past the warm-up: whatever allocates, locks or blocks now breaks the promise.
  static bool promised() noexcept;
  // Holds `name`, a static string, against the innermost path of the calling thread. Async-signal-safe.
  static void record_violation(const char* name) noexcept;

  // How the calling thread's `preempted` is known: "rseq", or "getrusage" (some 0.4 µs a pass).
  static const char* preemption_source() noexcept;

  // One pass. Scopes nest: an inner scope's bytes count for the outer ones too, except that what happens inside a
  // library's scope counts for that one alone.
  // Thread-safety: made and destroyed by one thread, innermost first.  Allocates: never, but for the allocator's own
  // first look at a thread.  Blocks: never.  Ownership: borrows the path.
  class Scope {
   public:
    explicit Scope(HotPath& path) noexcept;
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    friend class HotPath;
    HotPath& path_;
    Scope* outer_;
    std::uint64_t allocated_, freed_;                          // the thread's counters at the start
    std::uint64_t library_allocated_ = 0, library_freed_ = 0;  // by library scopes inside this one
    std::uint64_t switches_, ticks_;
    bool counted_;   // past the warm-up
    bool promised_;  // that, and the path's kind is own
  };

 private:
  struct State;
  struct Registry;
  State* state_;
};

}  // namespace weir
