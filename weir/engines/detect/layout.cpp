#include "weir/engines/detect/layout.hpp"

#include <algorithm>
#include <optional>

namespace weir::detect {

namespace {

constexpr std::array<std::string_view, 6> names{"auto", "fastestdet", "yolox", "yolov5", "yolov8", "ssd"};

// What a rule is asked.
struct Question {
  std::span<const Shape> outputs;
  int width = 0, height = 0, labels = 0;
  bool named = false;  // somebody says that it is this layout
};

// The largest number of rows of networks that choose the boxes themselves.
constexpr int most_finished = 1000;

constexpr std::array<int, 3> usual_strides{8, 16, 32};
constexpr std::array<int, 4> p6_strides{8, 16, 32, 64};
constexpr std::array<int, 4> p2_strides{4, 8, 16, 32};
constexpr std::array<int, 2> tiny_strides{16, 32};

std::int64_t cells(std::span<const int> strides, const Question& q) {
  std::int64_t sum = 0;
  for (const int s : strides) sum += static_cast<std::int64_t>(q.width / s) * (q.height / s);
  return sum;
}

// Whether a head with so many boxes in each cell has this many rows.
bool is_head(int rows, int boxes_per_cell, const Question& q) {
  for (const std::span<const int> strides : {std::span<const int>(usual_strides), std::span<const int>(p6_strides),
                                             std::span<const int>(p2_strides), std::span<const int>(tiny_strides)}) {
    if (rows == boxes_per_cell * cells(strides, q)) return true;
  }
  return false;
}

struct Matrix {
  int rows = 0, columns = 0;
};

// N×K or 1×N×K.
std::optional<Matrix> matrix(const Shape& s) {
  if (s.rank == 2 && s[0] > 0 && s[1] > 0) return Matrix{s[0], s[1]};
  if (s.rank == 3 && s[0] == 1 && s[1] > 0 && s[2] > 0) return Matrix{s[1], s[2]};
  return std::nullopt;
}

std::optional<Matrix> only_matrix(const Question& q) {
  return q.outputs.size() == 1 ? matrix(q.outputs[0]) : std::nullopt;
}

std::optional<Reading> ssd_pair(const Question& q) {
  if (q.outputs.size() != 2) return std::nullopt;
  const auto first = matrix(q.outputs[0]), second = matrix(q.outputs[1]);
  if (!first || !second || first->rows != second->rows) return std::nullopt;
  // Three classes and background make four columns too: then the boxes come first.
  const std::size_t boxes = first->columns == 4 ? 0 : 1;
  const int scores = boxes == 0 ? second->columns : first->columns;
  if ((boxes == 0 ? first : second)->columns != 4 || scores < 2) return std::nullopt;
  return Reading{.layout = Layout::ssd,
                 .form = Form::ssd_pair,
                 .rows = first->rows,
                 .classes = scores - 1,
                 .boxes = boxes,
                 .scores = 1 - boxes};
}

std::optional<Reading> ssd_rows(const Question& q) {
  if (q.outputs.size() != 1) return std::nullopt;
  const Shape& s = q.outputs[0];
  if (s.rank != 4 || s[0] != 1 || s[1] != 1 || s[3] != 7) return std::nullopt;
  return Reading{.layout = Layout::ssd, .form = Form::ssd_rows, .rows = s[2]};
}

std::optional<Reading> fastestdet_grid(const Question& q) {
  if (q.outputs.size() != 1) return std::nullopt;
  const Shape& s = q.outputs[0];
  if (s.rank != 4 || s[0] != 1 || s[1] < 6 || s[2] < 1 || s[3] < 1) return std::nullopt;
  // Finer grids are pictures: segmentation, depth.
  const int stride = q.width / s[3];
  const bool coarse = stride >= 16 && q.width == stride * s[3] && q.height == stride * s[2];
  if (!coarse && !q.named) return std::nullopt;
  return Reading{.layout = Layout::fastestdet, .form = Form::fastestdet_grid, .rows = s[2] * s[3], .classes = s[1] - 5};
}

std::optional<Reading> yolov5_rows(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->columns < 6) return std::nullopt;
  const bool finished = m->columns == 7 && m->rows <= most_finished;
  if (!is_head(m->rows, 3, q) && (!q.named || finished)) return std::nullopt;
  return Reading{.layout = Layout::yolov5, .form = Form::yolov5_rows, .rows = m->rows, .classes = m->columns - 5};
}

std::optional<Reading> yolox_rows(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->columns < 6 || m->rows != cells(usual_strides, q)) return std::nullopt;
  const bool others = q.labels > 0 ? m->columns - 4 == q.labels : m->columns == 84;
  if (others && !q.named) return std::nullopt;
  return Reading{.layout = Layout::yolox,
                 .form = Form::yolox_offsets,
                 .rows = m->rows,
                 .classes = m->columns - 5,
                 .strides = usual_strides};
}

