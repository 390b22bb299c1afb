#include "weir/core/clock.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace weir {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Nanos timeout) noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec ts{seconds.count(), (timeout - seconds).count()};
  // Any answer (changed, timed out, interrupted) means the same to the caller: look again.
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, &ts, nullptr, 0);
}

void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

class RealClock final : public Clock {
 public:
  Instant now() const noexcept override { return std::chrono::steady_clock::now(); }

  void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant deadline) noexcept override {
    // An hour at most in one call: a deadline of `never` must not overflow a timespec.
    Nanos left = std::chrono::hours(1);
    if (deadline != never) left = std::min<Nanos>(left, deadline - now());
    if (left > Nanos::zero()) futex_wait(word, expected, left);
  }
};

}  // namespace

bool Clock::sleep_until(Instant deadline, const std::stop_token& stop) noexcept {
  std::atomic<std::uint32_t> stopped{0};
  std::stop_callback wake(stop, [&stopped] {
    stopped.store(1, std::memory_order_release);
    wake_all(stopped);
  });
  while (stopped.load(std::memory_order_acquire) == 0) {
    if (now() >= deadline) return true;
    wait(stopped, 0, deadline);
  }
  return false;
}

void Clock::wake_one(const std::atomic<std::uint32_t>& word) noexcept { futex_wake(word, 1); }
void Clock::wake_all(const std::atomic<std::uint32_t>& word) noexcept { futex_wake(word, INT_MAX); }

Clock& Clock::real() noexcept {
  static RealClock clock;
  return clock;
}

std::int64_t wall_ns() noexcept {
  return std::chrono::duration_cast<Nanos>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Instant VirtualClock::now() const noexcept { return Instant(Nanos(now_ns_.load(std::memory_order_acquire))); }

void VirtualClock::wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, Instant deadline) noexcept {
  while (word.load(std::memory_order_acquire) == expected && now() < deadline) {
    futex_wait(word, expected, std::chrono::microseconds(200));
  }
}

void VirtualClock::advance(Nanos by) noexcept { now_ns_.fetch_add(by.count(), std::memory_order_acq_rel); }

}  // namespace weir
