#include "weir/engines/convolve/filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "weir/engines/convolve/kernels.hpp"
#include "weir/engines/convolve/real_fft.hpp"

namespace weir::convolve {
namespace {

// The part of a response that a partition holds.
std::span<const float> part(std::span<const float> taps, std::size_t first, std::size_t size) {
  if (first >= taps.size()) return {};
  return taps.subspan(first, std::min(size, taps.size() - first));
}

bool all_sound(std::span<const float> taps) {
  return std::all_of(taps.begin(), taps.end(), [](float tap) { return std::abs(tap) <= largest_sample; });
}

Filter::Spectra transform(const Level& level, Effort effort, std::span<const Impulses> impulses) {
  struct Term {
    std::span<const float> ears[2];
  };
  const std::size_t inputs = impulses.size();
  Filter::Spectra spectra;
  std::vector<Term> terms;
  for (std::size_t k = 0; k < level.count; ++k) {
    spectra.before.push_back(static_cast<std::uint32_t>(terms.size()));
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t first = level.first + k * level.size;
      const Term term{{part(impulses[i].left, first, level.size), part(impulses[i].right, first, level.size)}};
      if (term.ears[0].empty() && term.ears[1].empty()) continue;
      terms.push_back(term);
      spectra.offsets.push_back(static_cast<std::uint32_t>((k * inputs + i) * spectrum_group));
    }
  }
  spectra.before.push_back(static_cast<std::uint32_t>(terms.size()));

  RealFft fft(level.size, best_kernels(), effort);
  Floats time(2 * level.size);
  spectra.response = Floats(terms.size() * 4 * level.size);
  // The inverse transform does not normalise.
  const float scale = 1.0F / static_cast<float>(2 * level.size);
  for (std::size_t term = 0; term < terms.size(); ++term) {
    for (std::size_t ear = 0; ear < 2; ++ear) {
      const std::span<const float> taps = terms[term].ears[ear];
      if (taps.empty()) continue;
      time.clear();
      std::transform(taps.begin(), taps.end(), time.data(), [scale](float tap) { return tap * scale; });
      fft.forward(time.data(), spectra.response.data() + term * response_group + ear * spectrum_group,
                  terms.size() * response_group);
    }
  }
  return spectra;
}

}  // namespace

Result<std::unique_ptr<Filter>> Filter::prepare(const Shape& shape, std::span<const Impulses> impulses) {
  const Result<Plan> plan = plan_for(shape);
  if (!plan) return tl::unexpected(plan.error());
  return prepare(*plan, impulses);
}

Result<std::unique_ptr<Filter>> Filter::prepare(const Plan& plan, std::span<const Impulses> impulses) {
  if (impulses.size() != plan.inputs)
    return fail(Code::invalid, "a response needs a pair of impulses for each input, empty ones where it is silent", {},
                std::to_string(impulses.size()) + " pairs for " + std::to_string(plan.inputs) + " inputs");
  for (std::size_t i = 0; i < impulses.size(); ++i) {
    for (const std::span<const float> taps : {impulses[i].left, impulses[i].right}) {
      if (taps.size() > plan.max_taps)
        return fail(Code::invalid, "an impulse response is too long; shorten it or raise the limit", {},
                    "input " + std::to_string(i) + ": " + std::to_string(taps.size()) + " taps, at most " +
                        std::to_string(plan.max_taps));
      if (!all_sound(taps))
        return fail(Code::corrupt, "an impulse response has a tap that is not a finite number or beyond 1e12", {},
                    "input " + std::to_string(i));
    }
  }
  std::unique_ptr<Filter> filter(new Filter(plan));
  for (const Level& level : plan.levels) filter->levels_.push_back(transform(level, plan.effort, impulses));
  return filter;
}

std::size_t Filter::bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Spectra& level : levels_)
    bytes += level.response.size() * sizeof(float) + (level.offsets.size() + level.before.size()) * 4;
  return bytes;
}

}  // namespace weir::convolve
