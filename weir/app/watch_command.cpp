#include "weir/app/watch_command.hpp"

#include "weir/app/command_line.hpp"
#include "weir/app/duration.hpp"
#include "weir/app/output_file.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/terminal.hpp"

namespace weir::app {
namespace {

constexpr const char* name = "weir watch";

struct Flags {
  std::vector<std::string> sources;
  SettingsFlags settings;
  bool loop = false, fast = false, no_server = false;
  std::string for_duration, report, events, listen;
};

void describe(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.add_option("SOURCE", flags.sources,
                 "Files, rtsp:// addresses, v4l2:/dev/video0, demo:street; beside the cameras of the settings");
  CLI::Option* loop = app.add_flag("--loop", flags.loop, "Start files again at their end");
  app.add_flag("--fast", flags.fast, "Every frame of files, as fast as possible, nothing dropped")->excludes(loop);
  app.add_option("--for", flags.for_duration, "End after this time: 30s, 2m, 1h")->type_name("TIME");
  app.add_option("--report", flags.report, "Write a report at the end")->type_name("out.json");
  app.add_option("--events", flags.events, "Write one line per box")->type_name("events.jsonl");
  CLI::Option* listen =
      app.add_option("--listen", flags.listen, "Address and port of the page; port 0 picks one")->type_name("ADDRESS");
  app.add_flag("--no-server", flags.no_server, "Serve nothing")->excludes(listen);
  flags.settings.add_to(app);
  app.footer(
      "examples:\n"
      "  weir watch demo:street\n"
      "  weir watch front.mp4 --loop --listen 127.0.0.1:9000\n"
      "  weir watch rtsp://10.0.0.7/gate --set detect.fps=2 --for 10m --report out.json\n"
      "  weir watch --config cameras.toml\n"
      "  weir watch car.mp4 --fast --events events.jsonl");
}

tl::expected<Settings, std::vector<Error>> load(const Flags& flags) {
  std::vector<Assignment> assignments;
  if (flags.loop) assignments.push_back(flag({"source", "loop"}, "true"));
  if (flags.no_server) assignments.push_back(flag({"server", "enabled"}, "false"));
  if (!flags.listen.empty()) assignments.push_back(flag({"server", "listen"}, flags.listen));
  auto sources = flags.settings.sources(std::move(assignments));
  if (!sources) return tl::unexpected(sources.error());
  sources->addresses = flags.sources;
  return Settings::load(*sources);
}

Result<WatchRun> watch_run(const Flags& flags) {
  WatchRun run{.fast = flags.fast, .for_duration = {}, .events = flags.events};
  for (const std::string& source : flags.sources) {
    if (source.empty()) return fail(Code::invalid, "a source must not be empty", "SOURCE");
  }
  if (!flags.for_duration.empty()) {
    const auto duration = parse_duration(flags.for_duration, "--for");
    if (!duration) return tl::unexpected(duration.error());
    run.for_duration = *duration;
  }
  if (!flags.events.empty()) {
    if (auto writable = check_writable(flags.events, "--events"); !writable) return tl::unexpected(writable.error());
  }
  return run;
}

}  // namespace

std::variant<WatchCommand, int> parse_watch_command(int argc, const char* const* argv) {
  CLI::App app("Watches cameras and files: movement, live in the browser.", name);
  Flags flags;
  describe(app, flags);
  if (const auto status = parse(app, argc, argv)) return *status;

  const auto refuse = [](std::span<const Error> errors) {
    print_errors(name, errors);
    return exit_status::usage;
  };
  const auto run = watch_run(flags);
  if (!run) return refuse({&run.error(), 1});
  auto settings = load(flags);
  if (!settings) return refuse(settings.error());
  auto options = watch_options(*settings, *run);
  if (!options) return refuse(options.error());
  const AppOptions own = app_options(*settings);
  return WatchCommand{std::move(*settings), std::move(*options), own, flags.report, flags.settings.config};
}

}  // namespace weir::app
