// Where a program's events go: one plain line each on stderr, with time, level, owner and text.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

#include "weir/core/log.hpp"

namespace weir::app {

// "debug", "info", "warn" or "error": the values of log.level and --log-level.
std::optional<Level> parse_level(std::string_view name) noexcept;

// "2026-11-20T19:21:35.123Z warn front: no answer, trying again". UTC; control characters become spaces, so that what a
// camera or a file calls itself can neither start a line nor steer a terminal; secrets in addresses become ***.
// Thread-safety: all members from any thread.  Allocates: write().  Blocks: write(), as long as the file does.
// Ownership: borrows the file; give it to set_log_sink() and take it back there before it ends.
class LineSink final : public LogSink {
 public:
  explicit LineSink(Level least, std::FILE* to = stderr);
  ~LineSink() override;
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  void write(Level level, std::string_view owner, std::string_view text) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::app
