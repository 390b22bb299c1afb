// From settings to what `weir watch` is told.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <tl/expected.hpp>

#include "weir/app/settings.hpp"
#include "weir/core/log.hpp"
#include "weir/flows/watch/options.hpp"

namespace weir::app {

// What the program itself, not the flow, takes from the settings.
struct AppOptions {
  Level log_level = Level::info;
  bool operator==(const AppOptions&) const = default;
};
AppOptions app_options(const Settings& settings);

// What is drawn on a camera's picture; of no camera: what holds for all.
watch::DrawnOptions drawn_options(const Settings& settings, const std::string& camera);

// What is said on the command line alone.
struct WatchRun {
  bool fast = false;
  std::optional<watch::Seconds> for_duration = {};
  std::filesystem::path events = {};
};

// Refused: no camera at all, and with `fast` sources that do not go any faster or never end.
tl::expected<watch::WatchOptions, std::vector<Error>> watch_options(const Settings& settings, const WatchRun& run);

}  // namespace weir::app
