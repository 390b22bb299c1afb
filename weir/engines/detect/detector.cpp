#include "weir/engines/detect/detector.hpp"

#include "weir/engines/detect/onnx.hpp"
#include "weir/engines/detect/people.hpp"

namespace weir::detect {

Result<std::unique_ptr<Detector>> make_detector(const DetectorConfig& config) {
  if (!(config.confidence >= 0 && config.confidence <= 1)) {
    return fail(Code::invalid, "must be from 0 to 1", "detect.confidence", std::to_string(config.confidence));
  }
  constexpr int most_threads = 64;
  if (config.threads < 1 || config.threads > most_threads) {
    return fail(Code::invalid, "must be from 1 to 64", "detect.threads", std::to_string(config.threads));
  }
  return config.kind == Kind::people ? make_people(config) : make_onnx(config);
}

}  // namespace weir::detect
