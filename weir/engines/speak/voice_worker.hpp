// The inside of a voice's worker: the same for every engine.
#pragma once

#include <filesystem>
#include <vector>

#include "weir/engines/speak/engine.hpp"

namespace weir::speak {

// The worker's whole life; its exit status. The engine is made in the sandbox, in which it may read these.
int run_worker(const char* program, const std::vector<std::filesystem::path>& readable, const MakeEngine& make);

}  // namespace weir::speak
