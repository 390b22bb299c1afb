#include "weir/engines/motion/scale_kernels.hpp"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_MOTION_AVX2 1
#endif

namespace weir::motion {

namespace {

// Each body is inlined into a portable and an AVX2 function: the vectoriser compiles it for the function around it.
#define WEIR_BODY static inline __attribute__((always_inline)) void

constexpr std::uint8_t average(unsigned a, unsigned b) { return static_cast<std::uint8_t>((a + b + 1) >> 1); }

WEIR_BODY average_rows_body(const std::uint8_t* __restrict a, const std::uint8_t* __restrict b,
                            std::uint8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = average(a[i], b[i]);
}

WEIR_BODY halve_body(const std::uint8_t* __restrict in, std::uint8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = average(in[2 * i], in[2 * i + 1]);
}

WEIR_BODY third_body(const std::uint8_t* __restrict in, std::uint8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = average(average(in[3 * i], in[3 * i + 2]), in[3 * i + 1]);
}

WEIR_BODY narrow_body(const std::uint8_t* __restrict in, int shift, std::uint8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    std::uint16_t sample;
    std::memcpy(&sample, in + 2 * i, sizeof sample);
    out[i] = static_cast<std::uint8_t>(std::min(sample >> shift, 255));
  }
}

WEIR_BODY every_other_body(const std::uint8_t* __restrict in, std::uint8_t* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = in[2 * i];
}

void average_rows(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t n) {
  average_rows_body(a, b, out, n);
}
void halve(const std::uint8_t* in, std::uint8_t* out, std::size_t n) { halve_body(in, out, n); }
void third(const std::uint8_t* in, std::uint8_t* out, std::size_t n) { third_body(in, out, n); }
void narrow(const std::uint8_t* in, int shift, std::uint8_t* out, std::size_t n) { narrow_body(in, shift, out, n); }
void every_other(const std::uint8_t* in, std::uint8_t* out, std::size_t n) { every_other_body(in, out, n); }

constexpr ScaleKernels portable{average_rows, halve, third, narrow, every_other};

#ifdef WEIR_MOTION_AVX2
#define WEIR_AVX2 __attribute__((target("avx2")))

WEIR_AVX2 void average_rows_avx2(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t n) {
  average_rows_body(a, b, out, n);
}
WEIR_AVX2 void halve_avx2(const std::uint8_t* in, std::uint8_t* out, std::size_t n) { halve_body(in, out, n); }
WEIR_AVX2 void narrow_avx2(const std::uint8_t* in, int shift, std::uint8_t* out, std::size_t n) {
  narrow_body(in, shift, out, n);
}
WEIR_AVX2 void every_other_avx2(const std::uint8_t* in, std::uint8_t* out, std::size_t n) {
  every_other_body(in, out, n);
}

// One of three interleaved streams from 48 bytes: byte k of the result is byte 3k + Phase. −1 gives zero.
template <int Phase>
WEIR_AVX2 inline __m128i pick_third(__m128i first, __m128i second, __m128i third_part) {
  alignas(16) static constexpr auto masks = [] {
    struct {
      signed char at[3][16];
    } m{};
    for (int part = 0; part < 3; ++part) {
      for (int k = 0; k < 16; ++k) {
        const int from = 3 * k + Phase - 16 * part;
        m.at[part][k] = static_cast<signed char>(from >= 0 && from < 16 ? from : -1);
      }
    }
    return m;
  }();
  const auto mask = [](int part) { return _mm_load_si128(reinterpret_cast<const __m128i*>(masks.at[part])); };
  return _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(first, mask(0)), _mm_shuffle_epi8(second, mask(1))),
                      _mm_shuffle_epi8(third_part, mask(2)));
}

// By hand: 1080p is three times 360p, and the vectoriser's own shuffles cost twice as much here.
WEIR_AVX2 void third_avx2(const std::uint8_t* in, std::uint8_t* out, std::size_t n) {
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const auto* from = reinterpret_cast<const __m128i*>(in + 3 * i);
    const __m128i first = _mm_loadu_si128(from), second = _mm_loadu_si128(from + 1), last = _mm_loadu_si128(from + 2);
    const __m128i left = pick_third<0>(first, second, last);
    const __m128i middle = pick_third<1>(first, second, last);
    const __m128i right = pick_third<2>(first, second, last);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_avg_epu8(_mm_avg_epu8(left, right), middle));
  }
  third_body(in + 3 * i, out + i, n - i);
}

constexpr ScaleKernels avx2{average_rows_avx2, halve_avx2, third_avx2, narrow_avx2, every_other_avx2};
#endif

}  // namespace

const ScaleKernels& portable_scale_kernels() noexcept { return portable; }

const ScaleKernels& best_scale_kernels() noexcept {
#ifdef WEIR_MOTION_AVX2
  if (__builtin_cpu_supports("avx2")) return avx2;
#endif
  return portable;
}

}  // namespace weir::motion
