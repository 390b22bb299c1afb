// weir-tools: what is done beside the flows. `weir config …` and `weir eval …` come here.
#include <cstdio>
#include <string>

#include "weir/app/command_line.hpp"
#include "weir/app/eval_mot.hpp"
#include "weir/app/settings_docs.hpp"
#include "weir/app/terminal.hpp"
#include "weir/app/watch_settings.hpp"

namespace {

using namespace weir;
using namespace weir::app;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

tl::expected<Settings, std::vector<Error>> load(const SettingsFlags& flags, const std::string& file) {
  auto sources = flags.sources();
  if (!sources) return tl::unexpected(sources.error());
  if (!file.empty()) sources->file = file;
  return Settings::load(*sources);
}

int config_check(const Settings& settings) {
  const std::size_t cameras = settings.cameras().size();
  print("no mistakes; " + std::to_string(cameras) + (cameras == 1 ? " camera\n" : " cameras\n"));
  return exit_status::done;
}

// `weir eval mot`.
struct EvalMotCommand {
  EvalMotOptions options;
  bool as_json = false;
  CLI::App* command = nullptr;

  void add_to(CLI::App& eval) {
    command = eval.add_subcommand("mot", "Track the detections of a scene and compare with its ground truth.");
    command->add_option("--det", options.detections, "Detections (MOTChallenge text)")
        ->type_name("det.txt")
        ->required();
    command->add_option("--gt", options.truth, "Ground truth (MOTChallenge text)")->type_name("gt.txt")->required();
    command->add_option("--fps", options.fps, "Frames a second; without it as seqinfo.ini says, else 25")
        ->type_name("N")
        ->check(CLI::Range(0.01, 1000.0));
    command->add_option("--out", options.result, "Write the tracks (MOTChallenge text)")->type_name("result.txt");
    command->add_flag("--json", as_json, "Print {\"MOTA\", \"IDF1\", \"HOTA\", \"id_switches\", …}");
    command->footer("examples:\n  weir eval mot --det det/det.txt --gt gt/gt.txt --json");
  }

  int run() const {
    const auto eval = eval_mot(options);
    if (!eval) {
      print_error("weir eval mot", eval.error());
      return exit_status::failed;
    }
    print(as_json ? eval_mot_json(*eval) : eval_mot_table(*eval));
    return exit_status::done;
  }
};

int run(int argc, char** argv) {
  CLI::App app("What is done beside the flows.", "weir");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  CLI::App* config = app.add_subcommand("config", "Settings: check them, show them, describe them.");
  config->require_subcommand(1);

  SettingsFlags flags;
  std::string file;
  bool as_json = false;
  CLI::App* check =
      config->add_subcommand("check", "Look for mistakes in file, environment and --set; exit 2 if there are any.");
  CLI::App* show = config->add_subcommand("show", "Every value that is in force and where it comes from.");
  for (CLI::App* command : {check, show}) {
    command->add_option("FILE", file, "Settings file (TOML); as --config");
    flags.add_to(*command);
  }
  show->add_flag("--json", as_json, "Print [{\"key\", \"value\", \"origin\"}, …]");
  CLI::App* schema = config->add_subcommand("schema", "A JSON schema of the settings file, for editors.");
  CLI::App* docs = config->add_subcommand("docs", "All settings explained, as Markdown: docs/settings.md.");
  config->footer(
      "examples:\n  weir config check cameras.toml\n  weir config show cameras.toml --set detect.fps=2\n"
      "  weir config schema > weir.schema.json");

  CLI::App* eval = app.add_subcommand("eval", "How good an engine is, against ground truth.");
  eval->require_subcommand(1);
  EvalMotCommand mot;
  mot.add_to(*eval);

  if (const auto status = parse(app, argc, argv)) return *status;
  if (mot.command->parsed()) return mot.run();
  if (schema->parsed()) return print(settings_json_schema()), exit_status::done;
  if (docs->parsed()) return print(settings_markdown()), exit_status::done;
  if (!file.empty() && !flags.config.empty()) {
    print_error("weir config", {Code::invalid, "impossible together: give the file once", "FILE and --config"});
    return exit_status::usage;
  }
  const auto settings = load(flags, file);
  if (!settings) {
    print_errors("weir config", settings.error());
    return exit_status::usage;
  }
  if (check->parsed()) return config_check(*settings);
  print(as_json ? settings_json(*settings) : settings_table(*settings));
  return exit_status::done;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
