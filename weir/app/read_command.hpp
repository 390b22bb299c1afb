// The command line of `weir read`.
#pragma once

#include <filesystem>
#include <variant>

#include "weir/app/watch_settings.hpp"
#include "weir/flows/read/options.hpp"

namespace weir::app {

// All that one run is told.
struct ReadCommand {
  read::ReadOptions options;
  AppOptions app;
  std::filesystem::path report;  // empty: none
  bool list_voices = false;      // and nothing else
};

// A command to run, or an exit status: help and errors have been printed then.
std::variant<ReadCommand, int> parse_read_command(int argc, const char* const* argv);

}  // namespace weir::app
