// The command line of `weir spatial`.
#pragma once

#include <filesystem>
#include <variant>

#include "weir/app/watch_settings.hpp"
#include "weir/flows/spatial/options.hpp"

namespace weir::app {

// All that one run is told.
struct SpatialCommand {
  spatial::SpatialOptions options;
  AppOptions app;
  std::filesystem::path report;  // empty: none
};

// A command to run, or an exit status: help and errors have been printed then.
std::variant<SpatialCommand, int> parse_spatial_command(int argc, const char* const* argv);

}  // namespace weir::app
