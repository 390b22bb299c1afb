#include "weir/engines/motion/motion.hpp"

#include <string>

#include "weir/engines/motion/average.hpp"
#include "weir/engines/motion/mog2.hpp"

namespace weir::motion {

Result<Model> parse_model(std::string_view name) {
  if (name == "average") return Model::average;
  if (name == "mog2") return Model::mog2;
  return fail(Code::invalid, "unknown motion model: use average or mog2", "motion.model", std::string(name));
}

std::string_view to_string(Model model) noexcept { return model == Model::average ? "average" : "mog2"; }

Result<std::unique_ptr<MotionEngine>> make_motion_engine(const MotionConfig& config, Size source, Size small) {
  if (config.threshold < 1 || config.threshold > 255) {
    return fail(Code::invalid, "must be from 1 to 255", "motion.threshold", std::to_string(config.threshold));
  }
  if (!(config.min_area >= 0 && config.min_area <= 1)) {
    return fail(Code::invalid, "must be from 0 to 1", "motion.min_area", std::to_string(config.min_area));
  }
  if (source.width < 1 || source.height < 1 || small.width < 1 || small.height < 1) {
    return fail(Code::invalid, "no motion in an empty picture");
  }
  if (config.model == Model::mog2) return make_mog2(config, source, small);
  return std::make_unique<AverageEngine>(config, source, small);
}

}  // namespace weir::motion
