#include "weir/core/thread_bytes.hpp"

#include <cstddef>
#include <mutex>

#if !defined(WEIR_SANITIZED)
#include <jemalloc/jemalloc.h>
#endif

namespace weir {
namespace {

// What a thread points at when nobody counts.
constexpr std::uint64_t nothing = 0;

#if defined(WEIR_SANITIZED)
thread_local constinit ThreadBytes hooked{};
#endif

}  // namespace

namespace detail {
thread_local constinit ThreadByteCounters thread_byte_counters{nullptr, nullptr};
}

#if defined(WEIR_SANITIZED)

// Declared here because g++ 12 ships the functions without their header.
extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                              void (*on_free)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void* block);
}

namespace {

// The hooks run inside the sanitizer's own allocator: instrumenting them would re-enter it.
__attribute__((no_sanitize("address", "thread", "undefined"))) void on_malloc(const volatile void*, std::size_t bytes) {
  hooked.allocated += bytes == 0 ? 1 : bytes;
}
__attribute__((no_sanitize("address", "thread", "undefined"))) void on_free(const volatile void* block) {
  if (block == nullptr) return;
  const std::size_t bytes = __sanitizer_get_allocated_size(block);
  hooked.freed += bytes == 0 ? 1 : bytes;
}

}  // namespace

bool thread_bytes_counted() noexcept {
  static const bool installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
  return installed;
}

void detail::prepare_thread_bytes() noexcept {
  thread_byte_counters = thread_bytes_counted() ? ThreadByteCounters{&hooked.allocated, &hooked.freed}
                                                : ThreadByteCounters{&nothing, &nothing};
}

#else

void detail::prepare_thread_bytes() noexcept {
  std::uint64_t* allocated = nullptr;
  std::uint64_t* freed = nullptr;
  std::size_t size = sizeof(allocated);
  // Fails in a jemalloc without stats (ENOENT): reported by thread_bytes_counted(), never guessed.
  if (::mallctl("thread.allocatedp", &allocated, &size, nullptr, 0) != 0) allocated = nullptr;
  size = sizeof(freed);
  if (::mallctl("thread.deallocatedp", &freed, &size, nullptr, 0) != 0) freed = nullptr;
  thread_byte_counters = allocated != nullptr && freed != nullptr ? ThreadByteCounters{allocated, freed}
                                                                  : ThreadByteCounters{&nothing, &nothing};
}

bool thread_bytes_counted() noexcept {
  if (detail::thread_byte_counters.allocated == nullptr) detail::prepare_thread_bytes();
  return detail::thread_byte_counters.allocated != &nothing;
}

#endif

}  // namespace weir
