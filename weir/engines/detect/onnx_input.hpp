// What picture an ONNX file wants, read from the file itself: OpenCV does not tell.
#pragma once

#include <cstddef>
#include <span>

#include "weir/core/result.hpp"

namespace weir::detect {

struct OnnxInput {
  int width = 0, height = 0;  // 0: the file leaves it open
};

// Finds the graph's one input that is no stored weight. Reads nothing else, and nothing beyond `file`.
// Corrupt: no ONNX.  Unsupported: several inputs, or none of the form pictures × 3 × height × width.
Result<OnnxInput> read_onnx_input(std::span<const std::byte> file);

}  // namespace weir::detect
