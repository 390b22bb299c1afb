#include "weir/core/pool.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

#include "weir/core/registry.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace weir {
namespace {

constexpr std::size_t max_capacity = 4096;

// What pools that are gone have done, by id, so that a run's report still balances. One entry per id, and ids are few.
struct Retired {
  std::mutex mutex;
  std::map<std::string, PoolReport> by_id;
};
Retired& retired() {
  static auto* const instance = new Retired;
  return *instance;
}

void add(PoolReport& sum, const PoolReport& other) {
  sum.acquired += other.acquired;
  sum.released += other.released;
  sum.outstanding += other.outstanding;
  sum.refused += other.refused;
  sum.stale += other.stale;
  sum.peak = std::max(sum.peak, other.peak);
  sum.slot_bytes = std::max(sum.slot_bytes, other.slot_bytes);
  sum.capacity = std::max(sum.capacity, other.capacity);
  for (std::size_t i = 0; i < role_count; ++i) {
    sum.roles[i].held += other.roles[i].held;
    sum.roles[i].acquired += other.roles[i].acquired;
    sum.roles[i].released += other.roles[i].released;
    sum.roles[i].peak = std::max(sum.roles[i].peak, other.roles[i].peak);
    sum.roles[i].oldest = std::max(sum.roles[i].oldest, other.roles[i].oldest);
  }
}

}  // namespace

std::string_view to_string(Role role) noexcept {
  switch (role) {
    case Role::source: return "source";
    case Role::decoder: return "decoder";
    case Role::cache: return "cache";
    case Role::engine: return "engine";
    case Role::presenter: return "presenter";
    case Role::renderer: return "renderer";
    case Role::encoder: return "encoder";
    case Role::client: return "client";
  }
  return "source";
}

struct Pool::Sample {
  std::mutex mutex;
  std::vector<std::pair<std::uint32_t, Instant>> first_seen;  // per slot: generation, when it was first seen held
  std::uint64_t peak = 0;
  std::array<std::uint64_t, role_count> role_peak{};
  std::array<Nanos, role_count> oldest{};
};

// ---- Lease

std::span<std::byte> Lease::bytes() const noexcept {
  return {slot_->data, slot_->data != nullptr ? slot_->pool->options_.slot_bytes : 0};
}

void Lease::pass(Role role) noexcept {
  if (role == role_ || !slot_->holds.pass(static_cast<unsigned>(role_), static_cast<unsigned>(role))) return;
  const std::size_t shard = thread_index();
  detail::PoolShard& counters = slot_->shards[shard];
  detail::PoolShard::bump(counters.left[static_cast<std::size_t>(role_)], shard);
  detail::PoolShard::bump(counters.entered[static_cast<std::size_t>(role)], shard);
  detail::PoolShard::bump(counters.passes, shard);
  role_ = role;
}

void Lease::give_back(detail::Slot* slot, detail::Dropped dropped) noexcept {
  if (dropped == detail::Dropped::broken) fatal("a lease was released twice", slot->pool->id());
  slot->pool->give_back(slot);
}

void* Lease::detach(Lease&& lease) noexcept {
  static_assert(alignof(detail::Slot) > static_cast<std::size_t>(role_count));
  detail::Slot* slot = std::exchange(lease.slot_, nullptr);
  return reinterpret_cast<std::byte*>(slot) + static_cast<std::size_t>(lease.role_);
}

namespace {
std::pair<detail::Slot*, Role> unpack(void* detached) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(detached);
  const std::uintptr_t role = address % alignof(detail::Slot);
  return {reinterpret_cast<detail::Slot*>(address - role), static_cast<Role>(role)};
}
}  // namespace

Lease Lease::attach(void* detached) noexcept {
  const auto [slot, role] = unpack(detached);
  return Lease(slot, role, false);
}

Lease Lease::share_detached(void* detached, Role role) noexcept {
  const auto [slot, held_as] = unpack(detached);
  Lease held(slot, held_as, false);
  Lease shared = held.share(role);
  detach(std::move(held));
  return shared;
}

// ---- Pool

Pool::Pool(PoolOptions options) : options_(std::move(options)) {}

