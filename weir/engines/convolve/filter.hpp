// Filter: the impulse responses of all inputs to both ears, as the spectra that a Convolver multiplies with.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/core/handover.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/convolve/floats.hpp"
#include "weir/engines/convolve/plan.hpp"

namespace weir::convolve {

// Of one input; empty: silent. The lengths may differ.
struct Impulses {
  std::span<const float> left, right;
};

// Samples and taps beyond ±this are taken for damage, as those that are not finite: sums of such could not be finite.
constexpr float largest_sample = 1e12F;

// Immutable. Costs in a Convolver what its longest response costs; silent inputs cost nothing beside their own FFT.
// Thread-safety: prepare() from any thread; reading from any.  Allocates: prepare() and destruction only.
// Blocks: prepare(), for milliseconds, and for up to some 100 the first time that a size of FFT is asked for.
// Ownership: owns its spectra; the impulses are copied.
class Filter : public HandoverLink {
 public:
  // One pair of impulses for each input of the shape, in their order, none longer than its max_taps.
  static Result<std::unique_ptr<Filter>> prepare(const Shape& shape, std::span<const Impulses> impulses);
  static Result<std::unique_ptr<Filter>> prepare(const Plan& plan, std::span<const Impulses> impulses);

  // One level's, for its Terms.
  struct Spectra {
    std::vector<std::uint32_t> offsets;  // by term
    std::vector<std::uint32_t> before;   // by partition: the number of terms of earlier ones; one more at the end
    Floats response;
    std::size_t terms() const noexcept { return offsets.size(); }
  };

  const Plan& plan() const noexcept { return plan_; }
  const Spectra& level(std::size_t i) const noexcept { return levels_[i]; }
  std::size_t bytes() const noexcept;

 private:
  explicit Filter(const Plan& plan) : plan_(plan) {}

  Plan plan_;
  std::vector<Spectra> levels_;
};

}  // namespace weir::convolve
