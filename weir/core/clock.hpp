// Clock: everything in weir that waits or times takes one, so that tests about hours run in seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stop_token>

namespace weir {

using Nanos = std::chrono::nanoseconds;
// Since an arbitrary start, monotone.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Nanos>;
constexpr Instant never = Instant::max();

// Time, and waiting for a 32-bit word to change.
// Thread-safety: all members from any thread.  Allocates: never.  Blocks: wait() only.  Ownership: none.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const noexcept = 0;

  // Returns when `word` no longer holds `expected`, at `deadline`, or spuriously; the caller looks again.
  // Whoever changes the word calls wake() afterwards.
  virtual void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant deadline) noexcept = 0;

  // False when stopped before the deadline.
  bool sleep_until(Instant deadline, const std::stop_token& stop = {}) noexcept;

  static void wake_one(const std::atomic<std::uint32_t>& word) noexcept;
  static void wake_all(const std::atomic<std::uint32_t>& word) noexcept;

  static Clock& real() noexcept;
};

// Wall time for people and wire formats: nanoseconds since the Unix epoch.
std::int64_t wall_ns() noexcept;

// A clock that moves only when told to. A thread that waits on it looks at the virtual time every 0.2 ms of real time,
// so what happens depends on virtual time alone, only when it happens is real.
// Thread-safety: all members from any thread.  Allocates: never.  Blocks: wait() only.  Ownership: none.
class VirtualClock final : public Clock {
 public:
  Instant now() const noexcept override;
  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant deadline) noexcept override;
  void advance(Nanos by) noexcept;

 private:
  std::atomic<std::int64_t> now_ns_{0};
};

}  // namespace weir
