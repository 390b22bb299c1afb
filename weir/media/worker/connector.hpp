// Connector: what the worker that reads files and cameras does. The very source that runs without a worker, and its
// packets put into slots.
#pragma once

#include <string>

#include "weir/core/worker/child.hpp"

namespace weir::media {

// Until the parent is done with it. `look_up` is called with a camera's host before the sandbox is entered.
// Returns the exit status.
int run_connector(worker::Child& child, void (*look_up)(const std::string& host));

}  // namespace weir::media