std::optional<Reading> yolov8_columns(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->rows < 5) return std::nullopt;
  // A named layout is believed with any number of boxes, if they are more than there are numbers for each.
  if (!is_head(m->columns, 1, q) && !(q.named && m->columns > m->rows)) return std::nullopt;
  return Reading{.layout = Layout::yolov8, .form = Form::yolov8_columns, .rows = m->columns, .classes = m->rows - 4};
}

std::optional<Reading> yolov8_rows(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->columns < 5) return std::nullopt;
  const bool finished = m->columns == 6 && m->rows <= most_finished;
  if (!is_head(m->rows, 1, q) && (!q.named || finished)) return std::nullopt;
  return Reading{.layout = Layout::yolov8, .form = Form::yolov8_rows, .rows = m->rows, .classes = m->columns - 4};
}

std::optional<Reading> yolov5_finished(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->columns != 7 || m->rows > most_finished) return std::nullopt;
  return Reading{.layout = Layout::yolov5, .form = Form::yolov5_finished, .rows = m->rows};
}

std::optional<Reading> yolov8_finished(const Question& q) {
  const auto m = only_matrix(q);
  if (!m || m->columns != 6 || m->rows > most_finished) return std::nullopt;
  return Reading{.layout = Layout::yolov8, .form = Form::yolov8_finished, .rows = m->rows};
}

struct Rule {
  Layout layout;
  std::optional<Reading> (*fits)(const Question&);
};

// In the order in which they are tried. Three boxes a cell are YOLOv5's, one a cell YOLOX's or YOLOv8's; what is left
// with six or seven columns and few rows was finished by the network.
constexpr Rule rules[] = {
    {Layout::ssd, ssd_pair},       {Layout::ssd, ssd_rows},           {Layout::fastestdet, fastestdet_grid},
    {Layout::yolov5, yolov5_rows}, {Layout::yolov8, yolov8_columns},  {Layout::yolox, yolox_rows},
    {Layout::yolov8, yolov8_rows}, {Layout::yolov5, yolov5_finished}, {Layout::yolov8, yolov8_finished},
};

}  // namespace

Result<Layout> parse_layout(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Layout>(found - names.begin());
  return fail(Code::invalid, "unknown layout: use auto, fastestdet, yolox, yolov5, yolov8 or ssd", "detect.layout",
              std::string(name));
}

std::string_view to_string(Layout layout) noexcept { return names[static_cast<std::size_t>(layout)]; }

Shape Shape::of(std::span<const int> dims) noexcept {
  Shape s;
  if (dims.size() > static_cast<std::size_t>(max_rank) || std::ranges::any_of(dims, [](int d) { return d < 0; })) {
    return s;
  }
  std::ranges::copy(dims, s.dims.begin());
  s.rank = static_cast<int>(dims.size());
  return s;
}

std::size_t Shape::count() const noexcept {
  std::size_t product = rank > 0 ? 1 : 0;
  for (int i = 0; i < rank; ++i) product *= static_cast<std::size_t>((*this)[i]);
  return product;
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (int i = 0; i < shape.rank; ++i) text += (i > 0 ? "×" : "") + std::to_string(shape[i]);
  return text;
}

std::string to_string(std::span<const Shape> shapes) {
  std::string text;
  for (const Shape& s : shapes) text += (text.empty() ? "" : ", ") + to_string(s);
  return text;
}

Result<Reading> recognise(Layout layout, std::span<const Shape> outputs, int width, int height, int labels) {
  const Question question{outputs, width, height, labels, layout != Layout::automatic};
  for (const Rule& rule : rules) {
    if (question.named && rule.layout != layout) continue;
    if (auto reading = rule.fits(question)) {
      reading->width = width, reading->height = height;
      return *reading;
    }
  }
  std::string shapes =
      "input " + std::to_string(width) + "×" + std::to_string(height) + ", outputs " + to_string(outputs);
  if (!question.named) {
    return fail(Code::unsupported,
                "the outputs are of no known detection layout; if it is one, name it in detect.layout", "detect.model",
                std::move(shapes));
  }
  return fail(Code::unsupported, "the outputs do not fit detect.layout", "detect.model",
              std::string(to_string(layout)) + ", " + shapes);
}

InputStyle input_style(Layout layout) noexcept {
  switch (layout) {
    case Layout::yolox: return {.fit = Fit::corner, .rgb = false, .offset = 0, .factor = 1};
    case Layout::yolov5:
    case Layout::yolov8: return {.fit = Fit::centre, .rgb = true, .offset = 0, .factor = 1.0F / 255};
    case Layout::ssd: return {.fit = Fit::stretch, .rgb = true, .offset = 127.5F, .factor = 1 / 127.5F};
    case Layout::automatic:
    case Layout::fastestdet: break;
  }
  return {.fit = Fit::stretch, .rgb = false, .offset = 0, .factor = 1.0F / 255};
}

}  // namespace weir::detect
