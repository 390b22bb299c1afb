// What every flow's program does around its run.
#pragma once

#include <filesystem>
#include <optional>
#include <variant>

#include "weir/app/log_sink.hpp"
#include "weir/app/output_file.hpp"
#include "weir/app/signals.hpp"

namespace weir::app {

// Signals first, before any thread is; then the command line; then the log, at the level that the settings say.
template <class Command>
int run_program(int argc, char** argv, std::variant<Command, int> (*parse)(int, const char* const*),
                int (*run)(const Command&, const Signals&)) {
  const Signals signals;
  const auto command = parse(argc, argv);
  if (const int* status = std::get_if<int>(&command)) return *status;
  LineSink log(std::get<Command>(command).app.log_level);
  set_log_sink(&log);
  const int status = run(std::get<Command>(command), signals);
  set_log_sink(nullptr);
  return status;
}

// The file of --report, opened before there is anything to report; none for an empty path.
inline Result<std::optional<OutputFile>> open_report(const std::filesystem::path& path) {
  std::optional<OutputFile> report;
  if (path.empty()) return report;
  auto file = OutputFile::open(path, "--report");
  if (!file) return tl::unexpected(file.error());
  report.emplace(std::move(*file));
  return report;
}

}  // namespace weir::app
