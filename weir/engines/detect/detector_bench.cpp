// What detection costs: packing a picture, reading a network's outputs, and whole looks by FastestDet and for people.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <random>

#include "weir/engines/detect/output_reader.hpp"
#include "weir/engines/detect/pack.hpp"

namespace weir::detect {
namespace {

void pack_picture(benchmark::State& state) {
  const auto side = static_cast<int>(state.range(0));
  const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side) * 3, 90);
  std::vector<float> planes(pixels.size());
  for (auto _ : state) {
    pack({pixels.data(), side * 3, side, side}, input_style(Layout::yolov8), planes.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(pack_picture)->Name("pack")->ArgName("side")->Arg(352)->Arg(640);

// Outputs for 640×640 with about 40 strong boxes, and noise below.
void read_outputs(benchmark::State& state, std::array<int, 3> dims) {
  const Shape shape = Shape::of(dims);
  const Reading reading = recognise(Layout::automatic, {&shape, 1}, 640, 640, 0).value();
  std::mt19937 random(1);
  std::uniform_real_distribution<float> low(0, 0.2F);
  std::vector<float> numbers(shape.count());
  for (float& f : numbers) f = low(random);
  for (int i = 0; i < 40; ++i) numbers[random() % numbers.size()] = 0.9F;
  OutputReader reader(reading, 0.5F, std::vector<std::uint8_t>(static_cast<std::size_t>(reading.classes), 1));
  const Tensor tensor{numbers.data(), shape};
  const Placement placement = place(Fit::centre, 1920, 1080, 640, 640);
  for (auto _ : state) benchmark::DoNotOptimize(reader.read({&tensor, 1}, placement, 1920, 1080)->data());
}
BENCHMARK_CAPTURE(read_outputs, yolox, std::array{1, 8400, 85})->Name("read/yolox");
BENCHMARK_CAPTURE(read_outputs, yolov5, std::array{1, 25200, 85})->Name("read/yolov5");
BENCHMARK_CAPTURE(read_outputs, yolov8, std::array{1, 84, 8400})->Name("read/yolov8");

void look(benchmark::State& state, const DetectorConfig& config) {
  const auto detector = make_detector(config);
  if (!detector) return state.SkipWithError(detector.error().line().c_str());
  const Placement p = (*detector)->placement(1920, 1080);
  std::mt19937 random(1);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(p.width * p.height) * 3);
  for (std::uint8_t& b : pixels) b = static_cast<std::uint8_t>(random());
  for (auto _ : state) {
    benchmark::DoNotOptimize((*detector)->detect({pixels.data(), p.width * 3, p.width, p.height}, 1920, 1080));
  }
}
void look_fastestdet(benchmark::State& state) {
  const char* data = std::getenv("WEIR_TEST_DATA");
  if (data == nullptr) return state.SkipWithError("set WEIR_TEST_DATA to where models/FastestDet.onnx lies");
  look(state, {.model = std::filesystem::path(data) / "models/FastestDet.onnx"});
}
void look_people(benchmark::State& state) { look(state, {.kind = Kind::people}); }
BENCHMARK(look_fastestdet)->Name("look/fastestdet")->Unit(benchmark::kMillisecond);
BENCHMARK(look_people)->Name("look/people")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::detect
