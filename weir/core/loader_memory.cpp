#include "weir/core/loader_memory.hpp"

#include <string>

#include "weir/core/smaps.hpp"

namespace weir::detail {
namespace {

std::vector<Range> anonymous_now() {
  std::string text;
  std::vector<Mapping> mappings;
  std::vector<Range> ranges;
  // Without it the loader's memory is shown as unaccounted, and the first sample says why it cannot be read.
  if (!read_maps(text, mappings)) return ranges;
  for (const Mapping& mapping : mappings) {
    if (mapping.kind == Mapping::Kind::anonymous) ranges.push_back({mapping.begin, mapping.end, 0});
  }
  return ranges;
}

std::vector<Range>& ranges() {
  static std::vector<Range> kept;
  return kept;
}

[[gnu::constructor]] void remember() { ranges() = anonymous_now(); }

}  // namespace

const std::vector<Range>& loader_memory() { return ranges(); }

}  // namespace weir::detail
