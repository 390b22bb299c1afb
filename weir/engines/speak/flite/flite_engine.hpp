// flite as an engine.
#pragma once

#include "weir/engines/speak/engine.hpp"

namespace weir::speak {

// One of the five voices that are linked in; all speak English alone.
Result<std::unique_ptr<Engine>> make_flite(const std::string& name, const std::string& language);

}  // namespace weir::speak
