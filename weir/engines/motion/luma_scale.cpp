#include "weir/engines/motion/luma_scale.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "weir/core/result.hpp"

namespace weir::motion {

namespace {

// Source positions of `taps` samples spread evenly over each of `small` areas of `large`: at 1/4 and 3/4 for two.
std::vector<int> spread(int large, int small, int taps) {
  std::vector<int> at;
  at.reserve(static_cast<std::size_t>(small) * static_cast<std::size_t>(taps));
  for (std::int64_t i = 0; i < small; ++i) {
    for (std::int64_t t = 0; t < taps; ++t) {
      const std::int64_t position = (2 * (i * taps + t) + 1) * large / (std::int64_t{2} * taps * small);
      at.push_back(static_cast<int>(std::min<std::int64_t>(position, large - 1)));
    }
  }
  return at;
}

}  // namespace

Size fit(Size source, Size limit) noexcept {
  const double factor = std::max(
      {1.0, static_cast<double>(source.width) / limit.width, static_cast<double>(source.height) / limit.height});
  return {std::max(1, static_cast<int>(std::lround(source.width / factor))),
          std::max(1, static_cast<int>(std::lround(source.height / factor)))};
}

LumaScale::LumaScale(const LumaView& source, Size limit, const ScaleKernels& kernels)
    : kernels_(kernels), layout_(source) {
  WEIR_CHECK(source.width > 0 && source.height > 0 && limit.width > 0 && limit.height > 0, "scaling an empty picture");
  WEIR_CHECK(source.sample_bytes == 1 || source.sample_bytes == 2, "luma samples are of one or two bytes");
  WEIR_CHECK(source.step_bytes >= source.sample_bytes && source.step_bytes <= 8, "luma samples overlap");
  size_ = fit({source.width, source.height}, limit);

  int width = source.width;
  while (width >= 4 * size_.width || (width % 2 == 0 && width / 2 == size_.width)) {
    width /= 2;
    ++halvings_;
  }
  if (width == size_.width) {
    rest_ = Rest::copy;
  } else if (width == 3 * size_.width) {
    rest_ = Rest::third;
  } else {
    rest_ = Rest::taps;
    columns_ = spread(width, size_.width, 2);
  }
  row_taps_ = source.height >= 4 * size_.height ? 4 : source.height > size_.height ? 2 : 1;
  rows_ = spread(source.height, size_.height, row_taps_);
  for (auto& row : wide_) row.resize(static_cast<std::size_t>(source.width));
  small_.resize(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height));
}

const std::uint8_t* LumaScale::row_as_bytes(const LumaView& source, int y, std::uint8_t* buffer) noexcept {
  const std::uint8_t* row = source.row(y);
  const auto n = static_cast<std::size_t>(source.width);
  if (source.sample_bytes == 1 && source.step_bytes == 1) return row;
  if (source.sample_bytes == 2 && source.step_bytes == 2) {
    kernels_.narrow(row, source.shift, buffer, n);
  } else if (source.sample_bytes == 1 && source.step_bytes == 2) {
    kernels_.every_other(row, buffer, n);
  } else {
    const auto step = static_cast<std::size_t>(source.step_bytes);
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned low = row[i * step];
      const unsigned high = source.sample_bytes == 2 ? row[i * step + 1] : 0U;
      buffer[i] = static_cast<std::uint8_t>(std::min((high << 8 | low) >> source.shift, 255U));
    }
  }
  return buffer;
}

void LumaScale::shrink_row(const std::uint8_t* row, std::uint8_t* out) noexcept {
  int width = layout_.width;
  const auto columns = static_cast<std::size_t>(size_.width);
  std::uint8_t* buffer = wide_[4].data();
  std::uint8_t* other = wide_[5].data();
  for (int i = 0; i < halvings_; ++i) {
    width /= 2;
    std::uint8_t* into = width == size_.width ? out : buffer;
    kernels_.halve(row, into, static_cast<std::size_t>(width));
    row = into;
    std::swap(buffer, other);
  }
  switch (rest_) {
    case Rest::copy:
      if (row != out) std::memcpy(out, row, columns);
      return;
    case Rest::third: kernels_.third(row, out, columns); return;
    case Rest::taps:
      for (std::size_t x = 0; x < columns; ++x) {
        const unsigned sum = static_cast<unsigned>(row[columns_[2 * x]]) + row[columns_[2 * x + 1]];
        out[x] = static_cast<std::uint8_t>((sum + 1) >> 1);
      }
      return;
  }
}

LumaView LumaScale::scale(const LumaView& source) noexcept {
  WEIR_CHECK(source.width == layout_.width && source.height == layout_.height &&
                 source.step_bytes == layout_.step_bytes && source.sample_bytes == layout_.sample_bytes &&
                 source.shift == layout_.shift,
             "the picture's layout differs from the one this scaler was made for");
  const auto width = static_cast<std::size_t>(source.width);
  const int* rows = rows_.data();
  std::uint8_t* out = small_.data();
  for (int y = 0; y < size_.height; ++y, rows += row_taps_, out += size_.width) {
    std::uint8_t* first = wide_[0].data();
    std::uint8_t* second = wide_[1].data();
    const std::uint8_t* row = row_as_bytes(source, rows[0], first);
    if (row_taps_ >= 2 && rows[1] != rows[0]) {
      kernels_.average_rows(row, row_as_bytes(source, rows[1], second), wide_[2].data(), width);
      row = wide_[2].data();
    }
    if (row_taps_ == 4) {
      const std::uint8_t* third = row_as_bytes(source, rows[2], first);
      kernels_.average_rows(third, row_as_bytes(source, rows[3], second), wide_[3].data(), width);
      // Row buffers are free again: the sum of all four may go there.
      kernels_.average_rows(wide_[2].data(), wide_[3].data(), first, width);
      row = first;
    }
    shrink_row(row, out);
  }
  return {small_.data(), size_.width, size_.width, size_.height};
}

}  // namespace weir::motion
