// The text format of MOTChallenge: detections, ground truth and results, one box a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/track/box.hpp"

namespace weir::track {

// frame,id,x,y,w,h[,conf[,class[,visibility[,…]]]]
struct MotRow {
  std::int64_t frame = 1;  // from 1
  std::int64_t id = -1;    // -1 in detections
  Box box = {};            // pixels
  double confidence = 1;   // detections: of any scale; ground truth: 0 if the box is not to be judged
  int label = -1;          // -1: none given
  double visibility = -1;  // -1: none given
};

constexpr std::int64_t max_mot_frame = 10'000'000;
constexpr std::size_t max_mot_bytes = std::size_t{256} << 20;

// In the order of the text. Lines may end in CR LF, blank ones are skipped, numbers may stand between spaces; up to ten
// columns, of which the tenth is not used. An error names `name` and the line: a frame below 1, a side below 0, a
// coordinate beyond 1e6, anything that is not a finite number.
Result<std::vector<MotRow>> parse_mot(std::string_view text, std::string_view name);
Result<std::vector<MotRow>> read_mot(const std::filesystem::path& path);

// Ten columns, the unknown ones -1, as results are handed in.
std::string write_mot(std::span<const MotRow> rows);

}  // namespace weir::track
