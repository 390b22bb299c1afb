// Labels: what a model's classes are called.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/engines/detect/detector.hpp"

namespace weir::detect {

// One label a line; spaces at both ends and empty lines do not count.
Result<std::vector<std::string>> read_labels(const std::filesystem::path& path);

// What classes are called without a file: COCO's names if they are 80, else "class 0", "class 1" …
std::vector<std::string> default_labels(int classes);

// By label, whether it is wanted: all of them if `classes` is empty. A name that is no label is `invalid`.
Result<std::vector<std::uint8_t>> wanted_labels(const std::vector<std::string>& labels,
                                                const std::vector<std::string>& classes);

}  // namespace weir::detect
