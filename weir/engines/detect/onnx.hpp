// Detection by a network in an ONNX file, run by OpenCV on the CPU.
#pragma once

#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// As make_detector(), for Kind::onnx. Where the file leaves the picture's size open, 640×640 is used, and 352×352 for
// FastestDet.
Result<std::unique_ptr<Detector>> make_onnx(const DetectorConfig& config);

}  // namespace weir::detect
