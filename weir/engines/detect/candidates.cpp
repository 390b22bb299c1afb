#include "weir/engines/detect/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::detect {

Candidates::Candidates(float confidence, std::vector<std::uint8_t> wanted, std::size_t capacity)
    : least_(confidence), wanted_(std::move(wanted)) {
  taken_.reserve(capacity);
}

void Candidates::add(float x, float y, float w, float h, float confidence, int label) noexcept {
  if (!(confidence >= least_) || label < 0 || label >= labels() || wanted_[static_cast<std::size_t>(label)] == 0)
    return;
  // The sums, because a box's right edge may overflow where its numbers do not.
  if (!std::isfinite(confidence) || !std::isfinite(x + w) || !std::isfinite(y + h) || !(w > 0 && h > 0)) return;
  if (taken_.size() == taken_.capacity()) return;
  taken_.push_back({x, y, w, h, std::min(confidence, 1.0F), label});
}

float overlap(const Detection& a, const Detection& b) noexcept {
  const float w = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
  const float h = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
  if (!(w > 0 && h > 0)) return 0;
  const float both = w * h, either = a.w * a.h + b.w * b.h - both;
  return either > 0 ? both / either : 0;
}

std::span<Detection> suppress(std::span<Detection> boxes, float most, std::size_t considered,
                              std::size_t kept) noexcept {
  const auto stronger = [](const Detection& a, const Detection& b) { return a.confidence > b.confidence; };
  const std::size_t looked_at = std::min(boxes.size(), considered);
  std::partial_sort(boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(looked_at), boxes.end(), stronger);
  std::size_t n = 0;
  for (std::size_t i = 0; i < looked_at && n < kept; ++i) {
    const Detection box = boxes[i];
    const bool known = std::any_of(boxes.begin(), boxes.begin() + static_cast<std::ptrdiff_t>(n),
                                   [&](const Detection& k) { return k.label == box.label && overlap(k, box) > most; });
    if (!known) boxes[n++] = box;
  }
  return boxes.first(n);
}

}  // namespace weir::detect
