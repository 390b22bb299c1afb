#include "weir/engines/convolve/kernels.hpp"

namespace weir::convolve {

const Kernels& best_kernels() noexcept {
  if (const Kernels* kernels = avx512_kernels()) return *kernels;
  if (const Kernels* kernels = avx2_kernels()) return *kernels;
  return portable_kernels();
}

}  // namespace weir::convolve
