#include "weir/engines/track/mask.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace weir::track {

Result<Mask> Mask::make(std::vector<std::vector<Point>> polygons) {
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    if (auto checked = check_polygon(polygons[i]); !checked) {
      checked.error().owner = std::to_string(i + 1);
      return tl::unexpected(std::move(checked.error()));
    }
  }
  return Mask(std::move(polygons));
}

bool Mask::covers(const Box& box, int width, int height) const noexcept {
  if (width <= 0 || height <= 0) return false;
  const float x = (box.x + 0.5f * box.w) / static_cast<float>(width);
  const float y = (box.y + 0.5f * box.h) / static_cast<float>(height);
  if (!std::isfinite(x) || !std::isfinite(y)) return false;
  return holds({std::clamp(x, 0.0f, 1.0f), std::clamp(y, 0.0f, 1.0f)});
}

void Mask::paint(std::span<std::uint8_t> cells, int columns, int rows) const noexcept {
  if (columns <= 0 || rows <= 0) return;
  WEIR_CHECK(cells.size() == static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows),
             "a mask is painted on as many cells as there are");
  std::size_t cell = 0;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column, ++cell) {
      const Point centre{(static_cast<float>(column) + 0.5f) / static_cast<float>(columns),
                         (static_cast<float>(row) + 0.5f) / static_cast<float>(rows)};
      if (holds(centre)) cells[cell] = 1;
    }
  }
}

bool Mask::holds(Point point) const noexcept {
  return std::ranges::any_of(polygons_, [&](const auto& polygon) { return contains(polygon, point); });
}

}  // namespace weir::track
