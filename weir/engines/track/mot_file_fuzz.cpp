// Any bytes as a MOTChallenge file: rows within the limits that come out the same a second time and can be tracked and
// scored, or one printable line.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "weir/engines/track/mot_metrics.hpp"
#include "weir/engines/track/mot_run.hpp"

using namespace weir::track;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto rows = parse_mot({reinterpret_cast<const char*>(data), size}, "fuzz.txt");
  if (!rows) {
    const std::string line = rows.error().line();
    if (line.empty() || line.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const auto again = parse_mot(write_mot(*rows), "again.txt");
  if (!again || again->size() != rows->size()) std::abort();
  for (std::size_t i = 0; i < rows->size(); ++i) {
    if ((*again)[i].frame != (*rows)[i].frame || (*again)[i].id != (*rows)[i].id) std::abort();
  }
  constexpr std::int64_t most_frames = 200;
  const auto result = track_detections(*rows, 25, std::min(last_frame(*rows), most_frames));
  const auto scores = score_mot(*rows, without_distractors(*rows, result));
  if (!scores) return 0;
  for (const double one : {scores->mota, scores->motp, scores->idf1, scores->hota, scores->assa, scores->deta}) {
    if (!std::isfinite(one) || one > 1 + 1e-9) std::abort();
  }
  return 0;
}
