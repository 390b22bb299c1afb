// What a camera is called when nobody has named it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::app {

// "data/car.mp4" is car, "demo:street" street, "rtsp://10.0.0.7/gate" 10-0-0-7-gate, "/dev/video0" video0.
std::string source_name(std::string_view source);

// A name for each source, in order: unique among themselves and different from `taken` (car, car-2, car-3).
std::vector<std::string> source_names(std::span<const std::string> sources, std::span<const std::string> taken = {});

}  // namespace weir::app
