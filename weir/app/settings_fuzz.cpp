// Any bytes as settings file, environment and --set: an answer or a list of errors, each one printable line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "weir/app/settings.hpp"
#include "weir/app/settings_docs.hpp"
#include "weir/app/watch_settings.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // What stands before a NUL is the file, then come environment variables and assignments in turn.
  app::SettingsSources sources;
  std::size_t start = input.find('\0');
  const std::string_view file = input.substr(0, start);
  for (bool variable = true; start != std::string_view::npos; variable = !variable) {
    const std::size_t end = input.find('\0', start + 1);
    const std::string_view part = input.substr(start + 1, end == std::string_view::npos ? end : end - start - 1);
    if (variable) {
      sources.environment.push_back("WEIR_" + std::string(part));
    } else if (auto assignment = app::parse_assignment(part)) {
      sources.flags.push_back(*assignment);
    }
    start = end;
  }
  const auto settings = app::Settings::load_text(file, "fuzz.toml", sources);
  if (!settings) {
    if (settings.error().empty()) std::abort();
    for (const Error& error : settings.error()) {
      if (error.line().empty() || error.line().find('\n') != std::string::npos) std::abort();
    }
    return 0;
  }
  app::settings_table(*settings);
  app::settings_json(*settings);
  if (const auto options = app::watch_options(*settings, {}); options && options->cameras.empty()) std::abort();
  return 0;
}
