// What motion costs per 1080p frame, next to about 4.4 ms of decoding: scaling, and looking at the small picture.
#include <benchmark/benchmark.h>

#include "weir/engines/motion/motion.hpp"
#include "weir/engines/motion/scene.hpp"

namespace weir::motion {
namespace {

// More planes than the caches hold, as a decoder's are by the time that they are looked at.
constexpr int planes = 12;

void scale_1080p(benchmark::State& state) {
  const ScaleKernels& kernels = state.range(0) != 0 ? best_scale_kernels() : portable_scale_kernels();
  const int width = static_cast<int>(state.range(1)), height = static_cast<int>(state.range(2));
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width * height) * planes);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13);
  LumaView view{pixels.data(), width, width, height};
  LumaScale scale(view, {640, 360}, kernels);
  int plane = 0;
  for (auto _ : state) {
    view.data = pixels.data() + static_cast<std::ptrdiff_t>(width) * height * (plane++ % planes);
    benchmark::DoNotOptimize(scale.scale(view).data);
  }
}
BENCHMARK(scale_1080p)
    ->Name("scale")
    ->ArgNames({"best", "width", "height"})
    ->Args({1, 1920, 1080})
    ->Args({0, 1920, 1080})
    ->Args({1, 1280, 720})
    ->Args({1, 3840, 2160})
    ->Args({1, 2560, 1440})
    ->Args({1, 768, 432});

void look(benchmark::State& state) {
  MotionConfig config;
  config.model = state.range(0) != 0 ? Model::mog2 : Model::average;
  const bool moving = state.range(1) != 0;
  const Size size{640, 360};
  test::Scene scene(size, 3);
  auto engine = make_motion_engine(config, {1920, 1080}, size);
  // Different pictures, so that noise is learned as noise.
  std::vector<std::vector<std::uint8_t>> pictures;
  for (int i = 0; i < planes; ++i) {
    if (moving) scene.figures = {{40.0 * i, 100, 60, 100, 235}, {500.0 - 30 * i, 250, 80, 40, 30}};
    const LumaView view = scene.render();
    pictures.emplace_back(view.data, view.data + size.width * size.height);
  }
  std::int64_t pts_us = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    pts_us += 66'667;
    const LumaView view{pictures[next++ % pictures.size()].data(), size.width, size.width, size.height};
    benchmark::DoNotOptimize((*engine)->look(view, pts_us).data());
  }
}
BENCHMARK(look)->ArgNames({"mog2", "moving"})->Args({0, 0})->Args({0, 1})->Args({1, 0})->Args({1, 1});

}  // namespace
}  // namespace weir::motion
