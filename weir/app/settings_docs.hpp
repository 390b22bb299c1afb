// What the schema says, for people and for editors.
#pragma once

#include <string>

#include "weir/app/settings.hpp"

namespace weir::app {

// docs/settings.md, whole.
std::string settings_markdown();
// A JSON schema (draft 7) of the settings file, for editors.
std::string settings_json_schema();
// One value a line with its origin, aligned; or a JSON array of {"key","value","origin"}.
std::string settings_table(const Settings& settings);
std::string settings_json(const Settings& settings);

}  // namespace weir::app
