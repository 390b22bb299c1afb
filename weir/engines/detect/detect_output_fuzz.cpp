// Any outputs of any shapes, as any layout: no crash, and what is found lies inside the picture.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "weir/engines/detect/output_reader.hpp"
#include "weir/engines/detect/values.hpp"

using namespace weir::detect;

namespace {

struct Input {
  const std::uint8_t* data;
  std::size_t size;
  int byte() { return size > 0 ? (--size, *data++) : 0; }
};

// Half of the time a shape that a layout has for this input, so that decoders are reached; else any.
std::vector<Shape> shapes_of(Input& in, int width, int height) {
  const int cells = (width / 8) * (height / 8) + (width / 16) * (height / 16) + (width / 32) * (height / 32);
  const int more = 1 + in.byte() % 20, rows = in.byte();
  switch (in.byte() % 20) {
    case 0: return {Shape{{1, 5 + more, height / 16, width / 16}, 4}};
    case 1: return {Shape{{1, cells, 5 + more}, 3}};
    case 2: return {Shape{{1, 3 * cells, 5 + more}, 3}};
    case 3: return {Shape{{1, 4 + more, cells}, 3}};
    case 4: return {Shape{{1, cells, 4 + more}, 3}};
    case 5: return {Shape{{rows, 7}, 2}};
    case 6: return {Shape{{1, rows, 6}, 3}};
    case 7: return {Shape{{1, 1, rows, 7}, 4}};
    case 8: return {Shape{{1, rows, 4}, 3}, Shape{{1, rows, 1 + more}, 3}};
    case 9: return {Shape{{1, rows, 1 + more}, 3}, Shape{{1, rows, 4}, 3}};
    default: break;
  }
  std::vector<Shape> any(static_cast<std::size_t>(in.byte() % 4));
  for (Shape& s : any) {
    int dims[8];
    const int rank = in.byte() % 9;
    for (int& d : dims) d = in.byte() % 32 - 1;
    s = Shape::of({dims, static_cast<std::size_t>(std::min(rank, 8))});
    if (s.count() > 100'000) s = {};
  }
  return any;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in{data, size};
  const int width = 32 + in.byte() % 4 * 32, height = 32 + in.byte() % 4 * 32;
  const int source_width = 1 + in.byte() * 17, source_height = 1 + in.byte() * 13;
  const auto layout = static_cast<Layout>(in.byte() % 6);
  const int labels = in.byte() % 30;
  const auto confidence = static_cast<float>(in.byte()) / 255;
  const std::vector<Shape> shapes = shapes_of(in, width, height);

  // The bytes that are left, over and over, as floats.
  std::vector<std::vector<float>> numbers;
  std::vector<Tensor> outputs;
  std::size_t at = 0;
  for (const Shape& s : shapes) {
    auto& n = numbers.emplace_back(s.count());
    for (float& f : n) {
      if (at + 4 > in.size) at = 0;
      if (in.size >= 4) std::memcpy(&f, in.data + at, 4);
      at += 4;
    }
    outputs.push_back({n.data(), s});
  }
  auto reading = recognise(layout, shapes, width, height, labels);
  if (!reading) {
    if (reading.error().line().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  if (!fits(*reading, outputs)) return 0;
  // What would be refused is decoded all the same: later pictures may give such numbers.
  read_values(*reading, outputs);
  const int classes = reading->classes > 0 ? reading->classes : labels;
  const Placement placement = place(input_style(reading->layout).fit, source_width, source_height, width, height);
  OutputReader reader(*reading, confidence, std::vector<std::uint8_t>(static_cast<std::size_t>(classes), 1));
  const auto read = reader.read(outputs, placement, source_width, source_height);
  if (!read) std::abort();
  const auto found = *read;
  if (found.size() > max_detections) std::abort();
  float before = 1;
  for (const Detection& d : found) {
    const bool inside = d.x >= 0 && d.y >= 0 && d.w > 0 && d.h > 0 && d.x + d.w <= static_cast<float>(source_width) &&
                        d.y + d.h <= static_cast<float>(source_height);
    if (!inside || d.label < 0 || d.label >= classes || !(d.confidence >= confidence && d.confidence <= before)) {
      std::abort();
    }
    before = d.confidence;
  }
  return 0;
}
