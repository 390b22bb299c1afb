// What the parts of a convolution cost (the figures behind Cost in plan.hpp), and one block of eight inputs.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/engines/convolve/convolver.hpp"
#include "weir/engines/convolve/test_response.hpp"

namespace weir::convolve {
namespace {

void fft(benchmark::State& state) {
  const auto bins = static_cast<std::size_t>(state.range(0));
  RealFft fft(bins);
  Floats time(2 * bins), spectrum(2 * bins), sum(RealFft::sum_floats(bins));
  for (auto _ : state) {
    if (state.range(1) != 0)
      fft.inverse(sum.data(), time.data());
    else
      fft.forward(time.data(), spectrum.data(), spectrum_group);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(fft)
    ->ArgNames({"bins", "inverse"})
    ->ArgsProduct({{16, 64, 128, 256, 480, 512, 1024, 2048, 4096, 8192}, {0, 1}});

// Time per term of a group: from L1, L2 and L3.
void multiply_add(benchmark::State& state) {
  const auto bins = static_cast<std::size_t>(state.range(0)), terms = static_cast<std::size_t>(state.range(1));
  const Kernels* kernels = state.range(2) == 2 ? avx512_kernels() : state.range(2) == 1 ? avx2_kernels() : nullptr;
  if (state.range(2) == 0) kernels = &portable_kernels();
  if (kernels == nullptr) return state.SkipWithError("not on this machine");
  const std::size_t groups = bins / group_bins, stride = (terms + 1) * spectrum_group;
  Floats history(groups * stride), response(groups * terms * response_group), left(2 * plane(bins)),
      right(2 * plane(bins));
  std::vector<std::uint32_t> offsets(terms);
  for (std::size_t i = 0; i < terms; ++i) offsets[i] = static_cast<std::uint32_t>(i * spectrum_group);
  const Terms all{history.data(), 0, 0, offsets.data(), response.data(), terms, 0, terms, terms, stride};
  float* const out[2] = {left.data(), right.data()};
  for (auto _ : state) {
    kernels->multiply_add(all, bins, 0, groups, nullptr, out);
    benchmark::ClobberMemory();
  }
  state.counters["per_term"] = benchmark::Counter(static_cast<double>(state.iterations() * groups * terms),
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.SetLabel(kernels->name);
}
BENCHMARK(multiply_add)
    ->ArgNames({"bins", "terms", "path"})
    ->ArgsProduct({{64}, {8, 64}, {0, 1, 2}})
    ->ArgsProduct({{256}, {48, 112, 512}, {0, 1, 2}})
    ->ArgsProduct({{1024}, {112, 512}, {0, 1, 2}});

void process(benchmark::State& state) {
  const int block = static_cast<int>(state.range(0)), taps = static_cast<int>(state.range(1));
  const Plan plan = *plan_for({8, block, taps});
  const auto convolver = test::playing(plan, test::Response(8, static_cast<std::size_t>(taps), 1));
  const test::Channels in = test::noise(8, static_cast<std::size_t>(block), 2);
  test::Channels out(2, std::vector<float>(static_cast<std::size_t>(block)));
  std::vector<const float*> from;
  for (const auto& channel : in) from.push_back(channel.data());
  float* const to[2] = {out[0].data(), out[1].data()};
  for (auto _ : state) convolver->process(from.data(), to, block);
  state.counters["per_second_of_sound"] = benchmark::Counter(static_cast<double>(state.iterations()) * block / 48000,
                                                             benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  std::string label;
  for (const Level& level : plan.levels) label += std::to_string(level.size) + "x" + std::to_string(level.count) + " ";
  state.SetLabel(label);
}
BENCHMARK(process)->ArgNames({"block", "taps"})->ArgsProduct({{64, 128, 480, 512, 1024}, {512, 4096, 16384, 65536}});

}  // namespace
}  // namespace weir::convolve
