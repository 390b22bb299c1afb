// weir-watch: the watch flow's program. The command line in, the report out; what happens between is the flow's.
#include <cstdio>
#include <optional>
#include <string>

#include "weir/app/drawn_toml.hpp"
#include "weir/app/health.hpp"
#include "weir/app/program.hpp"
#include "weir/app/terminal.hpp"
#include "weir/app/watch_command.hpp"
#include "weir/app/watch_report.hpp"
#include "weir/flows/watch/watch.hpp"

namespace {

using namespace weir;
using namespace weir::app;

constexpr const char* name = "weir watch";

std::vector<watch::Route> routes(const watch::Status& status, const Settings& settings) {
  const std::string json = "application/json";
  const auto children = [&status] {
    std::vector<ChildReport> out;
    for (watch::CameraReport& camera : status.cameras()) out.push_back(std::move(camera.child));
    return out;
  };
  const auto pipelines = [&status] {
    std::vector<PipelineShown> out;
    for (const watch::CameraReport& camera : status.cameras()) {
      out.push_back({camera.id, to_string(camera.pipeline), camera.pipeline_from});
    }
    return out;
  };
  return {
      {"/metrics", std::string(Metrics::content_type), [&status] { return watch_metrics(status); }},
      {"/api/report", json, [&status] { return watch_report(status); }},
      {"/api/memory", json, [&status] { return memory_json(status.ledger().history()); }},
      {"/api/health", json,
       [children, pipelines, capabilities = core_capabilities(), shown = settings.show()] {
         return health_json(children(), pipelines(), worker::Process::report_all(), capabilities, shown);
       }},
  };
}

watch::SavedDrawing save_drawing(const std::filesystem::path& file, const std::string& camera,
                                 const watch::DrawnOptions& drawn) {
  watch::SavedDrawing out;
  out.toml = drawn_toml(camera, drawn);
  if (file.empty()) {
    out.reason = "weir was started without a settings file";
    return out;
  }
  if (const auto saved = save_drawn(file, camera, drawn); !saved) {
    out.reason = saved.error().line();
    return out;
  }
  out.saved = true;
  out.file = file.filename().string();
  return out;
}

void print_line(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

// The end of a run: balance, report, summary. Returns what went wrong in it.
std::vector<Error> conclude(const watch::Status& status, std::optional<OutputFile>& report) {
  std::vector<Error> errors = imbalances(Pool::report_all());
  if (report) {
    if (auto written = report->commit(watch_report(status, true)); !written) errors.push_back(written.error());
  }
  for (const watch::CameraReport& camera : status.cameras()) print_line(summary(camera));
  return errors;
}

int run(const WatchCommand& command, const Signals& signals) {
  auto report = open_report(command.report);
  if (!report) {
    print_error(name, report.error());
    return exit_status::usage;
  }
  std::vector<Error> errors;
  const watch::Hooks hooks{
      .routes = [&](const watch::Status& status) { return routes(status, command.settings); },
      .check_drawing = check_drawn,
      .save_drawing =
          [&](const std::string& camera, const watch::DrawnOptions& drawn) {
            return save_drawing(command.settings_file, camera, drawn);
          },
      .drawing_toml = drawn_toml,
      .settings_file = command.settings_file.filename().string(),
      .started =
          [&](const watch::Status& status) {
            const std::string address = status.listening();
            const std::size_t cameras = command.options.cameras.size();
            print_line("watching " + std::to_string(cameras) + (cameras == 1 ? " camera" : " cameras") +
                       (address.empty() ? "" : ", http://" + address + "/"));
          },
      .finished = [&](const watch::Status& status) { errors = conclude(status, *report); },
  };
  const watch::WatchOutcome outcome = watch::run(command.options, hooks, signals.stop());
  errors.insert(errors.begin(), outcome.errors.begin(), outcome.errors.end());
  print_errors(name, errors);
  if (outcome.refused) return exit_status::usage;
  // What went wrong with a camera was said when it happened.
  return errors.empty() && outcome.camera_errors.empty() ? signals.exit_status(exit_status::done) : exit_status::failed;
}

}  // namespace

int main(int argc, char** argv) { return run_program(argc, argv, parse_watch_command, run); }
