// The inner loops of AverageEngine, in a portable form and in one for AVX2; both give the same values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace weir::motion {

// The background is kept in 1/64 levels.
constexpr int level_bits = 6;
constexpr int highest_level = 511;  // above what a picture can hold, so that brightness lost to clipping comes back

// background → as it would look in today's light: b + b·gain_less_one + plus − minus, within 0…highest_level.
// Held in 16 bits without overflow by gains up to 1.85 and offsets up to 64 levels.
struct LightStep {
  std::int16_t gain_less_one = 0;     // in 1/32768
  std::uint16_t plus = 0, minus = 0;  // in 1/64 levels; one of them is 0
};
constexpr float most_gain_step = 1.85F;
constexpr float most_offset_step = 64.0F;

// Thresholds, counts and sums are per column, so that eight rows can be gathered before looking at a block.
struct AverageKernels {
  // sum[x] += now[x].
  void (*sum)(const std::uint8_t* now, std::uint16_t* sum, std::size_t n);
  // Where now differs from the background in today's light by more than limit[x], moved[x] += 1;
  // difference[x] += the difference, in levels.
  void (*compare)(const std::uint8_t* now, const std::int16_t* background, LightStep light, const std::uint8_t* limit,
                  std::uint8_t* moved, std::uint16_t* difference, std::size_t n);
  // background[x] becomes itself in today's light, moved towards now by rate[x] / 32768; level[x] += the result.
  void (*blend)(const std::uint8_t* now, std::int16_t* background, LightStep light, const std::int16_t* rate,
                std::uint16_t* level, std::size_t n);
};

const AverageKernels& portable_average_kernels() noexcept;
// The fastest this machine can run.
const AverageKernels& best_average_kernels() noexcept;

// The same for single pixels. Unsigned 16-bit arithmetic throughout, as in the vectors.

// a·b in 1/32768, rounded.
inline std::int16_t scaled(std::int16_t a, std::int16_t b) noexcept {
  return static_cast<std::int16_t>((static_cast<std::int32_t>(a) * b + 0x4000) >> 15);
}

// The background in today's light.
inline std::int16_t relit(std::int16_t background, LightStep light) noexcept {
  constexpr std::uint16_t most = highest_level << level_bits;
  auto level = static_cast<std::uint16_t>(background + scaled(background, light.gain_less_one));
  level = static_cast<std::uint16_t>(level + light.plus);
  level = static_cast<std::uint16_t>(std::max(level, light.minus) - light.minus);
  return static_cast<std::int16_t>(std::min(level, most));
}

// The same in whole levels, as a picture would show it.
inline int level_in_light(std::int16_t background, LightStep light) noexcept {
  return std::min((relit(background, light) + (1 << (level_bits - 1))) >> level_bits, 255);
}

inline int difference(std::uint8_t now, std::int16_t background, LightStep light) noexcept {
  return std::abs(now - level_in_light(background, light));
}

}  // namespace weir::motion
