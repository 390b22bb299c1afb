// The inside of weir-worker-sofa. Who asks it needs sofa_wire.hpp alone, and not libmysofa.
#pragma once

#include "weir/core/worker/child.hpp"

namespace weir::media::sofa {

// The worker's whole life; its exit status.
int run_worker(worker::Child& child);

}  // namespace weir::media::sofa
