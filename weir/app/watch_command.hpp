// The command line of `weir watch`.
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include "weir/app/settings.hpp"
#include "weir/app/watch_settings.hpp"
#include "weir/flows/watch/options.hpp"

namespace weir::app {

// All that one run is told.
struct WatchCommand {
  Settings settings;
  watch::WatchOptions options;
  AppOptions app;
  std::filesystem::path report;         // empty: none
  std::filesystem::path settings_file;  // empty: none
};

// A command to run, or an exit status: help and errors have been printed then.
std::variant<WatchCommand, int> parse_watch_command(int argc, const char* const* argv);

}  // namespace weir::app
