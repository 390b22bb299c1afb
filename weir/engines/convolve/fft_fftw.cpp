#include <fftw3.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/fft.hpp"
#include "weir/engines/convolve/floats.hpp"

namespace weir::convolve {

struct Fft::Plans {
  fftwf_plan forward, inverse;
};

namespace {

struct Planned {
  fftwf_plan forward, inverse;
};

// FFTW's planner is one for the process and not thread-safe; its plans are, and are kept for whoever asks next.
Planned planned(std::size_t bins) {
  static std::mutex mutex;
  static auto& plans = *new std::map<std::size_t, Planned>();
  const std::lock_guard lock(mutex);
  const auto [place, is_new] = plans.try_emplace(bins);
  if (is_new) {
    const int n = static_cast<int>(2 * bins);
    Floats time(2 * bins), spectrum(2 * bins + 16);
    auto* const complex = reinterpret_cast<fftwf_complex*>(spectrum.data());
    place->second = {fftwf_plan_dft_r2c_1d(n, time.data(), complex, FFTW_MEASURE | FFTW_PRESERVE_INPUT),
                     fftwf_plan_dft_c2r_1d(n, complex, time.data(), FFTW_MEASURE | FFTW_DESTROY_INPUT)};
    WEIR_CHECK(place->second.forward != nullptr && place->second.inverse != nullptr, "FFTW has no plan for a size");
  }
  return place->second;
}

}  // namespace

Fft::Fft(std::size_t bins) : bins_(bins) {
  const Planned plans = planned(bins);
  plans_ = std::make_unique<Plans>(Plans{plans.forward, plans.inverse});
}

Fft::~Fft() = default;

void Fft::forward(const float* time, float* spectrum) noexcept {
  // The plan preserves its input; the C interface has no const for it.
  fftwf_execute_dft_r2c(plans_->forward, const_cast<float*>(time), reinterpret_cast<fftwf_complex*>(spectrum));
  spectrum[1] = spectrum[2 * bins_];
}

void Fft::inverse(float* spectrum, float* time) noexcept {
  spectrum[2 * bins_] = spectrum[1];
  spectrum[2 * bins_ + 1] = 0;
  spectrum[1] = 0;
  fftwf_execute_dft_c2r(plans_->inverse, reinterpret_cast<fftwf_complex*>(spectrum), time);
}

}  // namespace weir::convolve
