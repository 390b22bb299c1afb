// The inner loops of LumaScale, in a portable form and in one for AVX2; both give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::motion {

// Averages round half up: (a + b + 1) / 2, which is one instruction on most machines.
// Buffers must not overlap. None reads or writes beyond what its parameters say.
struct ScaleKernels {
  // out[i] = average of a[i] and b[i], i < n.
  void (*average_rows)(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* out, std::size_t n);
  // out[i] = average of in[2i] and in[2i+1], i < n.
  void (*halve)(const std::uint8_t* in, std::uint8_t* out, std::size_t n);
  // out[i] = average of in[3i+1] and the average of its two neighbours, i < n: weights 1/4, 1/2, 1/4.
  void (*third)(const std::uint8_t* in, std::uint8_t* out, std::size_t n);
  // out[i] = the 16-bit little-endian sample i >> shift, at most 255, i < n.
  void (*narrow)(const std::uint8_t* in, int shift, std::uint8_t* out, std::size_t n);
  // out[i] = in[2i], i < n; reads 2n − 1 bytes.
  void (*every_other)(const std::uint8_t* in, std::uint8_t* out, std::size_t n);
};

const ScaleKernels& portable_scale_kernels() noexcept;
// The fastest this machine can run.
const ScaleKernels& best_scale_kernels() noexcept;

}  // namespace weir::motion
