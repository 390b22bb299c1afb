// Settings → what `weir read` is told.
#pragma once

#include "weir/app/settings.hpp"
#include "weir/flows/read/options.hpp"

namespace weir::app {

// All but the book and what becomes of it, which only a command line names.
read::ReadOptions read_options(const Settings& settings);

}  // namespace weir::app
