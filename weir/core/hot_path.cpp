#include "weir/core/hot_path.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "weir/core/cpu_mark.hpp"
#include "weir/core/histogram.hpp"
#include "weir/core/log_deferred.hpp"
#include "weir/core/result.hpp"
#include "weir/core/thread_bytes.hpp"
#include "weir/core/ticks.hpp"

#if defined(WEIR_TEST_HOOKS)
// Defined by the weir_traps objects, in executables that link them.
extern "C" [[gnu::weak]] void weir_trap_arm(bool armed) noexcept;
#endif

namespace weir {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

struct Thread {
  HotPath::Scope* innermost = nullptr;
  detail::CpuMark mark;
};
thread_local constinit Thread thread;

void arm_traps([[maybe_unused]] bool armed) noexcept {
#if defined(WEIR_TEST_HOOKS)
  if (weir_trap_arm != nullptr) weir_trap_arm(armed);
#endif
}

// A path written down where neither the heap nor the path's own life matters.
struct CaughtViolation {
  std::array<char, 64> path;
  const char* name;
  std::atomic<bool> complete;
};
std::array<CaughtViolation, 64> caught;
std::atomic<std::size_t> caught_count{0};

}  // namespace

struct alignas(64) HotPath::State {
  State(std::string name, bool is_library, std::uint64_t warm_up)
      : id(std::move(name)), library(is_library), warm_up_left(warm_up) {}

  const std::string id;
  const bool library;
  std::atomic<std::uint64_t> warm_up_left;
  std::atomic<std::uint64_t> allocations{0}, frees{0}, bytes{0}, preempted{0}, violations{0};
  LogHistogram<4> ticks;  // one entry a pass: the passes are its count

  bool takes_warm_up() noexcept {
    std::uint64_t left = warm_up_left.load(relaxed);
    while (left > 0) {
      if (warm_up_left.compare_exchange_weak(left, left - 1, relaxed)) return true;
    }
    return false;
  }

  void add(const State& other) noexcept {
    allocations.fetch_add(other.allocations.load(relaxed), relaxed);
    frees.fetch_add(other.frees.load(relaxed), relaxed);
    bytes.fetch_add(other.bytes.load(relaxed), relaxed);
    preempted.fetch_add(other.preempted.load(relaxed), relaxed);
    violations.fetch_add(other.violations.load(relaxed), relaxed);
    ticks.add(other.ticks);
  }

  HotPathReport report(double tick_ns) const {
    const auto in_ns = [&](std::uint64_t t) { return static_cast<std::uint64_t>(static_cast<double>(t) * tick_ns); };
    HotPathReport out;
    out.id = id;
    out.library = library;
    out.passes = ticks.count();
    out.allocations = allocations.load(relaxed);
    out.frees = frees.load(relaxed);
    out.bytes = bytes.load(relaxed);
    out.preempted = preempted.load(relaxed);
    out.violations = violations.load(relaxed);
    out.p50_ns = in_ns(ticks.quantile(0.50));
    out.p95_ns = in_ns(ticks.quantile(0.95));
    out.p99_ns = in_ns(ticks.quantile(0.99));
    out.max_ns = in_ns(ticks.max());
    return out;
  }
};

// Live paths, and one sum per id of those that are gone: a camera's figures outlast the camera, and a camera that is
// restarted for ever adds nothing.
struct HotPath::Registry {
  std::mutex mutex;
  std::multimap<std::string, State*> live;
  std::map<std::string, std::unique_ptr<State>> gone;

  static Registry& instance() {
    static Registry* const registry = new Registry;  // outlives static paths
    return *registry;
  }
};

HotPath::HotPath(std::string id, Kind kind, std::uint64_t warm_up)
    : state_(new State(std::move(id), kind == Kind::library, warm_up)) {
  detail::prepare_ticks();
  Registry& all = Registry::instance();
  std::lock_guard lock(all.mutex);
  const auto same = all.live.find(state_->id);
  const auto former = all.gone.find(state_->id);
  WEIR_CHECK(same == all.live.end() || same->second->library == state_->library, "hot paths of one id, two kinds");
  WEIR_CHECK(former == all.gone.end() || former->second->library == state_->library, "hot paths of one id, two kinds");
  all.live.emplace(state_->id, state_);
}

HotPath::~HotPath() {
  std::unique_ptr<State> state(state_);
  Registry& all = Registry::instance();
  std::lock_guard lock(all.mutex);
  auto [at, end] = all.live.equal_range(state->id);
  while (at != end && at->second != state.get()) ++at;
  all.live.erase(at);
  std::unique_ptr<State>& sum = all.gone[state->id];
  if (sum == nullptr) {
    sum = std::move(state);
  } else {
    sum->add(*state);
  }
}

