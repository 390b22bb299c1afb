// Layout: in which order a detection network writes its boxes, and how that is told from its outputs' shapes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/engines/detect/placement.hpp"

namespace weir::detect {

enum class Layout {
  automatic,
  fastestdet,
  yolox,
  yolov5,  // also v7
  yolov8,  // also newer
  ssd,
};
Result<Layout> parse_layout(std::string_view name);
std::string_view to_string(Layout layout) noexcept;

// The lengths of a tensor's directions, outermost first.
struct Shape {
  static constexpr int max_rank = 6;
  std::array<int, max_rank> dims{};
  int rank = 0;

  static Shape of(std::span<const int> dims) noexcept;  // rank 0 where there are too many or negative ones
  std::size_t count() const noexcept;                   // of numbers
  int operator[](int i) const noexcept { return dims[static_cast<std::size_t>(i)]; }
  bool operator==(const Shape&) const = default;
};
std::string to_string(const Shape& shape);             // "1×85×22×22"
std::string to_string(std::span<const Shape> shapes);  // "1×100×4, 1×100×21"

// How a layout's outputs may be written. N rows, C classes, K numbers a row; pixels are the network input's.
enum class Form {
  fastestdet_grid,  // 1×(5+C)×h×w: objectness, tanh-coded centre, sigmoid-coded size, class probabilities
  yolox_offsets,    // 1×N×(5+C): centre from the cell in strides, log of the size in strides, objectness, classes
  yolox_pixels,     // the same, decoded by the network: centre and size in pixels
  yolov5_rows,      // 1×N×(5+C): centre and size in pixels, objectness, classes
  yolov5_finished,  // N×7: picture, left, top, right, bottom in pixels, class, confidence
  yolov8_columns,   // 1×(4+C)×N: centre and size in pixels, classes
  yolov8_rows,      // 1×N×(4+C): the same, transposed
  yolov8_finished,  // 1×N×6: left, top, right, bottom in pixels, confidence, class
  ssd_rows,         // 1×1×N×7: picture, class with background as 0, confidence, left, top, right, bottom in 0…1
  ssd_pair,         // 1×N×4 and 1×N×(1+C): left, top, right, bottom in 0…1; probabilities, background first
};

// What a model's outputs were recognised as.
struct Reading {
  Layout layout = Layout::automatic;
  Form form = Form::yolov5_rows;
  int rows = 0;                       // boxes before any choice; of finished forms, at the first run
  int classes = 0;                    // 0: the shapes do not say
  std::span<const int> strides = {};  // of yolox_offsets
  int width = 0, height = 0;          // of the network's input
  std::size_t boxes = 0, scores = 1;  // which output is which, of ssd_pair
};

// The first that fits, in the order of the rules in layout.cpp; with a layout other than automatic only its own forms
// are tried, and row counts that the input size does not explain are accepted. `labels` is how many there are, 0 if
// unknown: it tells 5+C from 4+C where both are possible. YOLOX comes as yolox_offsets: read_values() tells more.
// Unsupported: nothing fits; the shapes are in the error.
Result<Reading> recognise(Layout layout, std::span<const Shape> outputs, int width, int height, int labels);

// What a layout's networks are trained on: value = (byte - offset) · factor.
struct InputStyle {
  Fit fit = Fit::stretch;
  bool rgb = false;  // else BGR
  float offset = 0, factor = 1;
};
InputStyle input_style(Layout layout) noexcept;

}  // namespace weir::detect