Result<std::unique_ptr<Pool>> Pool::make(PoolOptions options) {
  if (options.capacity == 0 || options.capacity > max_capacity) {
    return fail(Code::invalid, "a pool has 1 to 4096 slots", options.id,
                std::to_string(options.capacity) + " asked for");
  }
  if (options.alignment == 0 || (options.alignment & (options.alignment - 1)) != 0 ||
      options.alignment > static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    return fail(Code::invalid, "a slot's alignment is a power of two up to the page size", options.id);
  }
  if (options.slot_bytes > (std::size_t{1} << 40) / options.capacity) {
    return fail(Code::invalid, "a pool is at most 1 TiB", options.id);
  }
  std::unique_ptr<Pool> pool(new Pool(std::move(options)));
  if (auto taken = pool->take_memory(); !taken) return tl::unexpected(std::move(taken.error()));
  const PoolOptions& o = pool->options_;
  const std::size_t stride = stride_bytes(o.slot_bytes, o.alignment);
  pool->words_ = (o.capacity + 63) / 64;
  pool->free_ = std::make_unique<detail::FreeMask<detail::StdAtomics>[]>(pool->words_);
  pool->slots_ = std::make_unique<detail::Slot[]>(o.capacity);
  pool->shards_ = std::make_unique<detail::PoolShard[]>(thread_shards);
  pool->sample_ = std::make_unique<Sample>();
  pool->sample_->first_seen.resize(o.capacity, {0, Instant{}});
  for (std::size_t i = 0; i < o.capacity; ++i) {
    detail::Slot& slot = pool->slots_[i];
    slot.index = static_cast<std::uint32_t>(i);
    slot.pool = pool.get();
    slot.shards = pool->shards_.get();
    slot.generation.store(1, std::memory_order_relaxed);
    if (pool->memory_ != nullptr) {
      slot.data = pool->memory_ + i * stride;
      ASAN_POISON_MEMORY_REGION(slot.data, o.slot_bytes);
    }
  }
  for (std::size_t w = 0; w < pool->words_; ++w) {
    const std::size_t in_word = std::min<std::size_t>(64, o.capacity - 64 * w);
    pool->free_[w].reset(in_word == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << in_word) - 1);
  }
  detail::Registry<Pool>::instance().add(pool.get());
  return pool;
}

Pool::~Pool() {
  if (slots_ != nullptr) {
    detail::Registry<Pool>::instance().remove(this);
    if (outstanding() != 0) fatal("a pool is destroyed while leases are held", options_.id + ": " + holders());
    PoolReport last = report();
    std::lock_guard lock(retired().mutex);
    auto [it, fresh] = retired().by_id.try_emplace(options_.id, last);
    if (!fresh) add(it->second, last);
  }
  if (memory_ != nullptr) ASAN_UNPOISON_MEMORY_REGION(memory_, memory_bytes_);
  give_memory_back();
}

void Pool::count_entered(Role role) noexcept {
  const std::size_t shard = thread_index();
  detail::PoolShard::bump(shards_[shard].entered[static_cast<std::size_t>(role)], shard);
}

