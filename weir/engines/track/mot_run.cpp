#include "weir/engines/track/mot_run.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace weir::track {

namespace {

constexpr double us_per_s = 1e6;

}  // namespace

std::vector<float> usual_confidences(std::span<const MotRow> detections) {
  std::vector<double> sorted;
  for (const MotRow& row : detections) sorted.push_back(row.confidence);
  std::ranges::sort(sorted);
  std::vector<float> usual;
  const bool all_same = !sorted.empty() && sorted.front() == sorted.back();
  const bool all_within = !sorted.empty() && sorted.front() >= 0 && sorted.back() <= 1;
  for (const MotRow& row : detections) {
    if (all_same) {
      usual.push_back(1);
    } else if (all_within) {
      usual.push_back(static_cast<float>(row.confidence));
    } else {
      const auto up_to = std::ranges::upper_bound(sorted, row.confidence) - sorted.begin();
      usual.push_back(static_cast<float>(up_to) / static_cast<float>(sorted.size()));
    }
  }
  return usual;
}

std::vector<MotRow> track_detections(std::span<const MotRow> detections, double fps, std::int64_t last_frame,
                                     const TrackerConfig& config) {
  const std::vector<float> confidences = usual_confidences(detections);
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(detections[i].frame, i); });

  Tracker tracker(config);
  std::vector<MotRow> result;
  std::vector<Observation> seen;
  auto next = order.begin();
  for (std::int64_t frame = 1; frame <= last_frame; ++frame) {
    seen.clear();
    for (; next != order.end() && detections[*next].frame == frame; ++next) {
      seen.push_back({detections[*next].box, confidences[*next], detections[*next].label});
    }
    const auto pts_us = static_cast<std::int64_t>(std::llround(static_cast<double>(frame - 1) * us_per_s / fps));
    for (const Track& track : tracker.update(seen, pts_us)) {
      result.push_back({.frame = frame,
                        .id = static_cast<std::int64_t>(track.id),
                        .box = track.box,
                        .confidence = track.confidence,
                        .label = track.label});
    }
  }
  return result;
}

std::int64_t last_frame(std::span<const MotRow> rows) noexcept {
  std::int64_t last = 0;
  for (const MotRow& row : rows) last = std::max(last, row.frame);
  return last;
}

}  // namespace weir::track
