#include "weir/engines/motion/average_kernels.hpp"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#define WEIR_MOTION_AVX2 1
#endif

namespace weir::motion {

namespace {

#define WEIR_BODY static inline __attribute__((always_inline))

WEIR_BODY void sum_body(const std::uint8_t* __restrict now, std::uint16_t* __restrict sum, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) sum[x] = static_cast<std::uint16_t>(sum[x] + now[x]);
}

WEIR_BODY void compare_body(const std::uint8_t* __restrict now, const std::int16_t* __restrict background,
                            LightStep light, const std::uint8_t* __restrict limit, std::uint8_t* __restrict moved,
                            std::uint16_t* __restrict apart, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) {
    const auto d = static_cast<std::uint8_t>(difference(now[x], background[x], light));
    moved[x] = static_cast<std::uint8_t>(moved[x] + (d > limit[x] ? 1 : 0));
    apart[x] = static_cast<std::uint16_t>(apart[x] + d);
  }
}

WEIR_BODY void blend_body(const std::uint8_t* __restrict now, std::int16_t* __restrict background, LightStep light,
                          const std::int16_t* __restrict rate, std::uint16_t* __restrict level, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) {
    const std::int16_t lit = relit(background[x], light);
    const auto step = static_cast<std::int16_t>((now[x] << level_bits) - lit);
    const auto next = static_cast<std::int16_t>(lit + scaled(step, rate[x]));
    background[x] = next;
    level[x] = static_cast<std::uint16_t>(level[x] + ((next + (1 << (level_bits - 1))) >> level_bits));
  }
}

void sum(const std::uint8_t* now, std::uint16_t* sum, std::size_t n) { sum_body(now, sum, n); }
void compare(const std::uint8_t* now, const std::int16_t* background, LightStep light, const std::uint8_t* limit,
             std::uint8_t* moved, std::uint16_t* difference, std::size_t n) {
  compare_body(now, background, light, limit, moved, difference, n);
}
void blend(const std::uint8_t* now, std::int16_t* background, LightStep light, const std::int16_t* rate,
           std::uint16_t* level, std::size_t n) {
  blend_body(now, background, light, rate, level, n);
}
constexpr AverageKernels portable{sum, compare, blend};

#ifdef WEIR_MOTION_AVX2
#define WEIR_AVX2 __attribute__((target("avx2")))

WEIR_AVX2 void sum_avx2(const std::uint8_t* now, std::uint16_t* sum, std::size_t n) { sum_body(now, sum, n); }

// The rest by hand: the vectoriser gives up on the mix of 8 and 16 bits, and scalar code costs ten times as much.
struct Light16 {
  __m256i gain, plus, minus;
};

WEIR_AVX2 inline Light16 spread(LightStep light) {
  return {_mm256_set1_epi16(light.gain_less_one), _mm256_set1_epi16(static_cast<short>(light.plus)),
          _mm256_set1_epi16(static_cast<short>(light.minus))};
}

WEIR_AVX2 inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
WEIR_AVX2 inline void store(void* to, __m256i value) { _mm256_storeu_si256(static_cast<__m256i*>(to), value); }
WEIR_AVX2 inline __m256i load_bytes(const std::uint8_t* from) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

WEIR_AVX2 inline __m256i in_light16(__m256i background, const Light16& light) {
  __m256i level = _mm256_add_epi16(background, _mm256_mulhrs_epi16(background, light.gain));
  level = _mm256_subs_epu16(_mm256_add_epi16(level, light.plus), light.minus);
  return _mm256_min_epu16(level, _mm256_set1_epi16(highest_level << level_bits));
}

WEIR_AVX2 inline __m256i whole_levels16(__m256i level) {
  return _mm256_srli_epi16(_mm256_add_epi16(level, _mm256_set1_epi16(1 << (level_bits - 1))), level_bits);
}

// Adds the differences of 16 pixels and gives which are beyond their limit: 0 or −1 each.
WEIR_AVX2 inline __m256i compare16(const std::uint8_t* now, const std::int16_t* background, const Light16& light,
                                   const std::uint8_t* limit, std::uint16_t* difference) {
  const __m256i here = load_bytes(now);
  const __m256i level = _mm256_min_epi16(whole_levels16(in_light16(load(background), light)), _mm256_set1_epi16(255));
  const __m256i apart = _mm256_abs_epi16(_mm256_sub_epi16(here, level));
  store(difference, _mm256_add_epi16(load(difference), apart));
  return _mm256_cmpgt_epi16(apart, load_bytes(limit));
}

WEIR_AVX2 void compare_avx2(const std::uint8_t* now, const std::int16_t* background, LightStep light,
                            const std::uint8_t* limit, std::uint8_t* moved, std::uint16_t* difference, std::size_t n) {
  const Light16 light16 = spread(light);
  std::size_t x = 0;
  for (; x + 32 <= n; x += 32) {
    const __m256i low = compare16(now + x, background + x, light16, limit + x, difference + x);
    const __m256i high = compare16(now + x + 16, background + x + 16, light16, limit + x + 16, difference + x + 16);
    // Packing works within each half of the register; the permutation puts the quarters back in order.
    const __m256i beyond = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0b11011000);
    store(moved + x, _mm256_sub_epi8(load(moved + x), beyond));
  }
  compare_body(now + x, background + x, light, limit + x, moved + x, difference + x, n - x);
}

WEIR_AVX2 void blend_avx2(const std::uint8_t* now, std::int16_t* background, LightStep light, const std::int16_t* rate,
                          std::uint16_t* level, std::size_t n) {
  const Light16 light16 = spread(light);
  std::size_t x = 0;
  for (; x + 16 <= n; x += 16) {
    const __m256i lit = in_light16(load(background + x), light16);
    const __m256i step = _mm256_sub_epi16(_mm256_slli_epi16(load_bytes(now + x), level_bits), lit);
    const __m256i next = _mm256_add_epi16(lit, _mm256_mulhrs_epi16(step, load(rate + x)));
    store(background + x, next);
    store(level + x, _mm256_add_epi16(load(level + x), whole_levels16(next)));
  }
  blend_body(now + x, background + x, light, rate + x, level + x, n - x);
}
constexpr AverageKernels avx2{sum_avx2, compare_avx2, blend_avx2};
#endif

}  // namespace

const AverageKernels& portable_average_kernels() noexcept { return portable; }

const AverageKernels& best_average_kernels() noexcept {
#ifdef WEIR_MOTION_AVX2
  if (__builtin_cpu_supports("avx2")) return avx2;
#endif
  return portable;
}

}  // namespace weir::motion
