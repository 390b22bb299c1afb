#include "weir/engines/detect/decode.hpp"

#include <algorithm>
#include <cmath>

namespace weir::detect {

namespace {

struct Best {
  float score = 0;
  int label = -1;
};

// The largest of `count` numbers that lie `step` apart; NaN is never the largest.
Best best_of(const float* scores, int count, std::ptrdiff_t step = 1) noexcept {
  Best best;
  for (int i = 0; i < count; ++i) {
    const float score = scores[i * step];
    if (score > best.score) best = {score, i};
  }
  return best;
}

// A class number that a network wrote as a float; -1 where it is none.
int label_of(float number) noexcept { return number >= 0 && number < 1e6F ? static_cast<int>(number) : -1; }

float sigmoid(float x) noexcept { return 1 / (1 + std::exp(-x)); }

// Confidence objectness^0.6 · probability^0.4, as in the author's own post-processing.
void fastestdet_grid(const Reading& r, const float* data, int grid_width, int grid_height, Candidates& into) noexcept {
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(grid_width) * grid_height;
  const auto width = static_cast<float>(r.width), height = static_cast<float>(r.height);
  const auto columns = static_cast<float>(grid_width), lines = static_cast<float>(grid_height);
  for (int y = 0; y < grid_height; ++y) {
    for (int x = 0; x < grid_width; ++x) {
      const float* cell = data + static_cast<std::ptrdiff_t>(y) * grid_width + x;
      const float objectness = std::pow(cell[0], 0.6F);
      // No probability is above 1: the classes need not be looked at.
      if (!(objectness >= into.least())) continue;
      const Best best = best_of(cell + 5 * plane, r.classes, plane);
      into.add_centred((static_cast<float>(x) + std::tanh(cell[plane])) / columns * width,
                       (static_cast<float>(y) + std::tanh(cell[2 * plane])) / lines * height,
                       sigmoid(cell[3 * plane]) * width, sigmoid(cell[4 * plane]) * height,
                       objectness * std::pow(best.score, 0.4F), best.label);
    }
  }
}

void yolox_offsets(const Reading& r, const float* data, Candidates& into) noexcept {
  const float* row = data;
  for (const int stride : r.strides) {
    const auto s = static_cast<float>(stride);
    for (int y = 0; y < r.height / stride; ++y) {
      for (int x = 0; x < r.width / stride; ++x, row += 5 + r.classes) {
        if (!(row[4] >= into.least())) continue;
        const Best best = best_of(row + 5, r.classes);
        into.add_centred((row[0] + static_cast<float>(x)) * s, (row[1] + static_cast<float>(y)) * s,
                         std::exp(row[2]) * s, std::exp(row[3]) * s, row[4] * best.score, best.label);
      }
    }
  }
}

// Centre, size and objectness, then the classes.
void rows_with_objectness(const Reading& r, const float* data, Candidates& into) noexcept {
  for (int i = 0; i < r.rows; ++i) {
    const float* row = data + static_cast<std::ptrdiff_t>(i) * (5 + r.classes);
    if (!(row[4] >= into.least())) continue;
    const Best best = best_of(row + 5, r.classes);
    into.add_centred(row[0], row[1], row[2], row[3], row[4] * best.score, best.label);
  }
}

void yolov8_rows(const Reading& r, const float* data, Candidates& into) noexcept {
  for (int i = 0; i < r.rows; ++i) {
    const float* row = data + static_cast<std::ptrdiff_t>(i) * (4 + r.classes);
    const Best best = best_of(row + 4, r.classes);
    into.add_centred(row[0], row[1], row[2], row[3], best.score, best.label);
  }
}

// Class by class through the memory, for some boxes at a time.
void yolov8_columns(const Reading& r, const float* data, Candidates& into) noexcept {
  constexpr int at_a_time = 256;
  const std::ptrdiff_t n = r.rows;
  for (int first = 0; first < r.rows; first += at_a_time) {
    const int count = std::min(at_a_time, r.rows - first);
    std::array<Best, at_a_time> best{};
    for (int label = 0; label < r.classes; ++label) {
      const float* scores = data + (4 + label) * n + first;
      for (int i = 0; i < count; ++i) {
        Best& b = best[static_cast<std::size_t>(i)];
        if (scores[i] > b.score) b = {scores[i], label};
      }
    }
    for (int i = 0; i < count; ++i) {
      const Best& b = best[static_cast<std::size_t>(i)];
      if (b.score < into.least()) continue;
      const float* box = data + first + i;
      into.add_centred(box[0], box[n], box[2 * n], box[3 * n], b.score, b.label);
    }
  }
}

void yolov5_finished(const float* data, int rows, Candidates& into) noexcept {
  for (const float* row = data; rows > 0; --rows, row += 7) {
    into.add_corners(row[1], row[2], row[3], row[4], row[6], label_of(row[5]));
  }
}

void yolov8_finished(const float* data, int rows, Candidates& into) noexcept {
  for (const float* row = data; rows > 0; --rows, row += 6) {
    into.add_corners(row[0], row[1], row[2], row[3], row[4], label_of(row[5]));
  }
}

void ssd_rows(const Reading& r, const float* data, int rows, Candidates& into) noexcept {
  const auto width = static_cast<float>(r.width), height = static_cast<float>(r.height);
  for (const float* row = data; rows > 0; --rows, row += 7) {
    // Class 0 is background: it becomes -1, which is no label.
    into.add_corners(row[3] * width, row[4] * height, row[5] * width, row[6] * height, row[2], label_of(row[1]) - 1);
  }
}

void ssd_pair(const Reading& r, const float* boxes, const float* scores, Candidates& into) noexcept {
  const auto width = static_cast<float>(r.width), height = static_cast<float>(r.height);
  for (int i = 0; i < r.rows; ++i, boxes += 4, scores += r.classes + 1) {
    const Best best = best_of(scores + 1, r.classes);
    into.add_corners(boxes[0] * width, boxes[1] * height, boxes[2] * width, boxes[3] * height, best.score, best.label);
  }
}

// How many numbers the rows of an output have, by its innermost length.
int rows_of(const Tensor& t) noexcept { return static_cast<int>(t.shape.count()) / t.shape[t.shape.rank - 1]; }

}  // namespace

bool fits(const Reading& r, std::span<const Tensor> outputs) noexcept {
  if (outputs.size() != (r.form == Form::ssd_pair ? 2U : 1U)) return false;
  for (const Tensor& t : outputs) {
    if (t.shape.rank < 1 || (t.data == nullptr && t.shape.count() > 0)) return false;
  }
  const Shape& s = outputs[0].shape;
  const auto numbers = [&](std::size_t output, int a_row) {
    return outputs[output].shape.count() == static_cast<std::size_t>(r.rows) * static_cast<std::size_t>(a_row);
  };
  switch (r.form) {
    case Form::fastestdet_grid: return s.rank == 4 && s[0] == 1 && s[1] == 5 + r.classes && s[2] * s[3] == r.rows;
    case Form::yolox_offsets:
    case Form::yolox_pixels:
    case Form::yolov5_rows: return numbers(0, 5 + r.classes);
    case Form::yolov8_columns:
    case Form::yolov8_rows: return numbers(0, 4 + r.classes);
    case Form::ssd_pair: return numbers(r.boxes, 4) && numbers(r.scores, 1 + r.classes);
    case Form::yolov5_finished:
    case Form::ssd_rows: return s[s.rank - 1] == 7;
    case Form::yolov8_finished: return s[s.rank - 1] == 6;
  }
  return false;
}

void decode(const Reading& r, std::span<const Tensor> outputs, Candidates& into) noexcept {
  const Tensor& first = outputs[0];
  switch (r.form) {
    case Form::fastestdet_grid: return fastestdet_grid(r, first.data, first.shape[3], first.shape[2], into);
    case Form::yolox_offsets: return yolox_offsets(r, first.data, into);
    case Form::yolox_pixels:
    case Form::yolov5_rows: return rows_with_objectness(r, first.data, into);
    case Form::yolov5_finished: return yolov5_finished(first.data, rows_of(first), into);
    case Form::yolov8_columns: return yolov8_columns(r, first.data, into);
    case Form::yolov8_rows: return yolov8_rows(r, first.data, into);
    case Form::yolov8_finished: return yolov8_finished(first.data, rows_of(first), into);
    case Form::ssd_rows: return ssd_rows(r, first.data, rows_of(first), into);
    case Form::ssd_pair: return ssd_pair(r, outputs[r.boxes].data, outputs[r.scores].data, into);
  }
}

}  // namespace weir::detect
