#include "weir/app/spatial_command.hpp"

#include <charconv>

#include "weir/app/command_line.hpp"
#include "weir/app/duration.hpp"
#include "weir/app/spatial_settings.hpp"
#include "weir/app/terminal.hpp"

namespace weir::app {
namespace {

constexpr const char* name = "weir spatial";

struct Flags {
  SettingsFlags settings;
  std::string in, out, hrir, layout, eq, gain, format = "s24", quantum, for_duration, report;
  CLI::Option* paced = nullptr;
  std::string speed;
  double jitter = 0;
  std::uint64_t seed = 1;
};

void describe(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.add_option("--in", flags.in, "Surround sound: any audio file, - for standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("--out", flags.out, "Sound for headphones: .wav or .flac; - for standard output")
      ->type_name("FILE")
      ->required();
  app.add_option("--hrir", flags.hrir, "Responses: HeSuVi or Impulcifer WAV, SOFA, a folder of pairs (spatial.hrir)")
      ->type_name("FILE");
  app.add_option("--layout", flags.layout, "Where the channels are: 5.1, 7.1, 7.1.4, FL,FR,FC (spatial.layout)")
      ->type_name("LAYOUT");
  app.add_option("--eq", flags.eq, "Equalizer APO or AutoEq text (spatial.eq)")->type_name("FILE");
  app.add_option("--gain", flags.gain, "Turn the output up or down (spatial.gain_db)")->type_name("DB");
  app.add_option("--format", flags.format, "Samples: s16 and s24 are dithered, s32, f32")
      ->check(CLI::IsMember({"s16", "s24", "s32", "f32"}))
      ->capture_default_str();
  app.add_option("--for", flags.for_duration, "Only the first part of the input: 30s, 2m, 1h")->type_name("TIME");
  flags.paced = app.add_option("--paced", flags.speed,
                               "As a sound card would ask for it, at real time or so many times as fast: --paced=8")
                    ->type_name("SPEED")
                    ->expected(0, 1);
  app.add_option("--quantum", flags.quantum,
                 "Frames of a block, 1 to 8192 (4096, or 1024 if paced); several: drawn at random, as 64,511,512")
      ->type_name("N[,N...]");
  app.add_option("--jitter", flags.jitter, "How late a paced block may be asked for, in shares of its time")
      ->needs(flags.paced)
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", flags.seed, "Of what is drawn at random");
  app.add_option("--report", flags.report, "Write a report at the end")->type_name("out.json");
  flags.settings.add_to(app);
  app.footer(
      "examples:\n"
      "  weir spatial --in film.flac --out headphones.wav\n"
      "  weir spatial --hrir atmos.wav --eq hd650.txt --gain -3 --in game.wav --out game.flac\n"
      "  ffmpeg -i film.mkv -f wav - | weir spatial --layout 5.1 --in - --out film.wav\n"
      "  weir spatial --in test.wav --out out.wav --paced --quantum 128 --report r.json");
}

Result<std::vector<int>> blocks_of(const std::string& text) {
  std::vector<int> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    int frames = 0;
    const auto [rest, error] = std::from_chars(at, end, frames);
    if (error != std::errc() || frames < 1 || frames > 8192 || (rest != end && *rest != ',')) {
      return fail(Code::invalid, "a block has 1 to 8192 frames; write 128, or 64,511,512", "--quantum", text);
    }
    out.push_back(frames);
    if (rest == end) return out;
    at = rest + 1;
  }
}

media::SampleFormat format_of(const std::string& text) {
  if (text == "s16") return media::SampleFormat::int16;
  if (text == "s32") return media::SampleFormat::int32;
  return text == "f32" ? media::SampleFormat::float32 : media::SampleFormat::int24;
}

// Without a number: real time.
Result<double> speed_of(const std::string& text) {
  if (text.empty()) return 1.0;
  double speed = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || rest != text.data() + text.size() || !(speed >= 0.01 && speed <= 1000)) {
    return fail(Code::invalid, "how many times as fast as real time: 0.01 to 1000", "--paced", text);
  }
  return speed;
}

tl::expected<Settings, std::vector<Error>> load(const Flags& flags) {
  std::vector<Assignment> assignments;
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) assignments.push_back(flag({"spatial", key}, value));
  };
  set("hrir", flags.hrir);
  set("layout", flags.layout);
  set("eq", flags.eq);
  set("gain_db", flags.gain);
  const auto sources = flags.settings.sources(std::move(assignments));
  if (!sources) return tl::unexpected(sources.error());
  return Settings::load(*sources);
}

Result<spatial::SpatialOptions> options_of(const Settings& settings, const Flags& flags) {
  spatial::SpatialOptions out = spatial_options(settings);
  out.in = flags.in;
  out.out = flags.out;
  out.format = format_of(flags.format);
  out.seed = flags.seed;
  if (flags.paced->count() > 0) {
    const auto speed = speed_of(flags.speed);
    if (!speed) return tl::unexpected(speed.error());
    out.paced = {.speed = *speed, .jitter = flags.jitter};
    out.blocks = {1024};  // as sound cards ask for it; a file is done sooner in longer ones
  }
  if (!flags.quantum.empty()) {
    auto blocks = blocks_of(flags.quantum);
    if (!blocks) return tl::unexpected(blocks.error());
    out.blocks = std::move(*blocks);
  }
  if (!flags.for_duration.empty()) {
    const auto duration = parse_duration(flags.for_duration, "--for");
    if (!duration) return tl::unexpected(duration.error());
    out.for_duration = *duration;
  }
  return out;
}

}  // namespace

std::variant<SpatialCommand, int> parse_spatial_command(int argc, const char* const* argv) {
  CLI::App app("Surround sound for headphones, through impulse responses.", name);
  Flags flags;
  describe(app, flags);
  if (const auto status = parse(app, argc, argv)) return *status;
  const auto settings = load(flags);
  if (!settings) {
    print_errors(name, settings.error());
    return exit_status::usage;
  }
  auto options = options_of(*settings, flags);
  if (!options) {
    print_error(name, options.error());
    return exit_status::usage;
  }
  return SpatialCommand{std::move(*options), app_options(*settings), flags.report};
}

}  // namespace weir::app