HotPathReport HotPath::report() const { return state_->report(detail::ns_per_tick()); }

std::vector<HotPathReport> HotPath::report_all() {
  const double tick_ns = detail::ns_per_tick();
  Registry& all = Registry::instance();
  std::lock_guard lock(all.mutex);
  std::map<std::string, std::unique_ptr<State>> sums;
  const auto add = [&](const State& state) {
    auto& sum = sums[state.id];
    if (sum == nullptr) sum = std::make_unique<State>(state.id, state.library, 0);
    sum->add(state);
  };
  for (const auto& [id, state] : all.gone) add(*state);
  for (const auto& [id, state] : all.live) add(*state);
  std::vector<HotPathReport> out;
  for (const auto& [id, sum] : sums) out.push_back(sum->report(tick_ns));
  return out;
}

std::vector<HotPathViolation> HotPath::violation_log() {
  std::vector<HotPathViolation> out;
  for (const CaughtViolation& one : caught) {
    if (one.complete.load(std::memory_order_acquire)) out.push_back({one.path.data(), one.name});
  }
  return out;
}

bool HotPath::active() noexcept {
  const Scope* const scope = thread.innermost;
  return scope != nullptr && !scope->path_.state_->library;
}

bool HotPath::promised() noexcept {
  const Scope* const scope = thread.innermost;
  return scope != nullptr && scope->promised_;
}

void HotPath::record_violation(const char* name) noexcept {
  const Scope* const scope = thread.innermost;
  if (scope == nullptr) return;
  State& state = *scope->path_.state_;
  state.violations.fetch_add(1, relaxed);
  // Looked at first, so that a path that violates for ever does not wrap the counter.
  if (caught_count.load(relaxed) >= caught.size()) return;
  const std::size_t place = caught_count.fetch_add(1, relaxed);
  if (place >= caught.size()) return;
  CaughtViolation& one = caught[place];
  const std::size_t length = std::min(state.id.size(), one.path.size() - 1);
  std::memcpy(one.path.data(), state.id.data(), length);
  one.path[length] = '\0';
  one.name = name;
  one.complete.store(true, std::memory_order_release);
}

const char* HotPath::preemption_source() noexcept {
  if (thread.mark.source() == detail::CpuMark::Source::unprepared) thread.mark.prepare();
  return thread.mark.source() == detail::CpuMark::Source::rseq ? "rseq" : "getrusage";
}

HotPath::Scope::Scope(HotPath& path) noexcept : path_(path), outer_(thread.innermost) {
  if (outer_ != nullptr && outer_->promised_) arm_traps(false);  // this code's own calls are not the path's
  if (thread.mark.source() == detail::CpuMark::Source::unprepared) [[unlikely]]
    thread.mark.prepare();
  counted_ = !path.state_->takes_warm_up();
  promised_ = counted_ && !path.state_->library;
  if (outer_ == nullptr) thread.mark.set();
  switches_ = thread.mark.look();
  const ThreadBytes now = thread_bytes();
  allocated_ = now.allocated;
  freed_ = now.freed;
  ticks_ = detail::ticks();
  thread.innermost = this;  // from here on what the thread does is the path's
  if (promised_) arm_traps(true);
}

HotPath::Scope::~Scope() {
  if (promised_) arm_traps(false);
  const std::uint64_t duration = detail::ticks() - ticks_;
  const ThreadBytes now = thread_bytes();
  const bool switched = thread.mark.look() != switches_;
  thread.innermost = outer_;
  if (outer_ == nullptr) thread.mark.clear();

  State& state = *path_.state_;
  const std::uint64_t allocated = now.allocated - allocated_ - library_allocated_;
  const std::uint64_t freed = now.freed - freed_ - library_freed_;
  state.ticks.record(duration);
  if (switched) state.preempted.fetch_add(1, relaxed);
  if ((allocated | freed) != 0 && counted_) [[unlikely]] {
    if (allocated != 0) {
      state.allocations.fetch_add(1, relaxed);
      state.bytes.fetch_add(allocated, relaxed);
    }
    if (freed != 0) state.frees.fetch_add(1, relaxed);
  }
  if (outer_ != nullptr) {
    outer_->library_allocated_ += state.library ? now.allocated - allocated_ : library_allocated_;
    outer_->library_freed_ += state.library ? now.freed - freed_ : library_freed_;
  }
  if (detail::logs_deferred() && !active()) [[unlikely]]
    detail::emit_deferred_logs();
  if (outer_ != nullptr && outer_->promised_) arm_traps(true);
}

}  // namespace weir
