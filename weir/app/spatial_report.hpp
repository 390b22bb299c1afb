// What `weir spatial` did, as JSON and as a line for people.
#pragma once

#include <string>

#include "weir/flows/spatial/spatial.hpp"

namespace weir::app {

// The whole report. Thread-safety: any thread.  Allocates: yes.  Blocks: short locks.  Ownership: none.
std::string spatial_report(const spatial::Status& status, bool pretty = false);

// "film: 7.1 through atmos, 300.0 s, peak -3.2 dBFS, nothing clipped".
std::string summary(const spatial::StreamReport& stream);

// "[=====     ]  42 %  18x  4 s left": how far it is and how fast; `seconds` since the start.
std::string progress_text(const spatial::StreamReport& stream, double seconds);

}  // namespace weir::app
