#include "weir/engines/convolve/kernels.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

namespace weir::convolve {
namespace {

constexpr std::size_t half = group_bins / 2;

// A half's sums of one ear.
struct Parts {
  __m256 re, im;
};

void store(const Parts& parts, std::size_t im_plane, const float* base, float* out) noexcept {
  const __m256 zero = _mm256_setzero_ps();
  _mm256_store_ps(out, _mm256_add_ps(parts.re, base != nullptr ? _mm256_load_ps(base) : zero));
  _mm256_store_ps(out + im_plane, _mm256_add_ps(parts.im, base != nullptr ? _mm256_load_ps(base + im_plane) : zero));
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
void multiply_add_packed(const Terms& terms, std::size_t im_plane, const float* const base[2],
                         float* const out[2]) noexcept {
  float sums[2][2] = {};
  for (std::size_t term = terms.first; term < terms.end; ++term) {
    const float* x = terms.history + ((term < terms.wrap ? terms.newest : terms.wrapped) + terms.offsets[term]);
    const float* h = terms.response + term * response_group;
    for (std::size_t ear = 0; ear < 2; ++ear) {
      sums[ear][0] += x[0] * h[ear * spectrum_group];
      sums[ear][1] += x[group_bins] * h[ear * spectrum_group + group_bins];
    }
  }
  for (std::size_t ear = 0; ear < 2; ++ear) {
    out[ear][0] = sums[ear][0] + (base != nullptr ? base[ear][0] : 0.0F);
    out[ear][im_plane] = sums[ear][1] + (base != nullptr ? base[ear][im_plane] : 0.0F);
  }
}

void multiply_add(const Terms& terms, std::size_t bins, std::size_t first_group, std::size_t end_group,
                  const float* const base[2], float* const out[2]) noexcept {
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
      const std::size_t place = group * group_bins + i * half;
      store(left[i], plane(bins), base != nullptr ? base[0] + place : nullptr, out[0] + place);
      store(right[i], plane(bins), base != nullptr ? base[1] + place : nullptr, out[1] + place);
    }
  }
  if (first_group == 0 && end_group > 0) multiply_add_packed(terms, plane(bins), base, out);
}

struct Split {
  __m256 re, im;
};

// Eight interleaved numbers.
Split split(const float* z) noexcept {
  const __m256 first = _mm256_loadu_ps(z), second = _mm256_loadu_ps(z + half);
  const __m256 low = _mm256_permute2f128_ps(first, second, 0x20), high = _mm256_permute2f128_ps(first, second, 0x31);
  return {_mm256_shuffle_ps(low, high, 0x88), _mm256_shuffle_ps(low, high, 0xDD)};
}

__m256 backwards(__m256 x) noexcept { return _mm256_permutevar8x32_ps(x, _mm256_set_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }

void untangle(const float* z, const float* turns, std::size_t bins, float* spectrum,
              std::size_t group_stride) noexcept {
  const __m256 one_half = _mm256_set1_ps(0.5F);
  for (std::size_t k = 0; k < bins; k += half) {
    const Split a = split(z + 2 * k), mirrored = split(z + 2 * (bins - k - (half - 1)));
    const __m256 b_re = backwards(mirrored.re), b_im = backwards(mirrored.im);
    const __m256 odd_re = _mm256_add_ps(a.im, b_im), odd_im = _mm256_sub_ps(b_re, a.re);
    const __m256 c = _mm256_load_ps(turns + k), s = _mm256_load_ps(turns + bins + k);
    const __m256 x_re = _mm256_fmadd_ps(s, odd_im, _mm256_fmadd_ps(c, odd_re, _mm256_add_ps(a.re, b_re)));
    const __m256 x_im = _mm256_fnmadd_ps(s, odd_re, _mm256_fmadd_ps(c, odd_im, _mm256_sub_ps(a.im, b_im)));
    float* to = spectrum + k / group_bins * group_stride + k % group_bins;
    _mm256_store_ps(to, _mm256_mul_ps(one_half, x_re));
    _mm256_store_ps(to + group_bins, _mm256_mul_ps(one_half, x_im));
  }
  spectrum[group_bins] = z[0] - z[1];
}

void tangle(const float* sum, const float* turns, std::size_t bins, float* z) noexcept {
  const float* im = sum + plane(bins);
  for (std::size_t k = 0; k < bins; k += half) {
    const std::size_t mirrored = bins - k - (half - 1);
    const __m256 x_re = _mm256_load_ps(sum + k), x_im = _mm256_load_ps(im + k);
    const __m256 y_re = backwards(_mm256_loadu_ps(sum + mirrored)), y_im = backwards(_mm256_loadu_ps(im + mirrored));
    const __m256 d_re = _mm256_sub_ps(x_re, y_re), d_im = _mm256_add_ps(x_im, y_im);
    const __m256 c = _mm256_load_ps(turns + k), s = _mm256_load_ps(turns + bins + k);
    const __m256 z_re = _mm256_fmadd_ps(s, d_re, _mm256_fmadd_ps(c, d_im, _mm256_add_ps(x_re, y_re)));
    const __m256 z_im = _mm256_fnmadd_ps(s, d_im, _mm256_fmadd_ps(c, d_re, _mm256_sub_ps(y_im, x_im)));
    const __m256 low = _mm256_unpacklo_ps(z_re, z_im), high = _mm256_unpackhi_ps(z_re, z_im);
    _mm256_store_ps(z + 2 * k, _mm256_permute2f128_ps(low, high, 0x20));
    _mm256_store_ps(z + 2 * k + half, _mm256_permute2f128_ps(low, high, 0x31));
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
  static constexpr Kernels kernels{"avx2", multiply_add, untangle, tangle, copy_sound, add};
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernels : nullptr;
}

}  // namespace weir::convolve

#else

namespace weir::convolve {

const Kernels* avx2_kernels() noexcept { return nullptr; }

}  // namespace weir::convolve

#endif
