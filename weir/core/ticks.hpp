// Ticks: the cheapest steady time of the machine, for durations only. The CPU's own counter where it runs at one rate
// on all cores, else the steady clock.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace weir::detail {

// Set by prepare_ticks(); before that, ticks are the steady clock's nanoseconds.
extern constinit bool ticks_from_cpu;

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  if (ticks_from_cpu) [[likely]]
    return __rdtsc();
#endif
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Before the first ticks() whose difference matters. From any thread, any number of times.
void prepare_ticks() noexcept;

// Measured against the steady clock since prepare_ticks(); takes up to 1 ms right after it.
double ns_per_tick() noexcept;

}  // namespace weir::detail
