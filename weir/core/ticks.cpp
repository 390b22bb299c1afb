#include "weir/core/ticks.hpp"

#include <algorithm>
#include <mutex>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace weir::detail {

constinit bool ticks_from_cpu = false;

namespace {

struct Moment {
  std::uint64_t ticks;
  std::chrono::steady_clock::time_point time;
};

// The two clocks read as close together as three tries give.
Moment moment() noexcept {
  Moment best{};
  std::uint64_t narrowest = ~std::uint64_t{0};
  for (int tries = 0; tries < 3; ++tries) {
    const std::uint64_t before = ticks();
    const auto time = std::chrono::steady_clock::now();
    const std::uint64_t after = ticks();
    if (after - before < narrowest) {
      narrowest = after - before;
      best = {before + (after - before) / 2, time};
    }
  }
  return best;
}

#if defined(__x86_64__)
// "Invariant TSC": one rate in every power state, CPUID 8000'0007h, EDX bit 8.
bool counter_is_steady() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
}
#endif

std::once_flag prepared;
Moment start;

}  // namespace

void prepare_ticks() noexcept {
  std::call_once(prepared, [] {
#if defined(__x86_64__)
    ticks_from_cpu = counter_is_steady();
#endif
    start = moment();
  });
}

double ns_per_tick() noexcept {
  prepare_ticks();
  if (!ticks_from_cpu) return 1;
  // Reading the clocks costs some 50 ns; over a millisecond that is 0.005 %.
  Moment now = moment();
  while (now.time - start.time < std::chrono::milliseconds(1)) now = moment();
  return std::chrono::duration<double, std::nano>(now.time - start.time).count() /
         static_cast<double>(now.ticks - start.ticks);
}

}  // namespace weir::detail
