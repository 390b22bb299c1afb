// espeak-ng as an engine.
#pragma once

#include <filesystem>

#include "weir/engines/speak/engine.hpp"

namespace weir::speak {

// Where it keeps its voices and dictionaries. Before the sandbox; reads nothing of them.
std::filesystem::path espeak_data();

// Once in a process: it keeps its state in global variables, and never comes back from being ended and begun again.
Result<std::unique_ptr<Engine>> make_espeak(const std::string& name, const std::string& language);

}  // namespace weir::speak
