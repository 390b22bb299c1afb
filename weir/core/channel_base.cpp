#include "weir/core/channel_base.hpp"

#include <algorithm>
#include <bit>

#include "weir/core/exclusive.hpp"
#include "weir/core/registry.hpp"
#include "weir/core/result.hpp"

namespace weir {

std::string_view to_string(Drop reason) noexcept {
  switch (reason) {
    case Drop::busy: return "busy";
    case Drop::stale: return "stale";
    case Drop::full: return "full";
    case Drop::idle: return "idle";
    case Drop::keyframe: return "keyframe";
    case Drop::closed: return "closed";
  }
  return "closed";
}

ChannelBase::ChannelBase(const Edge& edge, bool newest_wins, Clock& clock)
    : edge_(edge), newest_wins_(newest_wins), clock_(clock) {
  WEIR_CHECK(edge_.capacity > 0, "a channel needs at least one place");
  const std::size_t count = std::max<std::size_t>(4, std::bit_ceil(2 * edge_.capacity));
  mask_ = count - 1;
  shift_ = static_cast<unsigned>(std::countr_zero(count));
  detail::Registry<ChannelBase>::instance().add(this);
}

ChannelBase::~ChannelBase() { detail::Registry<ChannelBase>::instance().remove(this); }

void ChannelBase::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);
  for (auto* version : {&item_version_, &place_version_}) {
    version->fetch_add(1, std::memory_order_seq_cst);
    Clock::wake_all(*version);
  }
}

std::uint64_t ChannelBase::waiting() const noexcept {
  // Both as they were at one moment, or items that pass through in between would be counted as waiting.
  for (;;) {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    if (head_.load(std::memory_order_acquire) == head) return tail > head ? tail - head : 0;
  }
}

bool ChannelBase::wait(std::atomic<std::uint32_t>& version, std::atomic<std::uint32_t>& waiters, std::uint32_t seen,
                       const std::stop_token& stop, Instant deadline) noexcept {
  WEIR_CHECK(!Gate::inside_any(), "a thread waits on a channel while it holds exclusive access");
  if (stop.stop_requested()) return false;
  if (deadline != never && clock_.now() >= deadline) return false;
  std::stop_callback wake(stop, [&version] {
    version.fetch_add(1, std::memory_order_seq_cst);
    Clock::wake_all(version);
  });
  waiters.fetch_add(1, std::memory_order_seq_cst);
  if (version.load(std::memory_order_seq_cst) == seen) clock_.wait(version, seen, deadline);
  waiters.fetch_sub(1, std::memory_order_seq_cst);
  return true;
}

bool ChannelBase::wait_for_item(std::uint32_t seen, const std::stop_token& stop, Instant deadline) noexcept {
  if (closed()) return false;
  return wait(item_version_, item_waiters_, seen, stop, deadline);
}

Offer ChannelBase::wait_for_place(std::uint32_t seen, const std::stop_token& stop, Instant deadline) noexcept {
  if (closed()) return Offer::closed;
  return wait(place_version_, place_waiters_, seen, stop, deadline) ? Offer::accepted : Offer::stopped;
}

ChannelReport ChannelBase::report() const {
  ChannelReport r;
  r.id = edge_.id;
  r.capacity = edge_.capacity;
  r.overflow = newest_wins_ ? "latest" : to_string(edge_.overflow);
  // Counters move while we read: head first, so that nothing is counted as gone before it was counted as offered.
  std::uint64_t evicted = 0, rejected = 0;
  for (std::size_t i = 0; i < drop_count; ++i) {
    const std::uint64_t e = evicted_[i].load(std::memory_order_acquire);
    const std::uint64_t n = rejected_[i].load(std::memory_order_acquire);
    evicted += e;
    rejected += n;
    r.dropped[i] = e + n;
  }
  const std::uint64_t head = std::max(evicted, head_.load(std::memory_order_acquire));
  const std::uint64_t tail = std::max(head, tail_.load(std::memory_order_acquire));
  r.taken = head - evicted;
  r.waiting = tail - head;
  r.offered = tail + rejected;
  return r;
}

std::vector<ChannelReport> ChannelBase::report_all() {
  std::vector<ChannelReport> all;
  detail::Registry<ChannelBase>::instance().for_each([&](const ChannelBase& c) { all.push_back(c.report()); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return all;
}

}  // namespace weir
