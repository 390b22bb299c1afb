// What `weir read` did, as JSON and as a line for people.
#pragma once

#include <string>

#include "weir/flows/read/read.hpp"

namespace weir::app {

// The whole report. Thread-safety: any thread.  Allocates: yes.  Blocks: short locks.  Ownership: none.
std::string read_report(const read::Status& status, bool pretty = false);

// "moby-dick: 135 chapters, 21 h 5 min, 212000 words, voice espeak-ng en-us".
std::string summary(const read::BookReport& book);

// "[=====     ]  42 %  chapter 12  950x  4 s left"; `seconds` since the start.
std::string progress_text(const read::BookReport& book, double seconds);

}  // namespace weir::app
