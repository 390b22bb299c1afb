#include "weir/engines/track/mot_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "weir/engines/track/assignment.hpp"

namespace weir::track {

namespace {

constexpr double least_iou = 0.5;
constexpr double rounding = 1e-9;  // an IoU that is 0.5 on paper counts
constexpr std::size_t alphas = 19;
constexpr std::size_t nobody = std::numeric_limits<std::size_t>::max();

double ratio(double part, double whole) noexcept { return part / std::max(whole, 1.0); }
double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

struct Seen {
  std::int64_t frame;
  std::size_t track;  // 0, 1, … in order of id
  Box box;
};

// One side, sorted by frame and track.
struct Side {
  std::vector<Seen> boxes;
  std::vector<std::uint64_t> boxes_of;  // per track
};

Result<Side> side_of(std::span<const MotRow> rows, std::string_view name, bool judged_only) {
  std::map<std::int64_t, std::size_t> index;
  for (const MotRow& row : rows) {
    if (judged_only && row.confidence == 0) continue;
    if (row.id < 0) return fail(Code::invalid, "every box needs an id of 0 or more", std::string(name));
    index.try_emplace(row.id, 0);
  }
  if (index.size() > max_mot_ids) return fail(Code::exhausted, "more than 4096 tracks", std::string(name));
  std::size_t next = 0;
  for (auto& [id, at] : index) at = next++;

  Side side;
  side.boxes_of.resize(index.size());
  for (const MotRow& row : rows) {
    if (judged_only && row.confidence == 0) continue;
    const std::size_t track = index.at(row.id);
    side.boxes.push_back({row.frame, track, row.box});
    ++side.boxes_of[track];
  }
  const auto key = [](const Seen& seen) { return std::pair(seen.frame, seen.track); };
  std::ranges::sort(side.boxes, {}, key);
  const auto twice = std::ranges::adjacent_find(side.boxes, {}, key);
  if (twice != side.boxes.end()) {
    const auto id = std::ranges::find(index, twice->track, [](const auto& entry) { return entry.second; })->first;
    return fail(Code::invalid, "an id occurs twice in a frame", std::string(name),
                "id " + std::to_string(id) + ", frame " + std::to_string(twice->frame));
  }
  return side;
}

// The boxes of one frame, and the IoU of each pair: truth × result, row-major.
struct Frame {
  std::span<const Seen> truth, result;
  std::vector<double> ious;
  double at(std::size_t t, std::size_t r) const { return ious[t * result.size() + r]; }
};

template <class EachFrame>
std::uint64_t for_each_frame(const Side& truth, const Side& result, EachFrame each) {
  Frame frame;
  std::uint64_t frames = 0;
  std::size_t t = 0, r = 0;
  const auto take = [](const std::vector<Seen>& boxes, std::size_t& at, std::int64_t number) {
    const std::size_t first = at;
    while (at < boxes.size() && boxes[at].frame == number) ++at;
    return std::span(boxes).subspan(first, at - first);
  };
  while (t < truth.boxes.size() || r < result.boxes.size()) {
    constexpr auto none = std::numeric_limits<std::int64_t>::max();
    const std::int64_t number = std::min(t < truth.boxes.size() ? truth.boxes[t].frame : none,
                                         r < result.boxes.size() ? result.boxes[r].frame : none);
    frame.truth = take(truth.boxes, t, number);
    frame.result = take(result.boxes, r, number);
    frame.ious.clear();
    for (const Seen& one : frame.truth) {
      for (const Seen& other : frame.result) frame.ious.push_back(iou(one.box, other.box));
    }
    each(frame);
    ++frames;
  }
  return frames;
}

// CLEAR MOT, frame by frame.
class Clear {
 public:
  explicit Clear(std::size_t truth_tracks) : last_(truth_tracks, nobody), before_(truth_tracks, nobody) {}

