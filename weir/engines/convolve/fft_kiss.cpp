#include <kiss_fftr.h>

#include <cstddef>
#include <memory>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/fft.hpp"

namespace weir::convolve {

// Not shared: a configuration holds the scratch memory of a transform.
struct Fft::Plans {
  explicit Plans(std::size_t bins)
      : forward(kiss_fftr_alloc(static_cast<int>(2 * bins), 0, nullptr, nullptr)),
        inverse(kiss_fftr_alloc(static_cast<int>(2 * bins), 1, nullptr, nullptr)) {
    WEIR_CHECK(forward != nullptr && inverse != nullptr, "KissFFT has no plan for a size");
  }
  ~Plans() {
    kiss_fftr_free(forward);
    kiss_fftr_free(inverse);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;

  kiss_fftr_cfg forward, inverse;
};

Fft::Fft(std::size_t bins) : bins_(bins), plans_(std::make_unique<Plans>(bins)) {}

Fft::~Fft() = default;

void Fft::forward(const float* time, float* spectrum) noexcept {
  kiss_fftr(plans_->forward, time, reinterpret_cast<kiss_fft_cpx*>(spectrum));
  spectrum[1] = spectrum[2 * bins_];
}

void Fft::inverse(float* spectrum, float* time) noexcept {
  spectrum[2 * bins_] = spectrum[1];
  spectrum[2 * bins_ + 1] = 0;
  spectrum[1] = 0;
  kiss_fftri(plans_->inverse, reinterpret_cast<const kiss_fft_cpx*>(spectrum), time);
}

}  // namespace weir::convolve
