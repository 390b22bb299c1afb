// Log: structured, one line per event, with a level and an owner. Nothing is logged from a hot path (checked).
#pragma once

#include <string>
#include <string_view>

namespace weir {

enum class Level { debug, info, warn, error };

std::string_view to_string(Level level) noexcept;

// Where events go. The default writes "level owner: text" lines to stderr, each by one write(2).
// Thread-safety: write() is called from any thread, calls may overlap.  Allocates: up to the sink.
// Blocks: up to the sink.  Ownership: borrowed; must outlive its use.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(Level level, std::string_view owner, std::string_view text) = 0;
};

// nullptr restores the default. Returns when no thread is inside the former sink any more, so that it may be destroyed.
// Not from within a sink.
void set_log_sink(LogSink* sink) noexcept;

// What a sink itself logs goes to the default sink. Inside a hot path a call is a broken invariant: it counts as a
// violation, and test builds stop there. Other builds put the event aside without allocating or blocking (4 a thread,
// owner and text cut at 48 and 240 bytes) and log it when the scope has ended; how many more there were is logged too.
void log(Level level, std::string_view owner, std::string_view text);

}  // namespace weir
