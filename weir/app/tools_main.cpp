// weir-tools: what is done beside the flows. `weir config …` comes here.
#include <cstdio>
#include <string>

#include "weir/app/command_line.hpp"
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

  if (const auto status = parse(app, argc, argv)) return *status;
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
