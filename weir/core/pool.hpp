// Pool and Lease: a fixed number of slots of one shape; a lease is the right to use one, released exactly once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/core/slot_words.hpp"
#include "weir/core/thread_index.hpp"

namespace weir {

class Pool;

// Why a lease is held.
enum class Role : std::uint8_t { source, decoder, cache, engine, presenter, renderer, encoder, client };
constexpr std::size_t role_count = 8;
std::string_view to_string(Role role) noexcept;

// A slot named without holding it. `generation` changes whenever the slot is released, so a stale one is found out.
struct SlotHandle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
};

namespace detail {

// What one thread has done to a pool: written without read-modify-write where the thread has the shard to itself.
struct alignas(64) PoolShard {
  std::array<std::atomic<std::uint64_t>, role_count> entered{}, left{};
  std::atomic<std::uint64_t> passes{0};

  static void bump(std::atomic<std::uint64_t>& counter, std::size_t shard) noexcept {
    if (shard == 0) [[unlikely]] {
      counter.fetch_add(1, std::memory_order_relaxed);
    } else {
      counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
};

struct Slot {
  // Alone in its cache line: threads that share a slot pass this line to and fro, and read the rest beside it.
  alignas(64) HoldWord<StdAtomics> holds;
  alignas(64) PoolShard* shards = nullptr;  // the pool's
  Pool* pool = nullptr;
  std::byte* data = nullptr;          // the slot's own memory; nullptr in a pool of foreign handles
  void* foreign = nullptr;            // adopted handle
  void (*releaser)(void*) = nullptr;  // called once with `foreign` when the last lease goes
  std::uint32_t index = 0;
  std::atomic<std::uint32_t> generation{0};
};
}  // namespace detail

// The right to use one slot in a named role. Its destructor is the only release.
// Thread-safety: a lease is used by one thread at a time; leases on one slot are independent.
// Allocates: never.  Blocks: never.  Ownership: move-only; must not outlive its pool (checked).
class Lease {
 public:
  Lease() noexcept = default;
  Lease(Lease&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), role_(other.role_), shared_(other.shared_) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      release();
      slot_ = std::exchange(other.slot_, nullptr);
      role_ = other.role_;
      shared_ = other.shared_;
    }
    return *this;
  }
  ~Lease() { release(); }

  explicit operator bool() const noexcept { return slot_ != nullptr; }
  Role role() const noexcept { return role_; }

  // The slot's memory, `Pool::slot_bytes()` long; empty for an adopted handle.
  std::span<std::byte> bytes() const noexcept;
  // The adopted handle, or nullptr.
  void* foreign() const noexcept { return slot_->foreign; }
  SlotHandle handle() const noexcept { return {slot_->index, slot_->generation.load(std::memory_order_relaxed)}; }
  Pool& pool() const noexcept { return *slot_->pool; }
  // True if no other lease is on the slot; what the holders of those that are gone did is visible then. It stays true
  // for as long as nobody shares this very lease (or a handle of it): only a holder can add a holder.
  bool alone() const noexcept { return slot_->holds.alone(static_cast<unsigned>(role_)); }

  // Another lease on the same slot. Empty if that role holds the slot 128 times already.
  Lease share(Role role) const noexcept {
    if (!slot_->holds.share(static_cast<unsigned>(role))) return {};
    const std::size_t shard = thread_index();
    detail::PoolShard::bump(slot_->shards[shard].entered[static_cast<std::size_t>(role)], shard);
    return Lease(slot_, role, true);
  }
  // The same lease, held for another reason; left as it is if that role holds the slot 128 times already.
  void pass(Role role) noexcept;
  void release() noexcept {
    if (slot_ == nullptr) return;
    detail::Slot* slot = std::exchange(slot_, nullptr);
    const auto role = static_cast<unsigned>(role_);
    // Counted before the slot goes: once it is back, the pool may be closed and gone.
    const std::size_t shard = thread_index();
    detail::PoolShard::bump(slot->shards[shard].left[role], shard);
    const detail::Dropped dropped = shared_ ? slot->holds.drop(role) : slot->holds.drop_probably_last(role);
    if (dropped != detail::Dropped::held) give_back(slot, dropped);
  }

  // For C interfaces that carry a void*: give the lease up as a pointer, take it back once from there.
  static void* detach(Lease&& lease) noexcept;
  static Lease attach(void* detached) noexcept;
  // Shares the lease behind a detached pointer without taking it back.
  static Lease share_detached(void* detached, Role role) noexcept;

 private:
  friend class Pool;
  Lease(detail::Slot* slot, Role role, bool shared) noexcept : slot_(slot), role_(role), shared_(shared) {}
  static void give_back(detail::Slot* slot, detail::Dropped dropped) noexcept;

  detail::Slot* slot_ = nullptr;
  Role role_ = Role::source;
  bool shared_ = false;  // made by share(): probably not the last to go
};

