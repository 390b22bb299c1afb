// The inner loops of AverageEngine, in a portable form and in one for AVX2; both give the same values.
#pragma once

#include <cstddef>
#include <cstdint>

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

// For single pixels: the background in today's light, the same in whole levels, and how far from that `now` is.
std::int16_t relit(std::int16_t background, LightStep light) noexcept;
int level_in_light(std::int16_t background, LightStep light) noexcept;
int difference(std::uint8_t now, std::int16_t background, LightStep light) noexcept;

}  // namespace weir::motion
