// What every command line of weir has in common: settings flags, and CLI11's exceptions turned into our errors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "weir/app/settings.hpp"

namespace weir::app {

// --config FILE and --set KEY=VALUE.
// Thread-safety: one thread.  Allocates: yes.  Blocks: never.  Ownership: must outlive the CLI::App's parsing.
struct SettingsFlags {
  std::string config;
  std::vector<std::string> set;

  void add_to(CLI::App& app);
  // With this process's environment; `flags` come after --set and win.
  tl::expected<SettingsSources, std::vector<Error>> sources(std::vector<Assignment> flags = {}) const;
};

// Parses; nothing if the program goes on, else its exit status, with help on stdout or one line on stderr.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

// "NAME=value" of the whole process.
std::vector<std::string> process_environment();

}  // namespace weir::app
