#include "weir/app/log_sink.hpp"

#include <spdlog/details/console_globals.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <string>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

using FileSink = spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>;  // flushes every line

}  // namespace

struct LineSink::State {
  // Not in spdlog's registry: a second sink, in a test, is no second logger of the same name.
  explicit State(std::FILE* to) : logger("weir", std::make_shared<FileSink>(to)) {}
  spdlog::logger logger;
};

std::optional<Level> parse_level(std::string_view name) noexcept {
  for (const Level level : {Level::debug, Level::info, Level::warn, Level::error}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

LineSink::LineSink(Level least, std::FILE* to) : state_(std::make_unique<State>(to)) {
  state_->logger.set_level(to_spdlog(least));
  // The level is in the text: spdlog's own names for them are not ours.
  state_->logger.set_formatter(
      std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc, "\n"));
}

LineSink::~LineSink() = default;

void LineSink::write(Level level, std::string_view owner, std::string_view text) {
  if (!state_->logger.should_log(to_spdlog(level))) return;
  std::string line;
  line.reserve(owner.size() + text.size() + 16);
  line.append(to_string(level)).append(" ").append(owner).append(": ").append(text);
  line = redact(line);
  const auto controls = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(line.begin(), line.end(), controls, ' ');
  state_->logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace weir::app
