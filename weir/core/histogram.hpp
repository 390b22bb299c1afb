// Histogram of durations: 4 buckets per power of two, so a quantile is at most a quarter off. Wait-free to record.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

// Thread-safety: all members from any thread.  Allocates: never.  Blocks: never.  Ownership: value, not copyable.
class Histogram {
 public:
  void record(std::uint64_t value) noexcept {
    buckets_[bucket(value)].fetch_add(1, std::memory_order_relaxed);
    std::uint64_t seen = max_.load(std::memory_order_relaxed);
    while (value > seen && !max_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

  // The upper edge of the bucket in which the share `q` of the values is reached, at most max(); 0 without values.
  std::uint64_t quantile(double q) const noexcept {
    std::uint64_t total = 0;
    for (const auto& b : buckets_) total += b.load(std::memory_order_relaxed);
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
  static constexpr std::size_t bucket(std::uint64_t value) noexcept {
    if (value < 4) return static_cast<std::size_t>(value);
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 1;  // ≥ 2
    return 4 * (power - 1) + static_cast<std::size_t>((value >> (power - 2)) & 3);
  }
  static constexpr std::uint64_t upper_edge(std::size_t bucket) noexcept {
    if (bucket < 4) return bucket;
    const std::size_t power = bucket / 4 + 1;
    const std::uint64_t step = std::uint64_t{1} << (power - 2);
    return (4 + bucket % 4) * step + (step - 1);
  }

  std::array<std::atomic<std::uint64_t>, 4 * 63> buckets_{};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace weir
