// Histogram of durations: 2^fine buckets per power of two (4 by default), so a quantile is at most 1/2^fine off (a
// quarter). Wait-free to record.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

// Thread-safety: all members from any thread.  Allocates: never.  Blocks: never.  Ownership: value, not copyable.
template <unsigned fine>
class LogHistogram {
  static_assert(fine >= 1 && fine <= 8);

 public:
  void record(std::uint64_t value) noexcept {
    buckets_[bucket(value)].fetch_add(1, std::memory_order_relaxed);
    std::uint64_t seen = max_.load(std::memory_order_relaxed);
    while (value > seen && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

  // What another has recorded so far, as if it had been recorded here.
  void add(const LogHistogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      buckets_[i].fetch_add(other.buckets_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    const std::uint64_t highest = other.max();
    std::uint64_t seen = max();
    while (highest > seen && !max_.compare_exchange_weak(seen, highest, std::memory_order_relaxed)) {
    }
  }

  std::uint64_t count() const noexcept {
    std::uint64_t total = 0;
    for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
    return total;
  }

  // The upper edge of the bucket in which the share `q` of the values is reached, at most max(); 0 without values.
  std::uint64_t quantile(double q) const noexcept {
    const std::uint64_t total = count();
    if (total == 0) return 0;
    const double wanted = q * static_cast<double>(total);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i].load(std::memory_order_relaxed);
      if (seen > 0 && static_cast<double>(seen) >= wanted) return upper_edge(i) < max() ? upper_edge(i) : max();
    }
    return max();
  }

  std::uint64_t max() const noexcept { return max_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t steps = std::uint64_t{1} << fine;
  static constexpr std::size_t bucket(std::uint64_t value) noexcept {
    if (value < steps) return static_cast<std::size_t>(value);
    const unsigned power = static_cast<unsigned>(std::bit_width(value)) - 1;  // ≥ fine
    return static_cast<std::size_t>(steps * (power - fine + 1) + ((value >> (power - fine)) & (steps - 1)));
  }
  static constexpr std::uint64_t upper_edge(std::size_t bucket) noexcept {
    if (bucket < steps) return bucket;
    const std::uint64_t step = std::uint64_t{1} << (bucket / steps - 1);
    return (steps + bucket % steps) * step + (step - 1);
  }

  std::array<std::atomic<std::uint64_t>, steps * (65 - fine)> buckets_{};
  std::atomic<std::uint64_t> max_{0};
};

using Histogram = LogHistogram<2>;

}  // namespace weir