detail::Slot* Pool::pop() noexcept {
  if (closed_.load(std::memory_order_acquire)) return nullptr;
  for (std::size_t w = 0; w < words_; ++w) {
    const unsigned bit = free_[w].pop();
    if (bit != detail::FreeMask<detail::StdAtomics>::none) return &slots_[64 * w + bit];
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

Lease Pool::try_acquire(Role role) noexcept {
  detail::Slot* slot = pop();
  if (slot == nullptr) return {};
  if (slot->data != nullptr) ASAN_UNPOISON_MEMORY_REGION(slot->data, options_.slot_bytes);
  slot->holds.take(static_cast<unsigned>(role));
  count_entered(role);
  return Lease(slot, role, false);
}

Lease Pool::try_adopt(Role role, void* handle, void (*releaser)(void*)) noexcept {
  Lease lease = try_acquire(role);
  if (lease) {
    lease.slot_->foreign = handle;
    lease.slot_->releaser = releaser;
  }
  return lease;
}

Lease Pool::share_handle(SlotHandle handle, Role role) noexcept {
  if (handle.index < options_.capacity) {
    detail::Slot& slot = slots_[handle.index];
    if (slot.generation.load(std::memory_order_acquire) == handle.generation && slot.holds.peek() != 0 &&
        slot.holds.share(static_cast<unsigned>(role))) {
      count_entered(role);
      return Lease(&slot, role, true);
    }
  }
  stale_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

void Pool::give_back(detail::Slot* slot) noexcept {
  if (slot->releaser != nullptr) {
    slot->releaser(std::exchange(slot->foreign, nullptr));
    slot->releaser = nullptr;
  }
  if (slot->data != nullptr) ASAN_POISON_MEMORY_REGION(slot->data, options_.slot_bytes);
  slot->generation.store(slot->generation.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  if (!free_[slot->index / 64].push(slot->index % 64)) fatal("a slot was released twice", options_.id);
}

std::uint64_t Pool::outstanding() const noexcept {
  std::uint64_t free = 0;
  for (std::size_t w = 0; w < words_; ++w) free += static_cast<std::uint64_t>(std::popcount(free_[w].peek()));
  return options_.capacity - free;
}

void Pool::sample(Instant now) noexcept {
  std::lock_guard lock(sample_->mutex);
  Sample& s = *sample_;
  s.peak = std::max(s.peak, outstanding());
  s.oldest.fill(Nanos{0});
  std::array<std::uint64_t, role_count> held{};
  for (std::size_t i = 0; i < options_.capacity; ++i) {
    const std::uint64_t word = slots_[i].holds.peek();
    if (word == 0) continue;
    auto& [generation, since] = s.first_seen[i];
    const std::uint32_t present = slots_[i].generation.load(std::memory_order_relaxed);
    if (generation != present) {
      generation = present;
      since = now;
    }
    for (unsigned role = 0; role < role_count; ++role) {
      const unsigned count = detail::HoldWord<detail::StdAtomics>::count(word, role);
      if (count == 0) continue;
      held[role] += count;
      s.oldest[role] = std::max<Nanos>(s.oldest[role], now - since);
    }
  }
  for (std::size_t role = 0; role < role_count; ++role) s.role_peak[role] = std::max(s.role_peak[role], held[role]);
}

PoolReport Pool::report() const {
  PoolReport r;
  r.id = options_.id;
  r.owner = options_.owner;
  r.slot_bytes = options_.slot_bytes;
  r.capacity = options_.capacity;
  std::uint64_t passes = 0;
  // What left first: a lease that enters and leaves while we add must not appear as released but never acquired.
  for (std::size_t i = 0; i < thread_shards; ++i) passes += shards_[i].passes.load(std::memory_order_relaxed);
  for (std::size_t role = 0; role < role_count; ++role) {
    for (std::size_t i = 0; i < thread_shards; ++i) {
      r.roles[role].released += shards_[i].left[role].load(std::memory_order_acquire);
    }
    r.released += r.roles[role].released;
  }
  for (std::size_t role = 0; role < role_count; ++role) {
    for (std::size_t i = 0; i < thread_shards; ++i) {
      r.roles[role].acquired += shards_[i].entered[role].load(std::memory_order_acquire);
    }
    r.acquired += r.roles[role].acquired;
  }
  r.acquired -= passes;
  r.released -= passes;
  for (std::size_t i = 0; i < options_.capacity; ++i) {
    const std::uint64_t word = slots_[i].holds.peek();
    for (unsigned role = 0; role < role_count; ++role) {
      r.roles[role].held += detail::HoldWord<detail::StdAtomics>::count(word, role);
    }
  }
  r.outstanding = outstanding();
  r.refused = refused_.load(std::memory_order_relaxed);
  r.stale = stale_.load(std::memory_order_relaxed);
  std::lock_guard lock(sample_->mutex);
  r.peak = std::max(sample_->peak, r.outstanding);
  for (std::size_t role = 0; role < role_count; ++role) {
    r.roles[role].peak = std::max(sample_->role_peak[role], r.roles[role].held);
    r.roles[role].oldest = sample_->oldest[role];
  }
  return r;
}

std::string Pool::holders() const {
  const PoolReport r = report();
  std::string out;
  for (std::size_t role = 0; role < role_count; ++role) {
    if (r.roles[role].held == 0) continue;
    if (!out.empty()) out += ", ";
    out += std::string(to_string(static_cast<Role>(role))) + " " + std::to_string(r.roles[role].held);
  }
  return out;
}

Result<void> Pool::close(Clock& clock, Instant deadline) noexcept {
  closed_.store(true, std::memory_order_release);
  const std::atomic<std::uint32_t> nothing{0};
  while (outstanding() != 0) {
    if (clock.now() >= deadline) {
      return fail(Code::exhausted, "leases are still held at the deadline", options_.id, holders());
    }
    Clock::real().wait(nothing, 0, Clock::real().now() + std::chrono::microseconds(200));
  }
  return {};
}

std::vector<PoolReport> Pool::report_all() {
  std::map<std::string, PoolReport> by_id;
  {
    std::lock_guard lock(retired().mutex);
    by_id = retired().by_id;
  }
  detail::Registry<Pool>::instance().for_each([&](const Pool& pool) {
    PoolReport r = pool.report();
    auto [it, fresh] = by_id.try_emplace(r.id, r);
    if (fresh) return;
    // The live one says what shape the pool has now.
    add(it->second, r);
    it->second.slot_bytes = r.slot_bytes;
    it->second.capacity = r.capacity;
    it->second.owner = r.owner;
  });
  std::vector<PoolReport> all;
  all.reserve(by_id.size());
  for (auto& [id, report] : by_id) all.push_back(std::move(report));
  return all;
}

void Pool::sample_all(Instant now) {
  detail::Registry<Pool>::instance().for_each([now](Pool& pool) { pool.sample(now); });
}

}  // namespace weir
