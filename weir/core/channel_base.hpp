// What a channel does whatever it carries: positions, policy, closing, waiting, counting.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/capacity.hpp"
#include "weir/core/clock.hpp"

namespace weir {

// Why a frame was let go on purpose.
enum class Drop : std::uint8_t { busy, stale, full, idle, keyframe, closed };
constexpr std::size_t drop_count = 6;
std::string_view to_string(Drop reason) noexcept;
using DropCounts = std::array<std::uint64_t, drop_count>;

enum class Offer {
  accepted,
  full,     // dropped `full`; the item is still the caller's
  closed,   // dropped `closed`; the item is still the caller's
  stopped,  // the stop token or the deadline came first; nothing counted, the item is still the caller's
};

// offered = taken + waiting + Σ dropped, always.
struct ChannelReport {
  std::string id;
  std::size_t capacity = 0;
  std::string_view overflow;  // "latest", "drop_oldest", "drop_newest", "wait"
  std::uint64_t offered = 0, taken = 0;
  DropCounts dropped{};
  std::uint64_t waiting = 0;  // items in it now
};

class ChannelBase {
 public:
  ChannelBase(const ChannelBase&) = delete;
  ChannelBase& operator=(const ChannelBase&) = delete;

  // From the producer: no more comes; the consumer drains what is there, then take() is empty and ended() true.
  // From the consumer: nobody takes any more; waiting producers keep their items and are told `closed`.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  // Closed and nothing left in it.
  bool ended() const noexcept { return closed() && waiting() == 0; }

  const std::string& id() const noexcept { return edge_.id; }
  std::size_t capacity() const noexcept { return edge_.capacity; }
  Overflow overflow() const noexcept { return edge_.overflow; }
  // Items in it now.
  std::uint64_t waiting() const noexcept;

  // A frame that its stage let go instead of offering it, counted where it would have gone.
  void count_drop(Drop reason) noexcept {
    rejected_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }

  ChannelReport report() const;
  static std::vector<ChannelReport> report_all();  // every live channel, by id

 protected:
  ChannelBase(const Edge& edge, bool newest_wins, Clock& clock);
  ~ChannelBase();

  // More cells than places, so that a consumer that loses its CPU while it moves an item out holds nobody up.
  std::size_t cells() const noexcept { return mask_ + 1; }
  std::size_t cell_index(std::uint64_t position) const noexcept { return position & mask_; }
  std::uint64_t lap(std::uint64_t position) const noexcept { return position >> shift_; }
  bool newest_wins() const noexcept { return newest_wins_; }

  // The position of a cell that is now the caller's to fill; false when every place is taken.
  template <class Ready>
  bool claim_place(std::uint64_t& position, Ready ready) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    for (;;) {
      const std::uint64_t head = head_.load(std::memory_order_acquire);
      // A tail read before the head may be older than it; then the difference wraps and the claim below fails.
      if (static_cast<std::int64_t>(tail - head) < static_cast<std::int64_t>(edge_.capacity) && ready(tail)) {
        if (tail_.compare_exchange_weak(tail, tail + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
          position = tail;
          return true;
        }
        continue;
      }
      const std::uint64_t again = tail_.load(std::memory_order_relaxed);
      if (again == tail) return false;
      tail = again;
    }
  }

  // The position of a cell that is now the caller's to empty; false when no item is complete.
  template <class Ready>
  bool claim_item(std::uint64_t& position, Ready ready) noexcept {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (;;) {
      if (!ready(head)) {
        const std::uint64_t again = head_.load(std::memory_order_relaxed);
        if (again == head) return false;
        head = again;
        continue;
      }
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        position = head;
        return true;
      }
    }
  }

  void count_evicted(Drop reason) noexcept {
    evicted_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }

  std::uint32_t item_version() const noexcept { return item_version_.load(std::memory_order_seq_cst); }
  std::uint32_t place_version() const noexcept { return place_version_.load(std::memory_order_seq_cst); }
  void announce_item() noexcept { announce(item_version_, item_waiters_); }
  void announce_place() noexcept { announce(place_version_, place_waiters_); }
  // False when there is nothing to wait for any more: stopped, past the deadline, or closed.
  bool wait_for_item(std::uint32_t seen, const std::stop_token& stop, Instant deadline) noexcept;
  Offer wait_for_place(std::uint32_t seen, const std::stop_token& stop, Instant deadline) noexcept;

 private:
  static void announce(std::atomic<std::uint32_t>& version, const std::atomic<std::uint32_t>& waiters) noexcept {
    // Sequentially consistent on both sides: either the waiter sees the new version or we see the waiter.
    version.fetch_add(1, std::memory_order_seq_cst);
    if (waiters.load(std::memory_order_seq_cst) != 0) Clock::wake_one(version);
  }
  bool wait(std::atomic<std::uint32_t>& version, std::atomic<std::uint32_t>& waiters, std::uint32_t seen,
            const std::stop_token& stop, Instant deadline) noexcept;

  const Edge edge_;
  const bool newest_wins_;
  Clock& clock_;
  std::size_t mask_;
  unsigned shift_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // items accepted
  alignas(64) std::atomic<std::uint64_t> head_{0};  // items that left: taken or evicted
  alignas(64) std::atomic<std::uint32_t> item_version_{0};
  std::atomic<std::uint32_t> item_waiters_{0};
  alignas(64) std::atomic<std::uint32_t> place_version_{0};
  std::atomic<std::uint32_t> place_waiters_{0};
  std::atomic<bool> closed_{false};
  std::array<std::atomic<std::uint64_t>, drop_count> rejected_{};  // never got in
  std::array<std::atomic<std::uint64_t>, drop_count> evicted_{};   // got in and made room for a newer one
};

}  // namespace weir
