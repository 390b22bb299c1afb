// LeaseRing: the last messages of a stream, each a lease, between one producer that never waits and one reader that
// may be late.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "weir/core/pool.hpp"
#include "weir/server/slot_layout.hpp"

namespace weir::server {

// A place is taken out of the ring by exchange and put back by compare-exchange, so that each lease has one owner at
// any time: evicting an entry while the reader shares it leaves the release to the reader.
// Thread-safety: push(), evict_oldest(), clear() from one producer thread; borrow() from one reader thread; begin(),
// end() from any.  Allocates: construction only.  Blocks: never.  Ownership: holds its leases in role cache.
class LeaseRing {
 public:
  explicit LeaseRing(std::size_t capacity);
  ~LeaseRing() { clear(); }
  LeaseRing(const LeaseRing&) = delete;
  LeaseRing& operator=(const LeaseRing&) = delete;

  // Positions count from 0 and never come again: what is there now is [begin, end).
  std::uint64_t begin() const noexcept { return begin_.load(std::memory_order_acquire); }
  std::uint64_t end() const noexcept { return end_.load(std::memory_order_acquire); }
  std::size_t capacity() const noexcept { return capacity_; }

  // Writes `note` with its position into the slot and makes it the newest entry; evicts the oldest of a full ring.
  std::uint64_t push(Lease&& lease, SlotNote note) noexcept;
  // False if there is nothing to evict.
  bool evict_oldest() noexcept;
  void clear() noexcept {
    while (evict_oldest()) {
    }
  }

  // The reader's own share of an entry; empty if it is evicted, or not there yet.
  Lease borrow(std::uint64_t position, Role role) noexcept;

#ifdef WEIR_TEST_HOOKS
  // Called by borrow() while it has an entry out of its place: a test does there what the producer would have to do in
  // that very moment.
  static inline thread_local void (*while_out)(LeaseRing&) = nullptr;
#endif

 private:
  std::atomic<void*>& place(std::uint64_t position) noexcept { return places_[position % capacity_]; }

  const std::size_t capacity_;
  std::unique_ptr<std::atomic<void*>[]> places_;
  std::atomic<std::uint64_t> begin_{0}, end_{0};
};

}  // namespace weir::server
