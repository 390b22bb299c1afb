#include "weir/app/command_line.hpp"

#include <unistd.h>

#include "weir/app/redact.hpp"
#include "weir/app/terminal.hpp"

namespace weir::app {

void SettingsFlags::add_to(CLI::App& app) {
  app.add_option("--config", config, "Settings file (TOML)")->type_name("FILE");
  app.add_option("--set", set, "One setting, as in the file: --set detect.fps=2; can be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)  // what follows the value is a source
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

tl::expected<SettingsSources, std::vector<Error>> SettingsFlags::sources(std::vector<Assignment> flags) const {
  std::vector<Error> errors;
  SettingsSources out;
  if (!config.empty()) out.file = config;
  out.environment = process_environment();
  for (const std::string& text : set) {
    if (auto assignment = parse_assignment(text))
      out.flags.push_back(std::move(*assignment));
    else
      errors.push_back(assignment.error());
  }
  out.flags.insert(out.flags.end(), flags.begin(), flags.end());
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return out;
}

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return exit_status::done;
  } catch (const CLI::CallForVersion& version) {
    std::puts(version.what());
    return exit_status::done;
  } catch (const CLI::ParseError& error) {
    print_error(app.get_name(), {Code::invalid, "see --help", printable(redact(error.what()))});
    return exit_status::usage;
  }
}

std::vector<std::string> process_environment() {
  std::vector<std::string> out;
  for (char** variable = environ; *variable != nullptr; ++variable) out.emplace_back(*variable);
  return out;
}

}  // namespace weir::app
