// QuietDenormals: numbers too small to matter are zero while it lives, because the processor is slow with them.
#pragma once

#include <cstdint>

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace weir {

// Thread-safety: for the thread that made it, innermost first.  Allocates: never.  Blocks: never.
// Ownership: restores the thread's setting.
class QuietDenormals {
 public:
#if defined(__SSE__)
  // Flush to zero (results) and denormals are zero (operands).
  QuietDenormals() noexcept : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040U); }
  ~QuietDenormals() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  QuietDenormals() noexcept {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" : : "r"(before_ | (std::uint64_t{1} << 24)));
  }
  ~QuietDenormals() { asm volatile("msr fpcr, %0" : : "r"(before_)); }
#else
  QuietDenormals() noexcept : before_(0) {}
  ~QuietDenormals() {}
#endif
  QuietDenormals(const QuietDenormals&) = delete;
  QuietDenormals& operator=(const QuietDenormals&) = delete;

 private:
#if defined(__SSE__)
  std::uint32_t before_;
#else
  std::uint64_t before_;
#endif
};

}  // namespace weir
