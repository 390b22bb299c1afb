// Uniformly partitioned overlap-add, a convolver for each path: the algorithm of the library FFTConvolver (Gardner 1995
// with partitions of one size). Each path transforms its input by itself and has an output of its own; real and
// imaginary parts lie apart, so that the compiler makes SIMD of the products.
#include <fftw3.h>

#include <algorithm>
#include <complex>
#include <span>
#include <vector>

#include "bench/spatial/subject.hpp"

namespace bench {
namespace {

struct FftwFree {
  void operator()(void* memory) const { fftwf_free(memory); }
};
using Memory = std::unique_ptr<float[], FftwFree>;

Memory zeros(std::size_t n) {
  Memory memory(static_cast<float*>(fftwf_malloc(n * sizeof(float))));
  std::fill_n(memory.get(), n, 0.0F);
  return memory;
}

// One for all: the paths run one after another.
class Transform {
 public:
  explicit Transform(std::size_t block)
      : size_(2 * block), bins_(block + 1), time_(zeros(size_)), spectrum_(zeros(2 * bins_)) {
    const int n = static_cast<int>(size_);
    auto* const complex = reinterpret_cast<fftwf_complex*>(spectrum_.get());
    forward_ = fftwf_plan_dft_r2c_1d(n, time_.get(), complex, FFTW_MEASURE);
    inverse_ = fftwf_plan_dft_c2r_1d(n, complex, time_.get(), FFTW_MEASURE);
  }
  ~Transform() {
    fftwf_destroy_plan(forward_);
    fftwf_destroy_plan(inverse_);
  }
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;

  std::size_t bins() const { return bins_; }
  // The samples, and zeros behind them.
  void forward(const float* samples, std::size_t n, float* re, float* im) {
    std::copy_n(samples, n, time_.get());
    std::fill(time_.get() + n, time_.get() + size_, 0.0F);
    fftwf_execute(forward_);
    for (std::size_t i = 0; i < bins_; ++i) {
      re[i] = spectrum_[2 * i];
      im[i] = spectrum_[2 * i + 1];
    }
  }
  const float* inverse(const float* re, const float* im) {
    for (std::size_t i = 0; i < bins_; ++i) {
      spectrum_[2 * i] = re[i];
      spectrum_[2 * i + 1] = im[i];
    }
    fftwf_execute(inverse_);
    return time_.get();
  }

 private:
  std::size_t size_, bins_;
  Memory time_, spectrum_;
  fftwf_plan forward_, inverse_;
};

class Path {
 public:
  Path(std::span<const float> response, std::size_t block, Transform& fft)
      : block_(block),
        stride_((fft.bins() + 15) / 16 * 16),
        partitions_((response.size() + block - 1) / block),
        fft_(fft),
        response_(zeros(2 * stride_ * partitions_)),
        history_(zeros(2 * stride_ * partitions_)),
        sum_(zeros(2 * stride_)),
        overlap_(zeros(block)) {
    for (std::size_t p = 0; p < partitions_; ++p) {
      const std::span<const float> part = response.subspan(p * block, std::min(block, response.size() - p * block));
      float* const spectrum = response_.get() + 2 * stride_ * p;
      fft.forward(part.data(), part.size(), spectrum, spectrum + stride_);
      // FFTW's transforms are not normalised.
      for (std::size_t i = 0; i < 2 * stride_; ++i) spectrum[i] /= static_cast<float>(2 * block);
    }
  }

  void add_to(float* out, const float* in) {
    newest_ = newest_ == 0 ? partitions_ - 1 : newest_ - 1;
    float* const spectrum = history_.get() + 2 * stride_ * newest_;
    fft_.forward(in, block_, spectrum, spectrum + stride_);
    std::fill_n(sum_.get(), 2 * stride_, 0.0F);
    for (std::size_t p = 0; p < partitions_; ++p) {
      const std::size_t then = newest_ + p < partitions_ ? newest_ + p : newest_ + p - partitions_;
      multiply_add(history_.get() + 2 * stride_ * then, response_.get() + 2 * stride_ * p);
    }
    const float* const result = fft_.inverse(sum_.get(), sum_.get() + stride_);
    for (std::size_t i = 0; i < block_; ++i) out[i] += result[i] + overlap_[i];
    std::copy_n(result + block_, block_, overlap_.get());
  }

 private:
  void multiply_add(const float* a, const float* b) {
    const std::size_t n = stride_;
    float* __restrict const re = sum_.get();
    float* __restrict const im = sum_.get() + n;
    for (std::size_t i = 0; i < n; ++i) {
      re[i] += a[i] * b[i] - a[n + i] * b[n + i];
      im[i] += a[i] * b[n + i] + a[n + i] * b[i];
    }
  }

  std::size_t block_, stride_, partitions_;
  Transform& fft_;
  Memory response_, history_, sum_, overlap_;
  std::size_t newest_ = 0;
};

class UniformSubject final : public Subject {
 public:
  explicit UniformSubject(const Work& work) : block_(work.block()), fft_(work.block()) {
    for (std::size_t i = 0; i < inputs; ++i)
      for (std::size_t ear = 0; ear < ears; ++ear) paths_.emplace_back(work.response(i, ear), block_, fft_);
  }
  bool process(const float* const* in, float* const* out) override {
    for (std::size_t ear = 0; ear < ears; ++ear) {
      std::fill_n(out[ear], block_, 0.0F);
      for (std::size_t i = 0; i < inputs; ++i) paths_[i * ears + ear].add_to(out[ear], in[i]);
    }
    return true;
  }

 private:
  std::size_t block_;
  Transform fft_;
  std::vector<Path> paths_;
};

}  // namespace

std::unique_ptr<Subject> uniform_subject(const Work& work) { return std::make_unique<UniformSubject>(work); }

}  // namespace bench
