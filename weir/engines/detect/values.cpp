#include "weir/engines/detect/values.hpp"

#include <cmath>

namespace weir::detect {

namespace {

bool is_probability(float number) noexcept {
  constexpr float slack = 0.01F;  // networks are computed in few bits
  return !std::isfinite(number) || (number >= -slack && number <= 1 + slack);
}

// Whether columns `first` to the end of each row are probabilities.
bool in_columns(const float* data, int rows, int columns, int first) noexcept {
  for (; rows > 0; --rows, data += columns) {
    for (int i = first; i < columns; ++i) {
      if (!is_probability(data[i])) return false;
    }
  }
  return true;
}

bool in_column(const float* data, int rows, int columns, int which) noexcept {
  for (; rows > 0; --rows, data += columns) {
    if (!is_probability(data[which])) return false;
  }
  return true;
}

}  // namespace

bool yolox_in_pixels(const Reading& reading, const float* data) noexcept {
  constexpr int cells_from_corner = 4;
  std::int64_t pixels = 0, offsets = 0;
  for (const int stride : reading.strides) {
    const auto s = static_cast<float>(stride);
    for (int y = 0; y < reading.height / stride; ++y) {
      for (int x = 0; x < reading.width / stride; ++x, data += 5 + reading.classes) {
        if (x + y < cells_from_corner) continue;
        const float from_cell =
            std::fabs(data[0] / s - static_cast<float>(x)) + std::fabs(data[1] / s - static_cast<float>(y));
        const float from_zero = std::fabs(data[0]) + std::fabs(data[1]);
        if (from_cell < from_zero) ++pixels;
        if (from_zero < from_cell) ++offsets;
      }
    }
  }
  return pixels > offsets;
}

bool has_probabilities(const Reading& r, std::span<const Tensor> outputs) noexcept {
  const float* data = outputs[0].data;
  const Shape& s = outputs[0].shape;
  switch (r.form) {
    // Rows of one plane each: objectness, and behind the four planes of the boxes the classes.
    case Form::fastestdet_grid:
      return in_columns(data, 1, r.rows, 0) &&
             in_columns(data + 5 * static_cast<std::ptrdiff_t>(r.rows), r.classes, r.rows, 0);
    case Form::yolox_offsets:
    case Form::yolox_pixels:
    case Form::yolov5_rows: return in_columns(data, r.rows, 5 + r.classes, 4);
    case Form::yolov8_columns: return in_columns(data + 4 * static_cast<std::ptrdiff_t>(r.rows), r.classes, r.rows, 0);
    case Form::yolov8_rows: return in_columns(data, r.rows, 4 + r.classes, 4);
    case Form::yolov5_finished: return in_column(data, s[s.rank - 2], 7, 6);
    case Form::yolov8_finished: return in_column(data, s[s.rank - 2], 6, 4);
    case Form::ssd_rows: return in_column(data, s[s.rank - 2], 7, 2);
    case Form::ssd_pair: return in_columns(outputs[r.scores].data, r.rows, 1 + r.classes, 0);
  }
  return false;
}

bool has_corners(const Reading& reading, const float* boxes) noexcept {
  int good = 0;
  for (int i = 0; i < reading.rows; ++i, boxes += 4) good += boxes[2] >= boxes[0] && boxes[3] >= boxes[1] ? 1 : 0;
  return good >= reading.rows - reading.rows / 10;
}

Result<void> read_values(Reading& reading, std::span<const Tensor> outputs) {
  if (!has_probabilities(reading, outputs)) {
    return fail(Code::unsupported,
                "the model's confidences are not from 0 to 1: export it with its last sigmoid or softmax",
                "detect.model", std::string(to_string(reading.layout)));
  }
  if (reading.form == Form::ssd_pair && !has_corners(reading, outputs[reading.boxes].data)) {
    return fail(Code::unsupported, "the model's boxes are offsets from anchors: export it with decoded boxes",
                "detect.model", std::string(to_string(reading.layout)));
  }
  if (reading.form == Form::yolox_offsets && yolox_in_pixels(reading, outputs[0].data)) {
    reading.form = Form::yolox_pixels;
  }
  return {};
}

}  // namespace weir::detect
