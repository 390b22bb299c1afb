// Floats: memory for samples and spectra, on cache lines, zeroed and touched.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace weir::convolve {

// Thread-safety: value type.  Allocates: construction only.  Blocks: never.  Ownership: owns its memory.
class Floats {
 public:
  static constexpr std::size_t line_bytes = 64;

  Floats() = default;
  explicit Floats(std::size_t n)
      : n_(n), data_(static_cast<float*>(::operator new(n * sizeof(float), std::align_val_t(line_bytes)))) {
    clear();
  }

  float* data() noexcept { return data_.get(); }
  const float* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return n_; }
  void clear() noexcept { std::fill_n(data_.get(), n_, 0.0F); }

 private:
  struct Free {
    void operator()(float* data) const noexcept { ::operator delete(data, std::align_val_t(line_bytes)); }
  };
  std::size_t n_ = 0;
  std::unique_ptr<float, Free> data_;
};

}  // namespace weir::convolve