  void add(const Frame& frame, MotScores& scores) {
    gain_.assign(frame.ious.size(), 0);
    for (std::size_t t = 0; t < frame.truth.size(); ++t) {
      for (std::size_t r = 0; r < frame.result.size(); ++r) {
        const double overlap = frame.at(t, r);
        if (overlap < least_iou - rounding) continue;
        // More than all others can gain together: a pair of the frame before is kept whatever else there is.
        const bool kept = before_[frame.truth[t].track] == frame.result[r].track;
        gain_[t * frame.result.size() + r] = overlap + (kept ? static_cast<double>(frame.truth.size() + 1) : 0);
      }
    }
    const auto of = assignment_.solve(gain_, frame.truth.size(), frame.result.size());
    std::ranges::fill(before_, nobody);
    std::uint64_t pairs = 0;
    for (std::size_t t = 0; t < frame.truth.size(); ++t) {
      if (of[t] == Assignment::none) continue;
      const auto r = static_cast<std::size_t>(of[t]);
      const std::size_t track = frame.truth[t].track, now = frame.result[r].track;
      if (last_[track] != nobody && last_[track] != now) ++scores.id_switches;
      last_[track] = before_[track] = now;
      scores.motp += frame.at(t, r);
      ++pairs;
    }
    scores.tp += pairs;
    scores.fn += frame.truth.size() - pairs;
    scores.fp += frame.result.size() - pairs;
  }

