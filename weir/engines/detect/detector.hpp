// Detector: what is in a picture, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/detect/layout.hpp"
#include "weir/engines/detect/placement.hpp"

namespace weir::detect {

// What a detector looks at: 8-bit BGR, interleaved, top row first.
// Thread-safety: value type.  Allocates: never.  Blocks: never.  Ownership: none; good as long as the pixels are.
struct Picture {
  const std::uint8_t* bgr = nullptr;
  std::ptrdiff_t stride_bytes = 0;
  int width = 0, height = 0;
};

// A rectangle in source pixels, inside the picture.
struct Detection {
  float x = 0, y = 0, w = 0, h = 0;
  float confidence = 0;  // 0…1
  int label = 0;         // into Detector::labels()
  bool operator==(const Detection&) const = default;
};

constexpr std::size_t max_detections = 300;

enum class Kind {
  people,  // upright people, by OpenCV's histogram of oriented gradients; needs no model
  onnx,    // a network in an ONNX file
};

// Thread-safety: value type.  Allocates: its strings.  Blocks: never.  Ownership: owns them.
struct DetectorConfig {
  Kind kind = Kind::onnx;
  std::filesystem::path model = {};
  std::filesystem::path labels = {};  // a file, one a line; without it an 80-class model has COCO's
  Layout layout = Layout::automatic;
  std::vector<std::string> classes = {};  // the labels to report; empty: all
  double confidence = 0.5;                // least to report: 0…1
  // Of OpenCV, for the whole process: OpenCV knows one number. It is set again before each look if somebody changed it.
  int threads = 1;
};

struct DetectorInfo {
  std::string name;    // the model's file name without its ending
  std::string layout;  // as recognised; empty where there is none
  int width = 0, height = 0;
  std::string shapes;  // "1×3×352×352 → 1×85×22×22"
};

// Finds things of known classes. Not re-entrant: flows reach it through weir::Exclusive.
// Thread-safety: one thread at a time.  Allocates: construction, and inside OpenCV.  Blocks: while computing.
// Ownership: the detections are valid until the next detect(); the picture is only read.
class Detector {
 public:
  virtual ~Detector() = default;
  // How a source of this size must be brought before detect(). Sizes are at least 1.
  virtual Placement placement(int source_width, int source_height) const noexcept = 0;
  // `picture` has the placement's size for that source (else `invalid`). The strongest first, at most max_detections.
  virtual Result<std::span<const Detection>> detect(const Picture& picture, int source_width, int source_height) = 0;
  virtual const std::vector<std::string>& labels() const noexcept = 0;  // by Detection::label
  virtual DetectorInfo info() const = 0;
};

// Loads the model, runs it once on a grey picture, and refuses what it does not understand: `not_found` (no such file),
// `corrupt` (no ONNX), `unsupported` (outputs of no known layout), `invalid` (settings that do not fit the model).
Result<std::unique_ptr<Detector>> make_detector(const DetectorConfig& config);

}  // namespace weir::detect
