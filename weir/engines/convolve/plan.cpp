#include "weir/engines/convolve/plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "weir/engines/convolve/kernels.hpp"

namespace weir::convolve {
namespace {

constexpr std::size_t most_levels = 4;

bool good_for_fft(std::size_t bins) {
  if (bins == 0 || bins % group_bins != 0) return false;
  for (const std::size_t prime : {2U, 3U, 5U})
    while (bins % prime == 0) bins /= prime;
  return bins == 1;
}

// A level's work per sample, both ears, all inputs.
float level_ns(const Level& level, std::size_t inputs, std::size_t bytes) {
  const auto n = static_cast<float>(inputs), size = static_cast<float>(level.size);
  const float groups = size / group_bins, terms = n * static_cast<float>(level.count);
  return ((n + 2) * Cost::fft_ns(level.size) + groups * (Cost::group_ns + terms * Cost::term_ns(bytes))) / size;
}

struct Search {
  std::size_t inputs, max_taps, block;
  Plan best = {};
  float best_ns = std::numeric_limits<float>::max();

  // The cost per sample; those whose work cannot be spread evenly cost more than any other. A level more has to save
  // some of it: the longest partition is how long a change of the filter waits.
  float ns(const Plan& plan) const {
    const std::size_t bytes = plan.bytes();
    float sum = 0;
    for (const Level& level : plan.levels) sum += level_ns(level, inputs, bytes);
    // One FFT is the smallest piece of work: it must not stand out of what a block costs anyway.
    const std::size_t period = std::max(block, plan.levels.front().size);
    const float block_ns = sum * static_cast<float>(period);
    for (std::size_t i = 1; i < plan.levels.size(); ++i)
      if (plan.levels[i].size > period && Cost::fft_ns(plan.levels[i].size) > block_ns / 4) return sum * 1000;
    return sum * (1 + 0.05F * static_cast<float>(plan.levels.size()));
  }

  void look(std::vector<std::size_t>& sizes) {
    Plan plan = make_plan(inputs, max_taps, sizes);
    if (const float cost = ns(plan); cost < best_ns) {
      best_ns = cost;
      best = plan;
    }
    if (plan.levels.size() < sizes.size() || sizes.size() == most_levels) return;
    for (const std::size_t factor : {2U, 4U, 8U, 16U}) {
      sizes.push_back(sizes.back() * factor);
      if (sizes.back() <= 16 * max_block) look(sizes);
      sizes.pop_back();
    }
  }
};

}  // namespace

std::size_t Plan::bytes() const noexcept {
  std::size_t floats = 0;
  for (const Level& level : levels)
    floats += inputs * level.count * (level.size / group_bins) * (spectrum_group + response_group);
  return floats * sizeof(float);
}

float Cost::fft_ns(std::size_t bins) noexcept {
  const auto n = static_cast<float>(2 * bins);
  return 22 + 0.032F * n * std::log2(n);
}

float Cost::term_ns(std::size_t bytes) noexcept { return bytes <= (768U << 10) ? 2.3F : 4.2F; }

Plan make_plan(std::size_t inputs, std::size_t max_taps, std::span<const std::size_t> sizes) {
  Plan plan{inputs, max_taps, {}, Effort::measured};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t size = sizes[i], first = i == 0 ? 0 : 2 * size;
    if (i > 0 && first >= max_taps) break;
    std::size_t end = max_taps;
    if (i + 1 < sizes.size()) end = std::min(end, 2 * sizes[i + 1]);
    plan.levels.push_back({size, first, (end - first + size - 1) / size});
  }
  return plan;
}

Result<Plan> plan_for(const Shape& shape) {
  const auto within = [](int value, int most) { return value >= 1 && value <= most; };
  if (!within(shape.inputs, max_inputs))
    return fail(Code::invalid, "a convolver has 1 to 16 inputs", {}, std::to_string(shape.inputs));
  if (!within(shape.block, max_block))
    return fail(Code::invalid, "a convolver's block has 1 to 8192 frames", {}, std::to_string(shape.block));
  if (!within(shape.max_taps, max_response_taps))
    return fail(Code::invalid, "a response has 1 to 1048576 taps", {}, std::to_string(shape.max_taps));
  // The head's partitions are the block, or go into it without a rest. Other blocks fill partitions in several pieces.
  const auto block = static_cast<std::size_t>(shape.block);
  std::size_t most = group_bins;
  while (most < block) most *= 2;
  if (good_for_fft(block)) most = block;
  Search search{static_cast<std::size_t>(shape.inputs), static_cast<std::size_t>(shape.max_taps), block};
  for (std::size_t size = most; good_for_fft(size); size /= 2) {
    std::vector<std::size_t> sizes{size};
    search.look(sizes);
    if (size % 2 != 0) break;
  }
  search.best.effort = shape.effort;
  return search.best;
}

}  // namespace weir::convolve
