// Thread bytes: how much the calling thread has ever allocated and freed, as the allocator itself counts it.
// The figure behind HotPath: two loads, so it can stay on in production.
#pragma once

#include <cstdint>

namespace weir {

// Both only grow. Memory that a thread frees counts for the thread that frees it, whoever allocated it.
struct ThreadBytes {
  std::uint64_t allocated = 0;
  std::uint64_t freed = 0;
};

namespace detail {
// Where the allocator keeps the calling thread's counters; null until prepare_thread_bytes().
struct ThreadByteCounters {
  const std::uint64_t* allocated;
  const std::uint64_t* freed;
};
extern thread_local constinit ThreadByteCounters thread_byte_counters;
void prepare_thread_bytes() noexcept;
}  // namespace detail

// Counts malloc, calloc, realloc, the aligned kinds and operator new, library calls included; not mmap. Under a
// sanitizer its hooks count instead (TSan's do not see aligned_alloc).
// The first call on a thread asks the allocator for the place, which may allocate; all later ones are two loads.
inline ThreadBytes thread_bytes() noexcept {
  if (detail::thread_byte_counters.allocated == nullptr) [[unlikely]]
    detail::prepare_thread_bytes();
  const detail::ThreadByteCounters& at = detail::thread_byte_counters;
  // volatile: the allocator writes behind the compiler's back, and a pair of reads must not be merged into one.
  return {*static_cast<const volatile std::uint64_t*>(at.allocated),
          *static_cast<const volatile std::uint64_t*>(at.freed)};
}

// False where the allocator in use counts nothing; the figures then stay 0.
bool thread_bytes_counted() noexcept;

}  // namespace weir
