// Channel<T>: the connection between two stages. It has an end, a policy for what does not fit, and counters.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "weir/core/capacity.hpp"
#include "weir/core/channel_base.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir {

// Many producers, many consumers; the places are a ring of cells with turn numbers, the waiting is a futex.
// Thread-safety: all members from any thread; offer and take are lock-free unless they wait.
// Allocates: construction and report() only.  Blocks: offer() with Overflow::wait, take(); never while the thread holds
// exclusive access (checked).  Ownership: owns the items in it; an item that is not accepted stays the caller's.
template <class T>
class Channel final : public ChannelBase {
 public:
  // From a planned edge of a Line.
  explicit Channel(const Edge& edge, Clock& clock = Clock::real())
      : ChannelBase(edge, false, clock), cells_(std::make_unique<Cell[]>(cells())) {}

  // One place, newest wins: what is replaced is dropped `busy`, its consumer was.
  static std::unique_ptr<Channel> latest(std::string id, Clock& clock = Clock::real()) {
    return std::unique_ptr<Channel>(new Channel(Edge{std::move(id), 1, Overflow::drop_oldest}, true, clock));
  }
  // For two stages on their own; in a flow channels come from a Line, which refuses what could deadlock.
  static std::unique_ptr<Channel> bounded(std::string id, std::size_t n, Overflow overflow,
                                          Clock& clock = Clock::real()) {
    WEIR_CHECK(n > 0, "a channel needs at least one place");
    return std::unique_ptr<Channel>(new Channel(Edge{std::move(id), n, overflow}, false, clock));
  }

  ~Channel() {
    while (T* item = front()) pop_front(item);
  }

  // Takes the item, or leaves it with the caller and says why. Never waits unless the policy is `wait`.
  Offer offer(T&& item, std::stop_token stop = {}, Instant deadline = never) {
    for (;;) {
      if (closed()) return reject(Drop::closed, Offer::closed);
      if (push(item)) {
        announce_item();
        return Offer::accepted;
      }
      switch (overflow()) {
        case Overflow::drop_newest: return reject(Drop::full, Offer::full);
        case Overflow::drop_oldest:
          if (std::optional<T> oldest = pop()) count_drop(newest_wins() ? Drop::busy : Drop::full);
          break;
        case Overflow::wait: {
          const Offer waited = wait_for_place(stop, deadline);
          if (waited != Offer::accepted) return reject(waited == Offer::closed ? Drop::closed : Drop::full, waited);
          break;
        }
      }
    }
  }

  std::optional<T> try_take() {
    std::optional<T> item = pop();
    if (item) announce_place();
    return item;
  }

  // Waits for an item; empty when stopped, at the deadline, or when the channel is closed and drained (see ended()).
  std::optional<T> take(std::stop_token stop = {}, Instant deadline = never) {
    for (;;) {
      const std::uint32_t seen = item_version();
      if (std::optional<T> item = try_take()) return item;
      if (!wait_for_item(seen, stop, deadline)) return try_take();
    }
  }

 private:
  struct Cell {
    std::atomic<std::uint64_t> turn{0};  // 2·lap: empty, 2·lap+1: full
    alignas(T) std::byte storage[sizeof(T)];
  };

  Channel(const Edge& edge, bool newest_wins, Clock& clock)
      : ChannelBase(edge, newest_wins, clock), cells_(std::make_unique<Cell[]>(cells())) {}

  bool push(T& item) {
    std::uint64_t position;
    if (!claim_place(position, [this](std::uint64_t p) { return cell(p).turn.load(std::memory_order_acquire) == 2 * lap(p); })) {
      return false;
    }
    Cell& c = cell(position);
    new (c.storage) T(std::move(item));
    c.turn.store(2 * lap(position) + 1, std::memory_order_release);
    return true;
  }

  std::optional<T> pop() {
    std::uint64_t position;
    if (!claim_item(position, [this](std::uint64_t p) { return cell(p).turn.load(std::memory_order_acquire) == 2 * lap(p) + 1; })) {
      return std::nullopt;
    }
    Cell& c = cell(position);
    T* stored = std::launder(reinterpret_cast<T*>(c.storage));
    std::optional<T> item(std::move(*stored));
    stored->~T();
    c.turn.store(2 * (lap(position) + 1), std::memory_order_release);
    return item;
  }

  std::unique_ptr<Cell[]> cells_;
};

}  // namespace weir
