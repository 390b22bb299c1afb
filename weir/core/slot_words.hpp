// The two lock-free parts of a pool: which slots are free, and who holds the others.
// Templates over the atomics they use, so that what the model checker explores is what ships.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

struct StdAtomics {
  template <class T>
  using atomic = std::atomic<T>;
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr auto acquire = std::memory_order_acquire;
  static constexpr auto release = std::memory_order_release;
  static constexpr auto acq_rel = std::memory_order_acq_rel;
};

// 64 slots; a set bit is a free slot. A bit is given to exactly one caller of pop() until push() returns it, so there
// is no ABA: the word carries no pointer.
template <class A>
class FreeMask {
 public:
  static constexpr unsigned none = 64;

  void reset(std::uint64_t free) { word_.store(free, A::relaxed); }

  // The index of a slot that is now the caller's, or `none`. What the former holder wrote is visible.
  unsigned pop() {
    std::uint64_t seen = word_.load(A::relaxed);
    while (seen != 0) {
      const std::uint64_t bit = seen & (~seen + 1);
      const std::uint64_t before = word_.fetch_and(~bit, A::acquire);
      if (before & bit) return static_cast<unsigned>(std::countr_zero(bit));
      seen = before & ~bit;
    }
    return none;
  }

  // False if the slot was free already: a double release.
  bool push(unsigned index) {
    const std::uint64_t bit = std::uint64_t{1} << index;
    return (word_.fetch_or(bit, A::release) & bit) == 0;
  }

  // Acquire: who finds all slots back may take the pool apart, after everything their holders did.
  std::uint64_t peek() const { return word_.load(A::acquire); }

 private:
  typename A::template atomic<std::uint64_t> word_{};
};

enum class Dropped { held, last, broken };

// How often each of 8 roles holds the slot, 8 bits each: reference count and role counts are one atomic.
template <class A>
class HoldWord {
 public:
  static constexpr std::uint64_t one(unsigned role) { return std::uint64_t{1} << (8 * role); }
  static constexpr unsigned count(std::uint64_t word, unsigned role) { return (word >> (8 * role)) & 0xff; }
  // More than this many leases of one role on one slot are refused; the margin to 255 is for callers that raced here.
  static constexpr unsigned max_per_role = 128;

  // The caller has just popped the slot: nobody else can touch the word.
  void take(unsigned role) { word_.store(one(role), A::relaxed); }

  // The caller holds a lease, so the word cannot reach zero meanwhile: relaxed is enough. Added first and looked at
  // afterwards: looking first would fetch the cache line twice where threads share one slot.
  bool share(unsigned role) {
    if (count(word_.fetch_add(one(role), A::relaxed), role) < max_per_role) return true;
    word_.fetch_sub(one(role), A::relaxed);
    return false;
  }

  bool pass(unsigned from, unsigned to) {
    const std::uint64_t moved = one(to) - one(from);
    if (count(word_.fetch_add(moved, A::relaxed), to) < max_per_role) return true;
    word_.fetch_sub(moved, A::relaxed);
    return false;
  }

  // `last`: the slot is the caller's to return. `broken`: nobody held it in that role, a double release.
  Dropped drop(unsigned role) {
    const std::uint64_t before = word_.fetch_sub(one(role), A::acq_rel);
    if (count(before, role) == 0) return Dropped::broken;
    return before == one(role) ? Dropped::last : Dropped::held;
  }

  // The same for a caller that is probably the only holder. Only a holder can add a holder: who sees itself alone stays
  // alone, and needs no read-modify-write.
  Dropped drop_probably_last(unsigned role) {
    if (word_.load(A::acquire) != one(role)) return drop(role);
    word_.store(0, A::relaxed);
    return Dropped::last;
  }

  // True for the only holder; what the former others did is visible then.
  bool alone(unsigned role) const { return word_.load(A::acquire) == one(role); }

  std::uint64_t peek() const { return word_.load(A::relaxed); }

 private:
  typename A::template atomic<std::uint64_t> word_{};
};

}  // namespace weir::detail
