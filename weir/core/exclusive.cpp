#include "weir/core/exclusive.hpp"

#include <algorithm>

#include "weir/core/registry.hpp"
#include "weir/core/result.hpp"

namespace weir {
namespace {

thread_local std::uint32_t gates_inside = 0;
// What a waiting thread sleeps on. It belongs to the thread and not to the wait: the one that grants it may still be
// about to wake it when the wait is over.
enum Grant : std::uint32_t { waiting = 0, granted = 1, sleeping = 2 };
thread_local std::atomic<std::uint32_t> grant{waiting};

// How often a waiter looks before it sleeps: a hand-over between two running threads then costs no system call, and a
// waiter of a long pass loses some microseconds once.
constexpr int looks_before_sleep = 200;
constexpr Nanos stop_is_seen_within = std::chrono::milliseconds(50);

inline void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

const void* this_thread() noexcept { return &gates_inside; }

}  // namespace

Gate::Gate(std::string id, Clock& clock) : id_(std::move(id)), clock_(clock) {
  detail::Registry<Gate>::instance().add(this);
}

Gate::~Gate() {
  detail::Registry<Gate>::instance().remove(this);
  WEIR_CHECK(state_.load(std::memory_order_acquire) == open, "an engine is destroyed while somebody is inside");
}

void Gate::entered() noexcept {
  // Plain loads and stores: whoever is here is alone, or the program is broken and says so.
  const std::uint32_t inside = inside_.load(std::memory_order_relaxed) + 1;
  inside_.store(inside, std::memory_order_relaxed);
  if (inside > max_inside_.load(std::memory_order_relaxed)) max_inside_.store(inside, std::memory_order_relaxed);
  WEIR_CHECK(inside == 1, "an exclusive engine was entered twice");
  entries_.store(entries_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  holder_.store(this_thread(), std::memory_order_relaxed);
  ++gates_inside;
}

void Gate::enter() noexcept {
  std::uint32_t expected = open;
  if (!state_.compare_exchange_strong(expected, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
    enter_slowly(never, {});
  }
  entered();
}

bool Gate::enter_until(Instant deadline, const std::stop_token& stop) noexcept {
  std::uint32_t expected = open;
  if (!state_.compare_exchange_strong(expected, taken, std::memory_order_acquire, std::memory_order_relaxed) &&
      !enter_slowly(deadline, stop)) {
    skips_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  entered();
  return true;
}

bool Gate::try_enter() noexcept {
  std::uint32_t expected = open;
  if (!state_.compare_exchange_strong(expected, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
    skips_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  entered();
  return true;
}

bool Gate::enter_slowly(Instant deadline, const std::stop_token& stop) noexcept {
  WEIR_CHECK(holder_.load(std::memory_order_relaxed) != this_thread(),
             "a thread enters an engine that it is inside of");
  const Instant start = clock_.now();
  Waiter waiter{&grant};
  {
    std::lock_guard lock(queue_mutex_);
    // From here on the holder finds `wanted` and comes to the queue, which is ours now.
    if (state_.exchange(wanted, std::memory_order_acquire) == open) {
      // It left between our first try and this one. With nobody queued the gate is ours; `wanted` costs one look.
      return true;
    }
    grant.store(waiting, std::memory_order_relaxed);
    (last_ != nullptr ? last_->next : first_) = &waiter;
    last_ = &waiter;
  }
  for (int looks = 0; looks < looks_before_sleep && grant.load(std::memory_order_acquire) != granted; ++looks) relax();
  std::uint32_t seen = waiting;
  grant.compare_exchange_strong(seen, sleeping, std::memory_order_acquire, std::memory_order_acquire);
  while (grant.load(std::memory_order_acquire) != granted) {
    if (stop.stop_requested() || (deadline != never && clock_.now() >= deadline)) {
      std::lock_guard lock(queue_mutex_);
      if (grant.load(std::memory_order_acquire) == granted) break;
      Waiter* before = nullptr;
      for (Waiter* w = first_; w != &waiter; w = w->next) before = w;
      (before != nullptr ? before->next : first_) = waiter.next;
      if (last_ == &waiter) last_ = before;
      return false;
    }
    // Looking up is simpler than being woken by the stop, and does not cost the place in the queue.
    const Instant look_up = stop.stop_possible() ? clock_.now() + stop_is_seen_within : never;
    clock_.wait(grant, sleeping, std::min(deadline, look_up));
  }
  waits_.store(waits_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  waited_ns_.record(static_cast<std::uint64_t>((clock_.now() - start).count()));
  return true;
}

void Gate::leave() noexcept {
  WEIR_CHECK(holder_.load(std::memory_order_relaxed) == this_thread(),
             "an engine is left by a thread that is not inside");
  holder_.store(nullptr, std::memory_order_relaxed);
  inside_.store(inside_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  --gates_inside;
  std::uint32_t expected = taken;
  if (state_.compare_exchange_strong(expected, open, std::memory_order_release, std::memory_order_relaxed)) return;
  std::atomic<std::uint32_t>* next = nullptr;
  bool asleep = false;
  {
    std::lock_guard lock(queue_mutex_);
    if (first_ == nullptr) {
      state_.store(open, std::memory_order_release);
      return;
    }
    next = first_->grant;
    first_ = first_->next;
    if (first_ == nullptr) last_ = nullptr;
    // The state stays `wanted`: no newcomer can slip in between, the gate is the next one's already.
    asleep = next->exchange(granted, std::memory_order_acq_rel) == sleeping;
  }
  if (asleep) Clock::wake_one(*next);
}

bool Gate::inside_any() noexcept { return gates_inside != 0; }

std::uint64_t Gate::queued() const {
  std::lock_guard lock(queue_mutex_);
  std::uint64_t count = 0;
  for (const Waiter* w = first_; w != nullptr; w = w->next) ++count;
  return count;
}

ExclusiveReport Gate::report() const {
  ExclusiveReport r;
  r.id = id_;
  r.entries = entries_.load(std::memory_order_relaxed);
  r.skips = skips_.load(std::memory_order_relaxed);
  r.waits = waits_.load(std::memory_order_relaxed);
  r.max_inside = max_inside_.load(std::memory_order_relaxed);
  r.wait_p50_ns = waited_ns_.quantile(0.50);
  r.wait_p95_ns = waited_ns_.quantile(0.95);
  r.wait_p99_ns = waited_ns_.quantile(0.99);
  r.wait_max_ns = waited_ns_.max();
  return r;
}

std::vector<ExclusiveReport> Gate::report_all() {
  std::vector<ExclusiveReport> all;
  detail::Registry<Gate>::instance().for_each([&](const Gate& g) { all.push_back(g.report()); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace weir
