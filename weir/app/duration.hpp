// Durations as people write them.
#pragma once

#include <chrono>
#include <string_view>

#include "weir/core/result.hpp"

namespace weir::app {

// "500ms", "30s", "2m", "1.5h"; more than 0, at most ten years. `owner` names the flag in the error.
Result<std::chrono::duration<double>> parse_duration(std::string_view text, std::string_view owner);

}  // namespace weir::app
