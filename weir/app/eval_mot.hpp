// weir eval mot: how well detections of a scene are tracked, against its ground truth.
#pragma once

#include <filesystem>
#include <string>

#include "weir/core/result.hpp"
#include "weir/engines/track/mot_metrics.hpp"

namespace weir::app {

struct EvalMotOptions {
  std::filesystem::path detections, truth;  // MOTChallenge text
  double fps = 0;                           // 0: as seqinfo.ini beside one of them says, else 25
  std::filesystem::path result;             // where to write what was tracked; empty: nowhere
};

struct EvalMot {
  track::MotScores scores;
  double fps = 0;
  std::string fps_origin;            // "flag", "default", or the path of the seqinfo.ini
  std::int64_t frames = 0;           // that were judged: 1 to the last one with ground truth
  std::int64_t frames_left_out = 0;  // with detections, after that
};

// Thread-safety: any thread.  Allocates: yes.  Blocks: file system.  Ownership: none.
Result<EvalMot> eval_mot(const EvalMotOptions& options);

std::string eval_mot_json(const EvalMot& eval);   // one object, the field's names as keys
std::string eval_mot_table(const EvalMot& eval);  // for people

}  // namespace weir::app
