// The inside of weir-worker-document. Who asks it needs reader.hpp alone, and none of the parsers' libraries.
#pragma once

#include "weir/core/worker/child.hpp"

namespace weir::documents {

// The worker's whole life; its exit status.
int run_worker(worker::Child& child);

}  // namespace weir::documents
