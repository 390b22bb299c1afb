#include "weir/engines/convolve/kernels.hpp"

#if defined(__AVX512F__)

#include <immintrin.h>

namespace weir::convolve {
namespace {

struct Sums {
  __m512 rr, ii, ri, ir;
};

// Of 2×16 parts, the interleaved ones: lanes 0…7 and 8…15.
void store(const Sums& sums, bool packed, const float* base, float* out) noexcept {
  const __m512i low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512i high = _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
  const __mmask16 not_packed = packed ? 0xFFFE : 0xFFFF;
  const __m512 re = _mm512_mask_sub_ps(sums.rr, not_packed, sums.rr, sums.ii);
  const __m512 im = _mm512_mask_add_ps(sums.ii, not_packed, sums.ri, sums.ir);
  __m512 first = _mm512_permutex2var_ps(re, low, im), second = _mm512_permutex2var_ps(re, high, im);
  if (base != nullptr) {
    first = _mm512_add_ps(first, _mm512_load_ps(base));
    second = _mm512_add_ps(second, _mm512_load_ps(base + group_bins));
  }
  _mm512_store_ps(out, first);
  _mm512_store_ps(out + group_bins, second);
}

// Eight sums, so that each waits for its own last product only.
void add_run(const float* history, std::size_t begin, const std::uint32_t* offsets, const float* response,
             std::size_t terms, Sums& left, Sums& right) noexcept {
  for (std::size_t term = 0; term < terms; ++term, response += response_group) {
    const float* x = history + (begin + offsets[term]);
    const __m512 re = _mm512_load_ps(x), im = _mm512_load_ps(x + group_bins);
    const __m512 left_re = _mm512_load_ps(response), left_im = _mm512_load_ps(response + group_bins);
    const __m512 right_re = _mm512_load_ps(response + 2 * group_bins);
    const __m512 right_im = _mm512_load_ps(response + 3 * group_bins);
    left.rr = _mm512_fmadd_ps(re, left_re, left.rr);
    left.ii = _mm512_fmadd_ps(im, left_im, left.ii);
    left.ri = _mm512_fmadd_ps(re, left_im, left.ri);
    left.ir = _mm512_fmadd_ps(im, left_re, left.ir);
    right.rr = _mm512_fmadd_ps(re, right_re, right.rr);
    right.ii = _mm512_fmadd_ps(im, right_im, right.ii);
    right.ri = _mm512_fmadd_ps(re, right_im, right.ri);
    right.ir = _mm512_fmadd_ps(im, right_re, right.ir);
  }
}

void multiply_add(const Terms& terms, std::size_t first_group, std::size_t end_group, const float* const base[2],
                  float* const out[2]) noexcept {
  const std::size_t wrap = terms.wrap < terms.first ? terms.first : terms.wrap < terms.end ? terms.wrap : terms.end;
  for (std::size_t group = first_group; group < end_group; ++group) {
    const __m512 zero = _mm512_setzero_ps();
    Sums left{zero, zero, zero, zero}, right{zero, zero, zero, zero};
    const float* response = terms.response + group * terms.all * response_group;
    const std::size_t offset = group * terms.group_stride;
    add_run(terms.history, terms.newest + offset, terms.offsets + terms.first, response + terms.first * response_group,
            wrap - terms.first, left, right);
    add_run(terms.history, terms.wrapped + offset, terms.offsets + wrap, response + wrap * response_group,
            terms.end - wrap, left, right);
    const std::size_t place = group * spectrum_group;
    store(left, group == 0, base != nullptr ? base[0] + place : nullptr, out[0] + place);
    store(right, group == 0, base != nullptr ? base[1] + place : nullptr, out[1] + place);
  }
}

void split(const float* spectrum, float* history, std::size_t group_stride, std::size_t groups) noexcept {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  for (std::size_t group = 0; group < groups; ++group, spectrum += spectrum_group, history += group_stride) {
    const __m512 first = _mm512_load_ps(spectrum), second = _mm512_load_ps(spectrum + group_bins);
    _mm512_store_ps(history, _mm512_permutex2var_ps(first, even, second));
    _mm512_store_ps(history + group_bins, _mm512_permutex2var_ps(first, odd, second));
  }
}

constexpr std::size_t lanes = 16;

__mmask16 first_lanes(std::size_t n) noexcept { return static_cast<__mmask16>((1U << (n < lanes ? n : lanes)) - 1U); }

std::size_t copy_sound(const float* from, float* to, std::size_t n, float limit) noexcept {
  std::size_t unsound = 0;
  for (std::size_t i = 0; i < n; i += lanes) {
    const __mmask16 mask = first_lanes(n - i);
    const __m512 x = _mm512_maskz_loadu_ps(mask, from + i);
    const __mmask16 sound = _mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(limit), _CMP_LE_OQ);
    if (sound != 0xFFFF) unsound += static_cast<std::size_t>(__builtin_popcount(static_cast<__mmask16>(~sound)));
    _mm512_mask_storeu_ps(to + i, mask, _mm512_maskz_mov_ps(sound, x));
  }
  return unsound;
}

void add(const float* from, float* to, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; i += lanes) {
    const __mmask16 mask = first_lanes(n - i);
    const __m512 sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, from + i), _mm512_maskz_loadu_ps(mask, to + i));
    _mm512_mask_storeu_ps(to + i, mask, sum);
  }
}

}  // namespace

const Kernels* avx512_kernels() noexcept {
  static constexpr Kernels kernels{"avx512", multiply_add, split, copy_sound, add};
  return __builtin_cpu_supports("avx512f") ? &kernels : nullptr;
}

}  // namespace weir::convolve

#else

namespace weir::convolve {

const Kernels* avx512_kernels() noexcept { return nullptr; }

}  // namespace weir::convolve

#endif
