// How good a tracker's answer is: CLEAR MOT, identity and HOTA figures against ground truth.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/track/mot_file.hpp"

namespace weir::track {

// Ratios whose denominator is 0 are computed with 1 instead, as TrackEval does: with no ground truth MOTA is −fp.
struct MotScores {
  std::uint64_t frames = 0;  // with a box in either
  std::uint64_t truth_boxes = 0, truth_tracks = 0, result_boxes = 0, result_tracks = 0;

  // CLEAR MOT, Bernardin and Stiefelhagen 2008: pairs of IoU ≥ 0.5; a pair of the frame before stays one.
  std::uint64_t tp = 0, fp = 0, fn = 0, id_switches = 0;
  double mota = 0;  // 1 − (fn + fp + id_switches) ÷ truth_boxes
  double motp = 0;  // mean IoU of the pairs
  double precision = 0, recall = 0;

  // Ristani et al. 2016: each true track belongs to one track of the result, so that the most boxes agree.
  std::uint64_t id_tp = 0;
  double idf1 = 0, id_precision = 0, id_recall = 0;

  // Luiten et al. 2021: the mean over IoU thresholds of 0.05, 0.10, … 0.95.
  double hota = 0, deta = 0, assa = 0;
};

constexpr std::size_t max_mot_ids = 4096;

// In `truth`, rows with confidence 0 are left out. Error: an id that occurs twice in a frame or is below 0, or more
// than max_mot_ids of them; `truth_name` and `result_name` say whose.
Result<MotScores> score_mot(std::span<const MotRow> truth, std::span<const MotRow> result,
                            std::string_view truth_name = "ground truth", std::string_view result_name = "result");

// The result without what is neither right nor wrong: where a box of the result belongs to a ground truth box that is
// not judged and is a person on a vehicle, standing for ever, a distractor or a reflection (classes 2, 7, 8, 12 of
// MOT16 and later, confidence 0), it is left out, as the challenge does.
std::vector<MotRow> without_distractors(std::span<const MotRow> truth, std::span<const MotRow> result);

}  // namespace weir::track
