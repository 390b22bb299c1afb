// Exclusive<T>: an engine that must not be entered twice cannot be reached without a pass.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/histogram.hpp"

namespace weir {

struct ExclusiveReport {
  std::string id;
  std::uint64_t entries = 0;     // passes given
  std::uint64_t skips = 0;       // try_enter and enter_until that came away empty
  std::uint64_t waits = 0;       // entries that had to wait
  std::uint64_t max_inside = 0;  // must be 1
  std::uint64_t wait_p50_ns = 0, wait_p95_ns = 0, wait_p99_ns = 0, wait_max_ns = 0;
};

// The gate in front of an engine: first come, first served, handed over directly to who waits longest.
// Thread-safety: all members from any thread; leave() by the thread that entered.
// Allocates: construction and report() only.  Blocks: enter(), enter_until().
// Ownership: must outlive its passes. Entering twice from one thread ends the program (it would wait for itself).
class Gate {
 public:
  explicit Gate(std::string id, Clock& clock = Clock::real());
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void enter() noexcept;
  // False at the deadline, or within 50 ms of the stop.
  bool enter_until(Instant deadline, const std::stop_token& stop = {}) noexcept;
  // Only where one caller owns the engine: with several, skip-if-busy starves some of them.
  bool try_enter() noexcept;
  void leave() noexcept;

  // How many wait in the queue now.
  std::uint64_t queued() const;
  ExclusiveReport report() const;
  static std::vector<ExclusiveReport> report_all();  // every live gate, by id
  // True while the calling thread is inside any gate.
  static bool inside_any() noexcept;

 private:
  struct Waiter {
    std::atomic<std::uint32_t>* grant;
    Waiter* next = nullptr;
  };
  enum State : std::uint32_t { open = 0, taken = 1, wanted = 2 };  // wanted: taken, and somebody may wait

  bool enter_slowly(Instant deadline, const std::stop_token& stop) noexcept;
  void entered() noexcept;

  std::atomic<std::uint32_t> state_{open};
  std::atomic<std::uint32_t> inside_{0};
  // Written by the one who is inside only.
  std::atomic<const void*> holder_{nullptr};
  std::atomic<std::uint64_t> entries_{0}, waits_{0}, max_inside_{0};
  std::atomic<std::uint64_t> skips_{0};
  mutable std::mutex queue_mutex_;  // guards the queue for a few instructions, never while anybody is inside for work
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  Histogram waited_ns_;
  const std::string id_;
  Clock& clock_;
};

// Thread-safety: all members from any thread.  Allocates: construction only.  Blocks: enter(), enter_until().
// Ownership: owns the engine; passes must not outlive it.
template <class T>
class Exclusive {
 public:
  // The right to use the engine; its destructor leaves, whatever the way out.
  class [[nodiscard]] Pass {
   public:
    Pass(Pass&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (of_ != nullptr) of_->gate_.leave();
    }
    T& operator*() const noexcept { return of_->engine_; }
    T* operator->() const noexcept { return &of_->engine_; }

   private:
    friend class Exclusive;
    explicit Pass(Exclusive* of) noexcept : of_(of) {}
    Exclusive* of_;
  };

  explicit Exclusive(std::string id)
    requires std::default_initializable<T>
      : gate_(std::move(id)) {}
  template <class... Args>
  Exclusive(std::string id, Clock& clock, Args&&... args)
      : gate_(std::move(id), clock), engine_(std::forward<Args>(args)...) {}

  Pass enter() noexcept {
    gate_.enter();
    return Pass(this);
  }
  std::optional<Pass> enter_until(Instant deadline, const std::stop_token& stop = {}) noexcept {
    if (!gate_.enter_until(deadline, stop)) return std::nullopt;
    return Pass(this);
  }
  std::optional<Pass> try_enter() noexcept {
    if (!gate_.try_enter()) return std::nullopt;
    return Pass(this);
  }
  ExclusiveReport report() const { return gate_.report(); }
  const Gate& gate() const noexcept { return gate_; }

 private:
  Gate gate_;
  T engine_{};
};

}  // namespace weir
