// What a channel does whatever it carries: positions, policy, closing, waiting, counting.
#pragma once

#include <array>
#include <atomic>
#include <bit>
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
  stopped,  // the stop token or the deadline came first; counted `full`; the item is still the caller's
};

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

  // The producer is done: the consumer drains what is there, then take() is empty and ended() true.
  // The consumer is gone: waiting producers get their items back. Both are this one call.
  void close() noexcept;
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  // Closed and nothing left in it.
  bool ended() const noexcept { return closed() && waiting() == 0; }

  const std::string& id() const noexcept { return edge_.id; }
  std::size_t capacity() const noexcept { return edge_.capacity; }
  Overflow overflow() const noexcept { return edge_.overflow; }
  std::uint64_t waiting() const noexcept;

  // A frame that its stage let go instead of passing it on, counted where it would have gone.
  void count_drop(Drop reason) noexcept { dropped_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed); }

  ChannelReport report() const;
  static std::vector<ChannelReport> report_all();  // every live channel, by id

 protected:
  ChannelBase(const Edge& edge, bool newest_wins, Clock& clock);
  ~ChannelBase();
