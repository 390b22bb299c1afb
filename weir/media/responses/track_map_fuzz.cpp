// Any bytes as a mix.txt: a map whose tracks the file has and that names each speaker once, or one printable line.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>

#include "weir/media/responses/track_map.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::media;
  if (size < 1) return 0;
  const int tracks = 1 + data[0] % 64;
  const auto map = parse_track_map({reinterpret_cast<const char*>(data) + 1, size - 1}, tracks);
  if (!map) {
    if (map.error().line().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  std::set<Speaker> speakers;
  for (const TrackPair& p : *map) {
    if (std::min(p.left, p.right) < 0 || std::max(p.left, p.right) >= tracks) std::abort();
    if (!speakers.insert(p.speaker).second) std::abort();
  }
  return speakers.empty() ? (std::abort(), 0) : 0;
}
