// Channel<T>: the connection between two stages. It has an end, a policy for what does not fit, and counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "weir/core/channel_base.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir {

// Many producers, many consumers. The places are a ring of cells with turn numbers (the shape of Dmitry Vyukov's
// bounded queue, here with an exact capacity), the waiting is a futex.
// Thread-safety: all members from any thread; offer and take are lock-free unless they wait.
// Allocates: construction and report() only.
// Blocks: offer() with Overflow::wait, take(); never while the thread holds exclusive access (checked). Both end in a
// system call when the other side sleeps: outside of hot path marks.
// Ownership: owns the items in it; an item that is not accepted stays the caller's.
template <class T>
class Channel final : public ChannelBase {
 public:
  // From a planned edge of a Line.
  explicit Channel(const Edge& edge, Clock& clock = Clock::real()) : Channel(edge, false, clock) {}

  // One place, newest wins: what is replaced is dropped `busy`, because its consumer was.
  static std::unique_ptr<Channel> latest(std::string id, Clock& clock = Clock::real()) {
    return std::unique_ptr<Channel>(new Channel(Edge{std::move(id), 1, Overflow::drop_oldest}, true, clock));
  }
  // For two stages on their own; in a flow channels come from a Line, which refuses what could deadlock.
  static std::unique_ptr<Channel> bounded(std::string id, std::size_t n, Overflow overflow,
                                          Clock& clock = Clock::real()) {
    return std::unique_ptr<Channel>(new Channel(Edge{std::move(id), n, overflow}, false, clock));
  }

  ~Channel() { discard(); }

  // Takes the item, or leaves it with the caller and says why. Waits only if the policy is `wait`.
  Offer offer(T&& item, const std::stop_token& stop = {}, Instant deadline = never) {
    for (;;) {
      const std::uint32_t seen = place_version();
      if (closed()) {
        count_drop(Drop::closed);
        return Offer::closed;
      }
      if (push(item)) {
        announce_item();
        return Offer::accepted;
      }
      switch (overflow()) {
        case Overflow::drop_newest: count_drop(Drop::full); return Offer::full;
        case Overflow::drop_oldest:
          if (pop()) count_evicted(newest_wins() ? Drop::busy : Drop::full);
          break;
        case Overflow::wait:
          if (const Offer waited = wait_for_place(seen, stop, deadline); waited == Offer::stopped) return waited;
          break;
      }
    }
  }

  std::optional<T> try_take() {
    std::optional<T> item = pop();
    if (item) announce_place();
    return item;
  }

  // Waits for an item; empty when stopped, at the deadline, or when the channel is closed and drained (see ended()).
  std::optional<T> take(const std::stop_token& stop = {}, Instant deadline = never) {
    for (;;) {
      const std::uint32_t seen = item_version();
      if (std::optional<T> item = try_take()) return item;
      if (!wait_for_item(seen, stop, deadline)) return try_take();
    }
  }

  // Lets go of everything in it, `closed`: the consumer has left and nobody will drain it.
  void discard() {
    while (pop()) count_evicted(Drop::closed);
  }

 private:
  struct Cell {
    std::atomic<std::uint64_t> turn{0};  // 2·lap: empty; 2·lap + 1: full
    alignas(T) std::byte storage[sizeof(T)];
  };

  Channel(const Edge& edge, bool newest_wins, Clock& clock)
      : ChannelBase(edge, newest_wins, clock), cells_(std::make_unique<Cell[]>(cells())) {}

  std::uint64_t turn(std::uint64_t position) const noexcept {
    return cells_[cell_index(position)].turn.load(std::memory_order_acquire);
  }

  bool push(T& item) {
    std::uint64_t position;
    if (!claim_place(position, [this](std::uint64_t p) { return turn(p) == 2 * lap(p); })) return false;
    Cell& cell = cells_[cell_index(position)];
    new (cell.storage) T(std::move(item));
    cell.turn.store(2 * lap(position) + 1, std::memory_order_release);
    return true;
  }

  std::optional<T> pop() {
    std::uint64_t position;
    if (!claim_item(position, [this](std::uint64_t p) { return turn(p) == 2 * lap(p) + 1; })) return std::nullopt;
    Cell& cell = cells_[cell_index(position)];
    T* stored = std::launder(reinterpret_cast<T*>(cell.storage));
    std::optional<T> item(std::move(*stored));
    stored->~T();
    cell.turn.store(2 * (lap(position) + 1), std::memory_order_release);
    return item;
  }

  std::unique_ptr<Cell[]> cells_;
};

}  // namespace weir
