// FlushDenormals: while it lives, numbers too small to be heard are zero, because the unit is slow with them.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace weir::equalize {

// Thread-safety: made and destroyed by one thread, whose mode it is.  Allocates: never.  Blocks: never.  Ownership:
// none.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() noexcept : former_(_mm_getcsr()) { _mm_setcsr(former_ | flush_to_zero | denormals_are_zero); }
  ~FlushDenormals() { _mm_setcsr(former_); }
#elif defined(__aarch64__)
  FlushDenormals() noexcept {
    asm volatile("mrs %0, fpcr" : "=r"(former_));
    asm volatile("msr fpcr, %0" ::"r"(former_ | (1U << 24)));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(former_)); }
#else
  FlushDenormals() noexcept = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  static constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
#if defined(__aarch64__)
  std::uint64_t former_ = 0;
#else
  unsigned former_ = 0;
#endif
};

}  // namespace weir::equalize
