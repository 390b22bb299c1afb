// From settings to what `weir spatial` is told.
#pragma once

#include "weir/app/settings.hpp"
#include "weir/flows/spatial/options.hpp"

namespace weir::app {

// What is heard. Whether the files are there and fit is found out when they are read.
spatial::SoundOptions sound_options(const Settings& settings);

// Everything but what is said on the command line alone.
spatial::SpatialOptions spatial_options(const Settings& settings);

}  // namespace weir::app