 private:
  Assignment assignment_;
  std::vector<double> gain_;
  std::vector<std::size_t> last_, before_;  // per true track: its track in the result, ever and in the frame before
};

// What two tracks have in common over the whole sequence.
struct Common {
  std::uint64_t overlapping = 0;              // frames with IoU ≥ 0.5
  double likeness = 0;                        // HOTA's: IoU in relation to all overlaps of both boxes, summed
  std::array<std::uint64_t, alphas> pairs{};  // frames in which they are a pair at this threshold
};
using Commons = std::map<std::pair<std::size_t, std::size_t>, Common>;

void note_common(const Frame& frame, Commons& commons) {
  std::vector<double> of_truth(frame.truth.size()), of_result(frame.result.size());
  for (std::size_t t = 0; t < frame.truth.size(); ++t) {
    for (std::size_t r = 0; r < frame.result.size(); ++r) {
      of_truth[t] += frame.at(t, r);
      of_result[r] += frame.at(t, r);
    }
  }
  for (std::size_t t = 0; t < frame.truth.size(); ++t) {
    for (std::size_t r = 0; r < frame.result.size(); ++r) {
      const double overlap = frame.at(t, r);
      if (overlap <= 0) continue;
      Common& common = commons[{frame.truth[t].track, frame.result[r].track}];
      common.likeness += overlap / (of_truth[t] + of_result[r] - overlap);
      if (overlap >= least_iou - rounding) ++common.overlapping;
    }
  }
}

void identity(const Side& truth, const Side& result, const Commons& commons, MotScores& scores) {
  const std::size_t columns = result.boxes_of.size();
  std::vector<double> gain(truth.boxes_of.size() * columns);
  for (const auto& [pair, common] : commons) {
    gain[pair.first * columns + pair.second] = static_cast<double>(common.overlapping);
  }
  Assignment assignment;
  const auto of = assignment.solve(gain, truth.boxes_of.size(), columns);
  for (std::size_t t = 0; t < of.size(); ++t) {
    if (of[t] != Assignment::none) scores.id_tp += commons.at({t, static_cast<std::size_t>(of[t])}).overlapping;
  }
  scores.id_precision = ratio(scores.id_tp, scores.result_boxes);
  scores.id_recall = ratio(scores.id_tp, scores.truth_boxes);
  scores.idf1 = ratio(2 * scores.id_tp, scores.truth_boxes + scores.result_boxes);
}

// Pairs of each frame that serve the association over the whole sequence best, at all thresholds at once.
void note_pairs(const Frame& frame, const Side& truth, const Side& result, Commons& commons, Assignment& assignment) {
  std::vector<double> gain(frame.ious.size());
  for (std::size_t t = 0; t < frame.truth.size(); ++t) {
    for (std::size_t r = 0; r < frame.result.size(); ++r) {
      if (frame.at(t, r) <= 0) continue;
      const std::size_t a = frame.truth[t].track, b = frame.result[r].track;
      const double likeness = commons.at({a, b}).likeness;
      const auto boxes = static_cast<double>(truth.boxes_of[a] + result.boxes_of[b]);
      gain[t * frame.result.size() + r] = frame.at(t, r) * likeness / (boxes - likeness);
    }
  }
  const auto of = assignment.solve(gain, frame.truth.size(), frame.result.size());
  for (std::size_t t = 0; t < of.size(); ++t) {
    if (of[t] == Assignment::none) continue;
    const auto r = static_cast<std::size_t>(of[t]);
    Common& common = commons.at({frame.truth[t].track, frame.result[r].track});
    for (std::size_t i = 0; i < alphas; ++i) {
      if (frame.at(t, r) >= 0.05 * static_cast<double>(i + 1) - rounding) ++common.pairs[i];
    }
  }
}

void higher_order(const Side& truth, const Side& result, const Commons& commons, MotScores& scores) {
  for (std::size_t i = 0; i < alphas; ++i) {
    std::uint64_t tp = 0;
    double association = 0;
    for (const auto& [pair, common] : commons) {
      const std::uint64_t n = common.pairs[i];
      if (n == 0) continue;
      tp += n;
      association += static_cast<double>(n) * ratio(n, truth.boxes_of[pair.first] + result.boxes_of[pair.second] - n);
    }
    const double deta = ratio(tp, scores.truth_boxes + scores.result_boxes - tp);
    const double assa = ratio(association, static_cast<double>(tp));
    scores.deta += deta / alphas;
    scores.assa += assa / alphas;
    scores.hota += std::sqrt(deta * assa) / alphas;
  }
}

}  // namespace

Result<MotScores> score_mot(std::span<const MotRow> truth_rows, std::span<const MotRow> result_rows,
                            std::string_view truth_name, std::string_view result_name) {
  const auto truth = side_of(truth_rows, truth_name, true);
  if (!truth) return tl::unexpected(truth.error());
  const auto result = side_of(result_rows, result_name, false);
  if (!result) return tl::unexpected(result.error());

  MotScores scores;
  scores.truth_boxes = truth->boxes.size();
  scores.truth_tracks = truth->boxes_of.size();
  scores.result_boxes = result->boxes.size();
  scores.result_tracks = result->boxes_of.size();

  Clear clear(truth->boxes_of.size());
  Commons commons;
  scores.frames = for_each_frame(*truth, *result, [&](const Frame& frame) {
    clear.add(frame, scores);
    note_common(frame, commons);
  });
  scores.motp = ratio(scores.motp, static_cast<double>(scores.tp));
  scores.recall = ratio(scores.tp, scores.truth_boxes);
  scores.precision = ratio(scores.tp, scores.result_boxes);
  const auto errors = static_cast<double>(scores.fn + scores.fp + scores.id_switches);
  scores.mota = ratio(static_cast<double>(scores.truth_boxes) - errors, static_cast<double>(scores.truth_boxes));

  identity(*truth, *result, commons, scores);
  Assignment assignment;
  for_each_frame(*truth, *result, [&](const Frame& frame) { note_pairs(frame, *truth, *result, commons, assignment); });
  higher_order(*truth, *result, commons, scores);
  return scores;
}

std::vector<MotRow> without_distractors(std::span<const MotRow> truth, std::span<const MotRow> result) {
  const auto is_distractor = [](const MotRow& row) {
    return row.confidence == 0 && (row.label == 2 || row.label == 7 || row.label == 8 || row.label == 12);
  };
  using Indices = std::map<std::int64_t, std::vector<std::size_t>>;
  const auto by_frame = [](std::span<const MotRow> rows) {
    Indices indices;
    for (std::size_t i = 0; i < rows.size(); ++i) indices[rows[i].frame].push_back(i);
    return indices;
  };
  const Indices true_ones = by_frame(truth), found_ones = by_frame(result);
  std::vector<char> out(result.size());
  Assignment assignment;
  std::vector<double> gain;
  for (const auto& [frame, found] : found_ones) {
    const auto true_ones_here = true_ones.find(frame);
    if (true_ones_here == true_ones.end()) continue;
    const auto& there = true_ones_here->second;
    gain.clear();
    for (const std::size_t r : found) {
      for (const std::size_t t : there) {
        const double overlap = iou(result[r].box, truth[t].box);
        gain.push_back(overlap >= least_iou - rounding ? overlap : 0);
      }
    }
    const auto of = assignment.solve(gain, found.size(), there.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (of[i] != Assignment::none && is_distractor(truth[there[static_cast<std::size_t>(of[i])]])) out[found[i]] = 1;
    }
  }
  std::vector<MotRow> kept;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (out[i] == 0) kept.push_back(result[i]);
  }
  return kept;
}

}  // namespace weir::track
