// RangeTable: who owns which addresses. Written from inside the allocator, so it never allocates itself.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include <sched.h>

namespace weir::detail {

struct Range {
  std::uintptr_t begin = 0, end = 0;  // [begin, end)
  std::uint32_t tag = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

// A mutex could not be made usable again in a forked child whose parent held it; this one can.
class SpinLock {
 public:
  void lock() noexcept {
    while (held_.exchange(true, std::memory_order_acquire)) ::sched_yield();
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

// Sorted ranges that do not overlap; neighbours with one tag are one range. Storage is fixed: what does not fit is
// counted and stays without an owner.
// Thread-safety: all members from any thread.  Allocates: snapshot() only.  Blocks: a short spin lock.
// Ownership: names addresses, owns none.
template <std::size_t Capacity>
class RangeTable {
 public:
  // The newest claim wins where ranges overlap.
  void insert(std::uintptr_t begin, std::uintptr_t end, std::uint32_t tag) noexcept {
    if (begin >= end) return;
    std::lock_guard lock(lock_);
    remove(begin, end);
    std::size_t at = first_ending_after(begin);
    const bool left = at > 0 && ranges_[at - 1].end == begin && ranges_[at - 1].tag == tag;
    const bool right = at < count_ && ranges_[at].begin == end && ranges_[at].tag == tag;
    if (left && right) {
      ranges_[at - 1].end = ranges_[at].end;
      shift_left(at, 1);
    } else if (left) {
      ranges_[at - 1].end = end;
    } else if (right) {
      ranges_[at].begin = begin;
    } else if (count_ == Capacity) {
      lost_bytes_ += end - begin;
    } else {
      shift_right(at);
      ranges_[at] = {begin, end, tag};
    }
  }

  void erase(std::uintptr_t begin, std::uintptr_t end) noexcept {
    if (begin >= end) return;
    std::lock_guard lock(lock_);
    remove(begin, end);
  }

  void snapshot(std::vector<Range>& out) const {
    for (;;) {
      std::size_t wanted;
      {
        // No allocation here: the allocator itself may be waiting for this lock on this very thread.
        std::lock_guard lock(lock_);
        wanted = count_;
        if (wanted <= out.capacity()) {
          out.assign(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(count_));
          return;
        }
      }
      out.reserve(wanted + wanted / 4 + 64);
    }
  }

  // Bytes that found no place; not 0 means that the unaccounted figure is too high by up to as much.
  std::uint64_t lost_bytes() const noexcept {
    std::lock_guard lock(lock_);
    return lost_bytes_;
  }

  // In a forked child only: its parent's other threads, one of which may have held the lock, are not there.
  void unlock_after_fork() noexcept { lock_.unlock(); }

 private:
  std::size_t first_ending_after(std::uintptr_t address) const noexcept {
    const auto last = ranges_.begin() + static_cast<std::ptrdiff_t>(count_);
    return static_cast<std::size_t>(
        std::upper_bound(ranges_.begin(), last, address, [](std::uintptr_t a, const Range& r) { return a < r.end; }) -
        ranges_.begin());
  }
  void shift_left(std::size_t at, std::size_t by) noexcept {
    std::move(ranges_.begin() + static_cast<std::ptrdiff_t>(at + by),
              ranges_.begin() + static_cast<std::ptrdiff_t>(count_), ranges_.begin() + static_cast<std::ptrdiff_t>(at));
    count_ -= by;
  }
  void shift_right(std::size_t at) noexcept {
    std::move_backward(ranges_.begin() + static_cast<std::ptrdiff_t>(at),
                       ranges_.begin() + static_cast<std::ptrdiff_t>(count_),
                       ranges_.begin() + static_cast<std::ptrdiff_t>(count_ + 1));
    ++count_;
  }
  void remove(std::uintptr_t begin, std::uintptr_t end) noexcept {
    std::size_t at = first_ending_after(begin);
    if (at < count_ && ranges_[at].begin < begin) {
      const Range whole = ranges_[at];
      ranges_[at].end = begin;
      ++at;
      if (whole.end > end) {
        if (count_ == Capacity) {
          lost_bytes_ += whole.end - end;
        } else {
          shift_right(at);
          ranges_[at] = {end, whole.end, whole.tag};
        }
        return;
      }
    }
    std::size_t covered = 0;
    while (at + covered < count_ && ranges_[at + covered].end <= end) ++covered;
    shift_left(at, covered);
    if (at < count_ && ranges_[at].begin < end) ranges_[at].begin = end;
  }

  mutable SpinLock lock_;
  std::size_t count_ = 0;
  std::uint64_t lost_bytes_ = 0;
  std::array<Range, Capacity> ranges_{};
};

}  // namespace weir::detail
