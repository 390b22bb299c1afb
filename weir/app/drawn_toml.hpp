// Zones, lines and masks in a settings file: written by hand and by the page, in one file, with every comment kept.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/flows/watch/options.hpp"

namespace weir::app {

// What to write into a settings file so that the camera has this drawing.
std::string drawn_toml(std::string_view camera, const watch::DrawnOptions& drawn);

// The settings file's text with the camera's drawing exchanged, and everything else as it was, comments and order
// included. `invalid`: the drawing itself is refused; `unsupported`: it is written in a way that cannot be exchanged
// line by line (inline tables, or zones for all cameras that this one shall not have).
Result<std::string> exchange_drawn(std::string_view toml, std::string_view camera, const watch::DrawnOptions& drawn);

// The same in a file, as a whole or not at all.
Result<void> save_drawn(const std::filesystem::path& file, std::string_view camera, const watch::DrawnOptions& drawn);

// Names, counts and bounds, as the settings would judge them.
Result<void> check_drawn(std::string_view camera, const watch::DrawnOptions& drawn);

}  // namespace weir::app