struct PoolOptions {
  std::string id;              // shown to people: "front/frames"
  std::string owner;           // the account that its memory belongs to
  std::size_t slot_bytes = 0;  // 0: a pool of adopted handles
  std::size_t capacity = 0;    // slots, 1 to 4096
  std::size_t alignment = 64;  // of every slot, a power of two up to the page size
  // Memory that other processes can map: a sealed memfd, see Pool::descriptor().
  bool shared = false;
  // Memory that is there already, such as what a parent process lent: of Pool::memory_bytes() at least, aligned like a
  // slot. It stays the caller's, also before the ledger, and must outlive the pool. Not together with `shared`.
  std::span<std::byte> memory = {};
};

struct RoleReport {
  std::uint64_t held = 0;      // now, exact
  std::uint64_t acquired = 0;  // leases that entered the role
  std::uint64_t released = 0;  // leases that left it
  std::uint64_t peak = 0;      // sampled
  Nanos oldest{0};             // age of the oldest held slot, sampled
};

struct PoolReport {
  std::string id, owner;
  std::size_t slot_bytes = 0, capacity = 0;
  std::uint64_t acquired = 0;  // leases made: acquire, adopt, share
  std::uint64_t released = 0;
  std::uint64_t outstanding = 0;  // slots not free now
  std::uint64_t peak = 0;         // slots, sampled
  std::uint64_t refused = 0;      // try_acquire on an empty pool
  std::uint64_t stale = 0;        // handles of an earlier generation that were caught
  std::array<RoleReport, role_count> roles;
};

// A fixed number of slots in host memory, taken and touched at construction.
// Thread-safety: all members from any thread, without a lock.  Allocates: make() and report() only.
// Blocks: close() only.  Ownership: owns its memory unless that was given to it; destroying it while leases are held
// ends the program and names the roles (see close()).
class Pool {
 public:
  static Result<std::unique_ptr<Pool>> make(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // An empty lease when no slot is free.
  Lease try_acquire(Role role) noexcept;
  // Puts a foreign handle into a slot; `releaser(handle)` is called once, when the last lease goes, by the thread that
  // drops it. On an empty pool the lease is empty and the handle stays the caller's.
  Lease try_adopt(Role role, void* handle, void (*releaser)(void*)) noexcept;
  // A lease on a slot that somebody else holds, if the handle is of the present generation; else empty, and counted.
  // The caller must know that a holder exists for the duration of the call.
  Lease share_handle(SlotHandle handle, Role role) noexcept;

  const std::string& id() const noexcept { return options_.id; }
  const std::string& owner() const noexcept { return options_.owner; }
  std::size_t slot_bytes() const noexcept { return options_.slot_bytes; }
  std::size_t capacity() const noexcept { return options_.capacity; }
  std::uint64_t outstanding() const noexcept;
  // All slots, in the order of their index: slot i begins at i * stride_bytes(slot_bytes, alignment).
  std::span<const std::byte> memory() const noexcept { return {memory_, memory_bytes_}; }
  // Of a pool made with `shared`: a memfd as long as memory(), whose size nobody can change any more. Stays the pool's,
  // closed with it. Otherwise -1.
  int descriptor() const noexcept { return descriptor_; }

  // What a pool of this shape needs, so that processes that share its memory agree: from slot to slot, and altogether
  // (whole pages). For shapes that make() accepts.
  static std::size_t stride_bytes(std::size_t slot_bytes, std::size_t alignment) noexcept;
  static std::size_t memory_bytes(std::size_t slot_bytes, std::size_t capacity, std::size_t alignment) noexcept;

  // Looks at every slot: sets peaks and ages. Called by one sampler, about once a second.
  void sample(Instant now) noexcept;
  PoolReport report() const;
  // "decoder 2, client 1": the roles that hold slots now; empty if none.
  std::string holders() const;

  // No lease is given out any more; waits until all are back. An error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline) noexcept;

  // Every pool of the process by id, those that are gone included: pools of one id are one line, so that a run ends
  // with acquired == released for everything it ever leased.
  static std::vector<PoolReport> report_all();
  static void sample_all(Instant now);

 private:
  friend class Lease;
  struct Sample;
  explicit Pool(PoolOptions options);
  Result<void> take_memory();
  void give_memory_back() noexcept;
  detail::Slot* pop() noexcept;
  void give_back(detail::Slot* slot) noexcept;
  void count_entered(Role role) noexcept;

  PoolOptions options_;
  std::byte* memory_ = nullptr;
  std::size_t memory_bytes_ = 0;
  int descriptor_ = -1;
  std::size_t words_ = 0;  // of free masks
  std::unique_ptr<detail::FreeMask<detail::StdAtomics>[]> free_;
  std::unique_ptr<detail::Slot[]> slots_;
  std::unique_ptr<Sample> sample_;
  std::unique_ptr<detail::PoolShard[]> shards_;
  std::atomic<std::uint64_t> refused_{0}, stale_{0};
  std::atomic<bool> closed_{false};
};

}  // namespace weir
