#include <fftw3.h>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "weir/core/result.hpp"
#include "weir/engines/convolve/fft.hpp"
#include "weir/engines/convolve/floats.hpp"

namespace weir::convolve {

struct Fft::Plan {
  fftwf_plan forward;
};

namespace {

// FFTW's planner is one for the process and not thread-safe; its plans are, and are kept for whoever asks next.
fftwf_plan planned(std::size_t size, Effort effort) {
  static std::mutex mutex;
  static auto& plans = *new std::map<std::pair<std::size_t, Effort>, fftwf_plan>();
  const std::lock_guard lock(mutex);
  const auto [place, is_new] = plans.try_emplace({size, effort});
  if (is_new) {
    Floats in(2 * size), out(2 * size);
    const unsigned how = effort == Effort::measured ? FFTW_MEASURE : FFTW_ESTIMATE;
    place->second =
        fftwf_plan_dft_1d(static_cast<int>(size), reinterpret_cast<fftwf_complex*>(in.data()),
                          reinterpret_cast<fftwf_complex*>(out.data()), FFTW_FORWARD, how | FFTW_PRESERVE_INPUT);
    WEIR_CHECK(place->second != nullptr, "FFTW has no plan for a size");
  }
  return place->second;
}

}  // namespace

Fft::Fft(std::size_t size, Effort effort) : plan_(std::make_unique<Plan>(planned(size, effort))) {}

Fft::~Fft() = default;

void Fft::forward(const float* in, float* out) noexcept {
  // The plan preserves its input; the C interface has no const for it.
  fftwf_execute_dft(plan_->forward, reinterpret_cast<fftwf_complex*>(const_cast<float*>(in)),
                    reinterpret_cast<fftwf_complex*>(out));
}

}  // namespace weir::convolve
