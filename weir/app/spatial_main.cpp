// weir-spatial: the spatial flow's program. The command line in, the report out; what happens between is the flow's.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "weir/app/program.hpp"
#include "weir/app/report.hpp"
#include "weir/app/spatial_command.hpp"
#include "weir/app/spatial_report.hpp"
#include "weir/app/terminal.hpp"

namespace {

using namespace weir;
using namespace weir::app;

constexpr const char* name = "weir spatial";

// One line on a terminal, written over and over; nothing where nobody looks.
void show_progress(const spatial::Status& status) {
  const std::string text = progress_text(status.stream(), status.running().count());
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
  std::fflush(stderr);
}

// The sound itself may go to standard output.
void print_line(const std::string& line, bool to_stderr) {
  std::FILE* out = to_stderr ? stderr : stdout;
  std::fprintf(out, "%s\n", line.c_str());
  std::fflush(out);
}

int run(const SpatialCommand& command, const Signals& signals) {
  auto report = open_report(command.report);
  if (!report) {
    print_error(name, report.error());
    return exit_status::usage;
  }
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::vector<Error> errors;
  std::string said;
  const spatial::Hooks hooks{
      .started =
          [&](const spatial::Status& status) {
            for (const std::string& one : status.stream().substitutions) print_line(name + (": " + one), true);
          },
      .progress =
          [&](const spatial::Status& status) {
            if (terminal) show_progress(status);
          },
      .finished =
          [&](const spatial::Status& status) {
            if (terminal) std::fprintf(stderr, "\r\033[K");
            errors = imbalances(Pool::report_all());
            said = summary(status.stream());
            if (!*report) return;
            if (auto written = (*report)->commit(spatial_report(status, true)); !written)
              errors.push_back(written.error());
          },
  };
  const spatial::Outcome outcome = spatial::run(command.options, hooks, signals.stop());
  errors.insert(errors.begin(), outcome.errors.begin(), outcome.errors.end());
  print_errors(name, errors);
  if (outcome.refused) return exit_status::usage;
  if (!errors.empty()) return exit_status::failed;
  if (!said.empty()) print_line(said, command.options.out == "-");
  return signals.exit_status(exit_status::done);
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, parse_spatial_command, run); }
