#include "weir/engines/motion/average_kernels.hpp"

#include <algorithm>

namespace weir::motion {

namespace {

#define WEIR_BODY static inline __attribute__((always_inline))

// a·b in 1/32768, rounded: one instruction for a whole vector.
WEIR_BODY std::int16_t scaled(std::int16_t a, std::int16_t b) {
  return static_cast<std::int16_t>((static_cast<std::int32_t>(a) * b + 0x4000) >> 15);
}

// All in 16 bits, twice as many of which fit a vector as of 32.
WEIR_BODY std::int16_t in_light(std::int16_t background, LightStep light) {
  constexpr std::uint16_t most = highest_level << level_bits;
  auto level = static_cast<std::uint16_t>(background + scaled(background, light.gain_less_one));
  level = static_cast<std::uint16_t>(level + light.plus);
  level = static_cast<std::uint16_t>(std::max(level, light.minus) - light.minus);
  return static_cast<std::int16_t>(std::min(level, most));
}

WEIR_BODY std::int16_t level_body(std::int16_t background, LightStep light) {
  const auto rounded = static_cast<std::int16_t>(in_light(background, light) + (1 << (level_bits - 1)));
  return std::min(static_cast<std::int16_t>(rounded >> level_bits), std::int16_t{255});
}

WEIR_BODY int difference_body(std::uint8_t now, std::int16_t background, LightStep light) {
  const std::int16_t level = level_body(background, light);
  const std::int16_t here = now;
  return std::max(here, level) - std::min(here, level);
}

WEIR_BODY void sum_body(const std::uint8_t* __restrict now, std::uint16_t* __restrict sum, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) sum[x] = static_cast<std::uint16_t>(sum[x] + now[x]);
}

WEIR_BODY void compare_body(const std::uint8_t* __restrict now, const std::int16_t* __restrict background,
                            LightStep light, const std::uint8_t* __restrict limit, std::uint8_t* __restrict moved,
                            std::uint16_t* __restrict difference, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) {
    const auto d = static_cast<std::uint8_t>(difference_body(now[x], background[x], light));
    moved[x] = static_cast<std::uint8_t>(moved[x] + (d > limit[x] ? 1 : 0));
    difference[x] = static_cast<std::uint16_t>(difference[x] + d);
  }
}

WEIR_BODY void blend_body(const std::uint8_t* __restrict now, std::int16_t* __restrict background, LightStep light,
                          const std::int16_t* __restrict rate, std::uint16_t* __restrict level, std::size_t n) {
  for (std::size_t x = 0; x < n; ++x) {
    const std::int16_t lit = in_light(background[x], light);
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

#if defined(__x86_64__)
#define WEIR_MOTION_AVX2 1
#define WEIR_AVX2 __attribute__((target("avx2")))
WEIR_AVX2 void sum_avx2(const std::uint8_t* now, std::uint16_t* sum, std::size_t n) { sum_body(now, sum, n); }
WEIR_AVX2 void compare_avx2(const std::uint8_t* now, const std::int16_t* background, LightStep light,
                            const std::uint8_t* limit, std::uint8_t* moved, std::uint16_t* difference, std::size_t n) {
  compare_body(now, background, light, limit, moved, difference, n);
}
WEIR_AVX2 void blend_avx2(const std::uint8_t* now, std::int16_t* background, LightStep light, const std::int16_t* rate,
                          std::uint16_t* level, std::size_t n) {
  blend_body(now, background, light, rate, level, n);
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

std::int16_t relit(std::int16_t background, LightStep light) noexcept { return in_light(background, light); }

int level_in_light(std::int16_t background, LightStep light) noexcept { return level_body(background, light); }

int difference(std::uint8_t now, std::int16_t background, LightStep light) noexcept {
  return difference_body(now, background, light);
}

}  // namespace weir::motion
