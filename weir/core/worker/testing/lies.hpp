// The lies of weir-worker-test: what a worker that was taken over may say on the protocols of weir/core/worker.
#pragma once

#include "weir/core/worker/child.hpp"

namespace weir::worker::test {

// Says that it is ready, and hands over a descriptor too many with that. Comes back when nobody listens.
int hand_over_too_much();
// Takes calls and answers each by the Lie that its question names.
int serve_lies(Child& child);

}  // namespace weir::worker::test
