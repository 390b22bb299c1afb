// The three places where settings are written down, each turned into assignments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/app/settings.hpp"

namespace weir::app {

// Every value of a TOML document in the order in which it is written; a table without entries counts as one, so that a
// mistyped empty group is seen. Broken TOML is one error with the line quoted.
std::vector<Assignment> read_toml(std::string_view toml, std::string_view name, std::vector<Error>& errors);
// A whole settings file: its text, or an error.
Result<std::string> read_settings_file(const std::filesystem::path& path);
// WEIR_DETECT__FPS=2 is {"detect", "fps"}. WEIR_TEST_… belongs to the tests and is no setting.
std::vector<Assignment> read_environment(const std::vector<std::string>& environment);

}  // namespace weir::app
