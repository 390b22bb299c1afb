// Log: structured, one line per event, with a level and an owner. Nothing is logged from a hot path (checked).
#pragma once

#include <string>
#include <string_view>

namespace weir {

enum class Level { debug, info, warn, error };

std::string_view to_string(Level level) noexcept;

// Where events go. The default writes "level owner: text" lines to stderr.
// Thread-safety: write() from any thread, calls may overlap.  Allocates: up to the sink.
// Blocks: up to the sink.  Ownership: borrowed; must outlive its use.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(Level level, std::string_view owner, std::string_view text) = 0;
};

// nullptr restores the default.
void set_log_sink(LogSink* sink) noexcept;
void log(Level level, std::string_view owner, std::string_view text);

}  // namespace weir
