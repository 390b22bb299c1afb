#include "weir/engines/detect/output_reader.hpp"

#include <algorithm>
#include <utility>

namespace weir::detect {

namespace {

constexpr std::size_t most_candidates = 100'000;
// Comparing each with each, more would take longer than the network.
constexpr std::size_t considered = 2'000;
// Of forms that leave the number of rows open.
constexpr std::size_t least_capacity = 1'000;

}  // namespace

OutputReader::OutputReader(const Reading& reading, float confidence, std::vector<std::uint8_t> wanted)
    : reading_(reading),
      candidates_(confidence, std::move(wanted),
                  std::clamp(static_cast<std::size_t>(reading.rows), least_capacity, most_candidates)) {}

Result<std::span<const Detection>> OutputReader::read(std::span<const Tensor> outputs, const Placement& placement,
                                                      int source_width, int source_height) {
  candidates_.clear();
  if (!fits(reading_, outputs)) return fail(Code::failed, "the model's outputs changed their shapes", "detect.model");
  decode(reading_, outputs, candidates_);
  const std::span<Detection> kept = suppress(candidates_.taken(), most_overlap, considered, max_detections);
  std::size_t n = 0;
  for (const Detection& d : kept) {
    const Area area = to_source(placement, source_width, source_height, {d.x, d.y, d.w, d.h});
    if (area.w > 0 && area.h > 0) kept[n++] = {area.x, area.y, area.w, area.h, d.confidence, d.label};
  }
  return kept.first(n);
}

}  // namespace weir::detect
