// weir-read: the read flow's program. The command line in, the report out; what happens between is the flow's.
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

#include "weir/app/program.hpp"
#include "weir/app/read_command.hpp"
#include "weir/app/read_report.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/report.hpp"
#include "weir/app/terminal.hpp"

namespace {

using namespace weir;
using namespace weir::app;

constexpr const char* name = "weir read";

int list_voices() {
  const auto voices = speak::voices();
  if (!voices) {
    print_error(name, voices.error());
    return exit_status::failed;
  }
  for (const speak::VoiceInfo& voice : *voices) {
    std::printf("%-24s %-12s %s\n", printable(voice.name).c_str(), printable(voice.language).c_str(),
                printable(voice.engine).c_str());
  }
  return exit_status::done;
}

int run(const ReadCommand& command, const Signals& signals) {
  if (command.list_voices) return list_voices();
  auto report = open_report(command.report);
  if (!report) {
    print_error(name, report.error());
    return exit_status::usage;
  }
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::vector<Error> errors;
  std::string said;
  const read::Hooks hooks{
      .progress =
          [&](const read::Status& status) {
            if (!terminal) return;
            std::fprintf(stderr, "\r%s\033[K", progress_text(status.book(), status.running().count()).c_str());
            std::fflush(stderr);
          },
      .finished =
          [&](const read::Status& status) {
            if (terminal) std::fprintf(stderr, "\r\033[K");
            errors = imbalances(Pool::report_all());
            said = summary(status.book());
            if (!*report) return;
            if (auto written = (*report)->commit(read_report(status, true)); !written)
              errors.push_back(written.error());
          },
  };
  const read::Outcome outcome = read::run(command.options, hooks, signals.stop());
  errors.insert(errors.begin(), outcome.errors.begin(), outcome.errors.end());
  print_errors(name, errors);
  if (outcome.refused) return exit_status::usage;
  if (!errors.empty()) return exit_status::failed;
  // The sound itself, or the words, may go to standard output.
  const bool taken = command.options.out == "-" || command.options.dump == "-";
  if (!said.empty()) std::fprintf(taken ? stderr : stdout, "%s\n", said.c_str());
  return signals.exit_status(exit_status::done);
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, parse_read_command, run); }
