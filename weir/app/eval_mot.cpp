#include "weir/app/eval_mot.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "weir/app/output_file.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/report.hpp"
#include "weir/engines/track/mot_run.hpp"

namespace weir::app {
namespace {

constexpr double default_fps = 25;  // of most sequences without a seqinfo.ini
constexpr std::int64_t most_frames = 1'000'000;

// "frameRate=30" of a sequence's description.
std::optional<double> frame_rate_in(const std::filesystem::path& path) {
  constexpr std::string_view key = "frameRate=";
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    double fps = 0;
    const auto [end, error] = std::from_chars(line.data() + key.size(), line.data() + line.size(), fps);
    if (error == std::errc{} && fps > 0 && fps <= 1000) return fps;
  }
  return std::nullopt;
}

// MOT16 and later: SEQUENCE/seqinfo.ini, SEQUENCE/det/det.txt, SEQUENCE/gt/gt.txt.
std::pair<double, std::string> frame_rate(const EvalMotOptions& options) {
  if (options.fps > 0) return {options.fps, "flag"};
  for (const auto& file : {options.truth, options.detections}) {
    const auto folder = std::filesystem::absolute(file).parent_path();
    for (const auto& near : {folder, folder.parent_path()}) {
      if (const auto fps = frame_rate_in(near / "seqinfo.ini")) return {*fps, (near / "seqinfo.ini").string()};
    }
  }
  return {default_fps, "default"};
}

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}
std::string percent(double share) { return formatted("%6.1f %%", 100 * share); }
std::string short_number(double value) { return formatted("%g", value); }

}  // namespace

Result<EvalMot> eval_mot(const EvalMotOptions& options) {
  const auto detections = track::read_mot(options.detections);
  if (!detections) return tl::unexpected(detections.error());
  const auto truth = track::read_mot(options.truth);
  if (!truth) return tl::unexpected(truth.error());
  if (truth->empty()) return fail(Code::invalid, "no ground truth in it", options.truth.string());
  std::optional<OutputFile> out;
  if (!options.result.empty()) {
    auto opened = OutputFile::open(options.result, "--out");
    if (!opened) return tl::unexpected(opened.error());
    out.emplace(std::move(*opened));
  }

  EvalMot eval;
  std::tie(eval.fps, eval.fps_origin) = frame_rate(options);
  eval.frames = track::last_frame(*truth);
  const std::int64_t last = std::max(eval.frames, track::last_frame(*detections));
  eval.frames_left_out = last - eval.frames;
  if (last > most_frames) return fail(Code::exhausted, "more than 1000000 frames", options.detections.string());

  const auto result = track::track_detections(*detections, eval.fps, last);
  std::vector<track::MotRow> judged;
  std::ranges::copy_if(result, std::back_inserter(judged), [&](const auto& row) { return row.frame <= eval.frames; });
  auto scores = track::score_mot(*truth, track::without_distractors(*truth, judged), options.truth.string());
  if (!scores) return tl::unexpected(std::move(scores.error()));
  eval.scores = *scores;
  if (out) {
    if (auto written = out->commit(track::write_mot(result)); !written) return tl::unexpected(written.error());
  }
  return eval;
}

std::string eval_mot_json(const EvalMot& eval) {
  const track::MotScores& s = eval.scores;
  return dump({{"MOTA", s.mota},
               {"IDF1", s.idf1},
               {"HOTA", s.hota},
               {"id_switches", s.id_switches},
               {"fp", s.fp},
               {"fn", s.fn},
               {"precision", s.precision},
               {"recall", s.recall},
               {"MOTP", s.motp},
               {"IDP", s.id_precision},
               {"IDR", s.id_recall},
               {"DetA", s.deta},
               {"AssA", s.assa},
               {"gt_boxes", s.truth_boxes},
               {"gt_tracks", s.truth_tracks},
               {"result_boxes", s.result_boxes},
               {"result_tracks", s.result_tracks},
               {"frames", eval.frames},
               {"frames_left_out", eval.frames_left_out},
               {"fps", eval.fps},
               {"fps_origin", eval.fps_origin}});
}

std::string eval_mot_table(const EvalMot& eval) {
  const track::MotScores& s = eval.scores;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  std::string text = std::to_string(eval.frames) + " frames at " + short_number(eval.fps) + " a second (" +
                     printable(eval.fps_origin) + ")";
  if (eval.frames_left_out > 0) {
    text +=
        "; " + std::to_string(eval.frames_left_out) + " more with detections have no ground truth and are not judged";
  }
  text += "\n  MOTA " + percent(s.mota) + "   " + number(s.fn) + " missed, " + number(s.fp) + " wrong, " +
          number(s.id_switches) + " id switches, of " + number(s.truth_boxes) + " boxes";
  text += "\n  IDF1 " + percent(s.idf1) + "   " + number(s.result_tracks) + " tracks for " + number(s.truth_tracks);
  text += "\n  HOTA " + percent(s.hota) + "   DetA" + percent(s.deta) + ", AssA" + percent(s.assa);
  text += "\n  precision" + percent(s.precision) + ", recall" + percent(s.recall) + ", mean overlap" + percent(s.motp);
  return text + '\n';
}

}  // namespace weir::app
