#include "weir/engines/convolve/kernels.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

namespace weir::convolve {
namespace {

constexpr std::size_t half = group_bins / 2;

// A half's products of one ear, before they are put together.
struct Parts {
  __m256 re, im;
};

// Of 2×8 parts, the interleaved ones.
void store(const Parts& parts, const float* base, float* out) noexcept {
  const __m256 low = _mm256_unpacklo_ps(parts.re, parts.im), high = _mm256_unpackhi_ps(parts.re, parts.im);
  __m256 first = _mm256_permute2f128_ps(low, high, 0x20), second = _mm256_permute2f128_ps(low, high, 0x31);
  if (base != nullptr) {
    first = _mm256_add_ps(first, _mm256_load_ps(base));
    second = _mm256_add_ps(second, _mm256_load_ps(base + half));
  }
  _mm256_store_ps(out, first);
  _mm256_store_ps(out + half, second);
}

// Eight sums for 16 bins of both ears: no more than there are registers for.
void add_run(const float* history, std::size_t begin, const std::uint32_t* offsets, const float* response,
             std::size_t terms, Parts left[2], Parts right[2]) noexcept {
  for (std::size_t term = 0; term < terms; ++term, response += response_group) {
    const float* x = history + (begin + offsets[term]);
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) {
      const float* h = response + i * half;
      const __m256 re = _mm256_load_ps(x + i * half), im = _mm256_load_ps(x + group_bins + i * half);
      const __m256 left_re = _mm256_load_ps(h), left_im = _mm256_load_ps(h + group_bins);
      left[i].re = _mm256_fnmadd_ps(im, left_im, _mm256_fmadd_ps(re, left_re, left[i].re));
      left[i].im = _mm256_fmadd_ps(im, left_re, _mm256_fmadd_ps(re, left_im, left[i].im));
      const __m256 right_re = _mm256_load_ps(h + 2 * group_bins), right_im = _mm256_load_ps(h + 3 * group_bins);
      right[i].re = _mm256_fnmadd_ps(im, right_im, _mm256_fmadd_ps(re, right_re, right[i].re));
      right[i].im = _mm256_fmadd_ps(im, right_re, _mm256_fmadd_ps(re, right_im, right[i].im));
    }
  }
}

// Bin 0's two real numbers.
void multiply_add_packed(const Terms& terms, const float* const base[2], float* const out[2]) noexcept {
  float sums[2][2] = {};
  for (std::size_t term = terms.first; term < terms.end; ++term) {
    const float* x = terms.history + ((term < terms.wrap ? terms.newest : terms.wrapped) + terms.offsets[term]);
    const float* h = terms.response + term * response_group;
    for (std::size_t ear = 0; ear < 2; ++ear) {
      sums[ear][0] += x[0] * h[ear * spectrum_group];
      sums[ear][1] += x[group_bins] * h[ear * spectrum_group + group_bins];
    }
  }
  for (std::size_t ear = 0; ear < 2; ++ear)
    for (std::size_t i = 0; i < 2; ++i) out[ear][i] = sums[ear][i] + (base != nullptr ? base[ear][i] : 0.0F);
}

void multiply_add(const Terms& terms, std::size_t first_group, std::size_t end_group, const float* const base[2],
                  float* const out[2]) noexcept {
  const std::size_t wrap = terms.wrap < terms.first ? terms.first : terms.wrap < terms.end ? terms.wrap : terms.end;
  for (std::size_t group = first_group; group < end_group; ++group) {
    const __m256 zero = _mm256_setzero_ps();
    Parts left[2] = {{zero, zero}, {zero, zero}}, right[2] = {{zero, zero}, {zero, zero}};
    const float* response = terms.response + group * terms.all * response_group;
    const std::size_t offset = group * terms.group_stride;
    add_run(terms.history, terms.newest + offset, terms.offsets + terms.first, response + terms.first * response_group,
            wrap - terms.first, left, right);
    add_run(terms.history, terms.wrapped + offset, terms.offsets + wrap, response + wrap * response_group,
            terms.end - wrap, left, right);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t place = group * spectrum_group + i * group_bins;
      store(left[i], base != nullptr ? base[0] + place : nullptr, out[0] + place);
      store(right[i], base != nullptr ? base[1] + place : nullptr, out[1] + place);
    }
  }
  if (first_group == 0 && end_group > 0) multiply_add_packed(terms, base, out);
}

void split(const float* spectrum, float* history, std::size_t group_stride, std::size_t groups) noexcept {
  for (std::size_t group = 0; group < groups; ++group, spectrum += spectrum_group, history += group_stride) {
    for (std::size_t i = 0; i < 2; ++i) {
      const __m256 first = _mm256_load_ps(spectrum + i * group_bins);
      const __m256 second = _mm256_load_ps(spectrum + i * group_bins + half);
      const __m256 low = _mm256_permute2f128_ps(first, second, 0x20);
      const __m256 high = _mm256_permute2f128_ps(first, second, 0x31);
      _mm256_store_ps(history + i * half, _mm256_shuffle_ps(low, high, 0x88));
      _mm256_store_ps(history + group_bins + i * half, _mm256_shuffle_ps(low, high, 0xDD));
    }
  }
}

std::size_t copy_sound(const float* from, float* to, std::size_t n, float limit) noexcept {
  const __m256 sign = _mm256_set1_ps(-0.0F), most = _mm256_set1_ps(limit);
  std::size_t unsound = 0, i = 0;
  for (; i + half <= n; i += half) {
    const __m256 x = _mm256_loadu_ps(from + i);
    const __m256 sound = _mm256_cmp_ps(_mm256_andnot_ps(sign, x), most, _CMP_LE_OQ);
    unsound += half - static_cast<std::size_t>(__builtin_popcount(static_cast<unsigned>(_mm256_movemask_ps(sound))));
    _mm256_storeu_ps(to + i, _mm256_and_ps(sound, x));
  }
  return unsound + portable_kernels().copy_sound(from + i, to + i, n - i, limit);
}

void add(const float* from, float* to, std::size_t n) noexcept {
  std::size_t i = 0;
  for (; i + half <= n; i += half)
    _mm256_storeu_ps(to + i, _mm256_add_ps(_mm256_loadu_ps(from + i), _mm256_loadu_ps(to + i)));
  portable_kernels().add(from + i, to + i, n - i);
}

}  // namespace

const Kernels* avx2_kernels() noexcept {
  static constexpr Kernels kernels{"avx2", multiply_add, split, copy_sound, add};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels : nullptr;
}

}  // namespace weir::convolve

#else

namespace weir::convolve {

const Kernels* avx2_kernels() noexcept { return nullptr; }

}  // namespace weir::convolve

#endif
