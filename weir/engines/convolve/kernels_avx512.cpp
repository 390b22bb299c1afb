#include "weir/engines/convolve/kernels.hpp"

#if defined(__AVX512F__)

#include <immintrin.h>

namespace weir::convolve {
namespace {

struct Sums {
  __m512 rr, ii, ri, ir;
};

void store(const Sums& sums, bool packed, std::size_t im_plane, const float* base, float* out) noexcept {
  const __mmask16 not_packed = packed ? 0xFFFE : 0xFFFF;
  __m512 re = _mm512_mask_sub_ps(sums.rr, not_packed, sums.rr, sums.ii);
  __m512 im = _mm512_mask_add_ps(sums.ii, not_packed, sums.ri, sums.ir);
  if (base != nullptr) {
    re = _mm512_add_ps(re, _mm512_load_ps(base));
    im = _mm512_add_ps(im, _mm512_load_ps(base + im_plane));
  }
  _mm512_store_ps(out, re);
  _mm512_store_ps(out + im_plane, im);
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

void multiply_add(const Terms& terms, std::size_t bins, std::size_t first_group, std::size_t end_group,
                  const float* const base[2], float* const out[2]) noexcept {
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
    const std::size_t place = group * group_bins;
    store(left, group == 0, plane(bins), base != nullptr ? base[0] + place : nullptr, out[0] + place);
    store(right, group == 0, plane(bins), base != nullptr ? base[1] + place : nullptr, out[1] + place);
  }
}

// Even (0) or odd (1) numbers of 32, in order and backwards.
__m512i parts(int odd) noexcept {
  const __m512i twice = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  return _mm512_add_epi32(twice, _mm512_set1_epi32(odd));
}
__m512i parts_backwards(int odd) noexcept { return _mm512_sub_epi32(_mm512_set1_epi32(30 + 2 * odd), parts(odd)); }

// Of two the same: for _mm512_permutexvar_ps g++ 12 warns in its own header.
__m512 backwards(__m512 x) noexcept {
  const __m512i back = _mm512_set_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_permutex2var_ps(x, back, x);
}

void untangle(const float* z, const float* turns, std::size_t bins, float* spectrum,
              std::size_t group_stride) noexcept {
  const __m512i re = parts(0), im = parts(1), re_back = parts_backwards(0), im_back = parts_backwards(1);
  const __m512 half = _mm512_set1_ps(0.5F);
  float* to = spectrum;
  for (std::size_t k = 0; k < bins; k += group_bins, to += group_stride) {
    const __m512 a0 = _mm512_load_ps(z + 2 * k), a1 = _mm512_load_ps(z + 2 * k + group_bins);
    const float* mirrored = z + 2 * (bins - k - (group_bins - 1));
    const __m512 b0 = _mm512_loadu_ps(mirrored), b1 = _mm512_loadu_ps(mirrored + group_bins);
    const __m512 a_re = _mm512_permutex2var_ps(a0, re, a1), a_im = _mm512_permutex2var_ps(a0, im, a1);
    const __m512 b_re = _mm512_permutex2var_ps(b0, re_back, b1), b_im = _mm512_permutex2var_ps(b0, im_back, b1);
    const __m512 odd_re = _mm512_add_ps(a_im, b_im), odd_im = _mm512_sub_ps(b_re, a_re);
    const __m512 c = _mm512_load_ps(turns + k), s = _mm512_load_ps(turns + bins + k);
    const __m512 x_re = _mm512_fmadd_ps(s, odd_im, _mm512_fmadd_ps(c, odd_re, _mm512_add_ps(a_re, b_re)));
    const __m512 x_im = _mm512_fnmadd_ps(s, odd_re, _mm512_fmadd_ps(c, odd_im, _mm512_sub_ps(a_im, b_im)));
    _mm512_store_ps(to, _mm512_mul_ps(half, x_re));
    _mm512_store_ps(to + group_bins, _mm512_mul_ps(half, x_im));
  }
  spectrum[group_bins] = z[0] - z[1];
}

void tangle(const float* sum, const float* turns, std::size_t bins, float* z) noexcept {
  const __m512i low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __m512i high = _mm512_set_epi32(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8);
  const float* im = sum + plane(bins);
  for (std::size_t k = 0; k < bins; k += group_bins) {
    const std::size_t mirrored = bins - k - (group_bins - 1);
    const __m512 x_re = _mm512_load_ps(sum + k), x_im = _mm512_load_ps(im + k);
    const __m512 y_re = backwards(_mm512_loadu_ps(sum + mirrored));
    const __m512 y_im = backwards(_mm512_loadu_ps(im + mirrored));
    const __m512 d_re = _mm512_sub_ps(x_re, y_re), d_im = _mm512_add_ps(x_im, y_im);
    const __m512 c = _mm512_load_ps(turns + k), s = _mm512_load_ps(turns + bins + k);
    const __m512 z_re = _mm512_fmadd_ps(s, d_re, _mm512_fmadd_ps(c, d_im, _mm512_add_ps(x_re, y_re)));
    const __m512 z_im = _mm512_fnmadd_ps(s, d_im, _mm512_fmadd_ps(c, d_re, _mm512_sub_ps(y_im, x_im)));
    _mm512_store_ps(z + 2 * k, _mm512_permutex2var_ps(z_re, low, z_im));
    _mm512_store_ps(z + 2 * k + group_bins, _mm512_permutex2var_ps(z_re, high, z_im));
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
  static constexpr Kernels kernels{"avx512", multiply_add, untangle, tangle, copy_sound, add};
  return __builtin_cpu_supports("avx512f") ? &kernels : nullptr;
}

}  // namespace weir::convolve

#else

namespace weir::convolve {

const Kernels* avx512_kernels() noexcept { return nullptr; }

}  // namespace weir::convolve

#endif
