// Generated inputs and responses for the room's tests, and what their convolution must be.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "weir/engines/convolve/convolver.hpp"

namespace weir::convolve::test {

using Channels = std::vector<std::vector<float>>;

inline Channels noise(std::size_t channels, std::size_t frames, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> value(-1, 1);
  Channels all(channels, std::vector<float>(frames));
  for (auto& channel : all) std::generate(channel.begin(), channel.end(), [&] { return value(random); });
  return all;
}

// Noise of lengths up to `taps` (the first input has all of them), so loud that white noise through it gives 0.2 or so.
struct Response {
  Channels left, right;

  Response(std::size_t inputs, std::size_t taps, std::uint32_t seed)
      : left(noise(inputs, taps, seed)), right(noise(inputs, taps, seed + 1)) {
    std::mt19937 random(seed + 2);
    const float loudness = 0.6F / std::sqrt(static_cast<float>(inputs * taps));
    for (std::size_t i = 0; i < inputs; ++i) {
      if (i > 0) left[i].resize(1 + random() % taps);
      if (i > 0) right[i].resize(random() % 4 == 0 ? 0 : 1 + random() % taps);
      for (float& tap : left[i]) tap *= loudness;
      for (float& tap : right[i]) tap *= loudness;
    }
  }

  std::vector<Impulses> impulses() const {
    std::vector<Impulses> all;
    for (std::size_t i = 0; i < left.size(); ++i) all.push_back({left[i], right[i]});
    return all;
  }
  std::unique_ptr<Filter> prepare(const Plan& plan) const { return std::move(*Filter::prepare(plan, impulses())); }

  // Sample n of one ear, in double precision, by the definition.
  double at(const Channels& in, std::size_t ear, std::size_t n) const {
    double sum = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::vector<float>& taps = ear == 0 ? left[i] : right[i];
      const std::size_t most = std::min(taps.size(), n + 1);
      for (std::size_t k = 0; k < most; ++k) sum += static_cast<double>(taps[k]) * static_cast<double>(in[i][n - k]);
    }
    return sum;
  }
};

// Runs `in` through the convolver in calls of the sizes that `next_size` gives.
template <class NextSize>
Channels run(Convolver& convolver, const Channels& in, NextSize next_size) {
  const std::size_t frames = in.front().size();
  Channels out(2, std::vector<float>(frames));
  std::vector<const float*> from(in.size());
  for (std::size_t done = 0; done < frames;) {
    const std::size_t now = std::min(frames - done, static_cast<std::size_t>(next_size()));
    for (std::size_t i = 0; i < in.size(); ++i) from[i] = in[i].data() + done;
    float* const to[2] = {out[0].data() + done, out[1].data() + done};
    convolver.process(from.data(), to, static_cast<int>(now));
    done += now;
  }
  return out;
}

inline Channels run(Convolver& convolver, const Channels& in, int block) {
  return run(convolver, in, [block] { return block; });
}

// The convolver with this response from its first sample on.
inline std::unique_ptr<Convolver> playing(const Plan& plan, const Response& response,
                                          const Kernels& kernels = best_kernels()) {
  auto convolver = Convolver::make(plan, kernels);
  if (!convolver->fade_to(response.prepare(plan).release(), 0)) return nullptr;
  return convolver;
}

}  // namespace weir::convolve::test
