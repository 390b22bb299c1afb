#include <kiss_fft.h>

#include <cstddef>
#include <memory>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/fft.hpp"

namespace weir::convolve {

struct Fft::Plan {
  explicit Plan(std::size_t size) : forward(kiss_fft_alloc(static_cast<int>(size), 0, nullptr, nullptr)) {
    WEIR_CHECK(forward != nullptr, "KissFFT has no plan for a size");
  }
  ~Plan() { kiss_fft_free(forward); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  kiss_fft_cfg forward;
};

Fft::Fft(std::size_t size, Effort /*it has one way*/) : plan_(std::make_unique<Plan>(size)) {}

Fft::~Fft() = default;

void Fft::forward(const float* in, float* out) noexcept {
  kiss_fft(plan_->forward, reinterpret_cast<const kiss_fft_cpx*>(in), reinterpret_cast<kiss_fft_cpx*>(out));
}

}  // namespace weir::convolve
