#include "weir/server/lease_ring.hpp"

#include <utility>

namespace weir::server {
namespace {

// Stands in a place whose entry is gone. It differs from nullptr, which the reader leaves behind while it has an entry
// out: only then may it put the entry back.
char gone_mark;
void* const gone = &gone_mark;

}  // namespace

LeaseRing::LeaseRing(std::size_t capacity)
    : capacity_(capacity), places_(std::make_unique<std::atomic<void*>[]>(capacity)) {
  WEIR_CHECK(capacity > 0, "a ring needs at least one place");
  for (std::size_t i = 0; i < capacity; ++i) places_[i].store(gone, std::memory_order_relaxed);
}

std::uint64_t LeaseRing::push(Lease&& lease, SlotNote note) noexcept {
  const std::uint64_t position = end_.load(std::memory_order_relaxed);
  if (position - begin_.load(std::memory_order_relaxed) == capacity_) evict_oldest();
  note.position = position;
  set_note(lease, note);
  lease.pass(Role::cache);
  place(position).store(Lease::detach(std::move(lease)), std::memory_order_release);
  end_.store(position + 1, std::memory_order_release);
  return position;
}

bool LeaseRing::evict_oldest() noexcept {
  const std::uint64_t position = begin_.load(std::memory_order_relaxed);
  if (position == end_.load(std::memory_order_relaxed)) return false;
  // First the reader is told that it is gone, then it goes: who finds it gone also finds begin() past it.
  begin_.store(position + 1, std::memory_order_release);
  void* const held = place(position).exchange(gone, std::memory_order_acq_rel);
  if (held != nullptr && held != gone) Lease::attach(held);
  return true;
}

Lease LeaseRing::borrow(std::uint64_t position, Role role) noexcept {
  std::atomic<void*>& from = place(position);
  void* const held = from.exchange(nullptr, std::memory_order_acq_rel);
  if (held == nullptr || held == gone) return {};
#ifdef WEIR_TEST_HOOKS
  if (while_out != nullptr) while_out(*this);
#endif
  Lease share = Lease::share_detached(held, role);
  // The place may hold a later entry by now.
  if (share && note_of(share).position != position) share.release();
  void* expected = nullptr;
  if (!from.compare_exchange_strong(expected, held, std::memory_order_acq_rel, std::memory_order_relaxed)) {
    Lease::attach(held);  // evicted meanwhile: the release was left to us
  }
  return share;
}

}  // namespace weir::server
