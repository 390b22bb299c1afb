#include "weir/app/read_command.hpp"

#include <charconv>

#include "weir/app/command_line.hpp"
#include "weir/app/read_settings.hpp"
#include "weir/app/terminal.hpp"

namespace weir::app {
namespace {

constexpr const char* name = "weir read";

struct Flags {
  SettingsFlags settings;
  std::string book, voice, speed, from, out, subtitles, dump, password, report;
  bool voices = false;
};

void describe(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.add_option("book", flags.book, "A document: .txt .md .html .epub .pdf .docx")->type_name("BOOK");
  app.add_option("--voice", flags.voice, "Who reads: en-gb, de, en-us+f3, flite:slt (read.voice)")->type_name("V");
  app.add_option("--speed", flags.speed, "How fast, 0.5 to 3; the pitch stays (read.speed)")->type_name("X");
  app.add_option("--from", flags.from, "The chapter to begin with, and its paragraph: 3 or 3:12")->type_name("CH[:P]");
  app.add_option(
         "--out", flags.out,
         "What it becomes: .wav .flac .opus .mp3, .m4b with chapters, .epub with its sound; a folder for a file "
         "per chapter; - for WAV to standard output")
      ->type_name("FILE|DIR");
  app.add_option("--subtitles", flags.subtitles, "Beside it .srt, .vtt or .lrc; for a folder the ending alone")
      ->type_name("FILE");
  app.add_option("--dump", flags.dump, "Every word with its time and place, a JSON object a line")
      ->type_name("words.jsonl");
  app.add_option("--password", flags.password, "Of an encrypted PDF")->type_name("P");
  app.add_flag("--voices", flags.voices, "List the voices, and end");
  app.add_option("--report", flags.report, "Write a report at the end")->type_name("out.json");
  flags.settings.add_to(app);
  app.footer(
      "examples:\n"
      "  weir read moby-dick.epub --out moby-dick.m4b\n"
      "  weir read thesis.pdf --voice en-us+f3 --speed 1.4 --from 3:12 --out rest.mp3 --subtitles rest.srt\n"
      "  weir read book.md --out book/            a file per chapter; goes on where it was interrupted\n"
      "  weir read letter.txt --out - | aplay");
}

std::optional<std::uint32_t> ordinal(const char*& at, const char* end) {
  std::uint32_t value = 0;
  const auto [rest, error] = std::from_chars(at, end, value);
  if (error != std::errc() || value == 0) return std::nullopt;
  at = rest;
  return value - 1;
}

// "3" or "3:12", from 1.
Result<documents::Position> position_of(const std::string& text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto chapter = ordinal(at, end);
  if (chapter && at == end) return documents::Position{*chapter, 0};
  if (chapter && *at == ':') {
    ++at;
    const auto paragraph = ordinal(at, end);
    if (paragraph && at == end) return documents::Position{*chapter, *paragraph};
  }
  return fail(Code::invalid, "a chapter, or a chapter and a paragraph, from 1: 3 or 3:12", "--from", text);
}

tl::expected<Settings, std::vector<Error>> load(const Flags& flags) {
  std::vector<Assignment> assignments;
  if (!flags.voice.empty()) assignments.push_back(flag({"read", "voice"}, flags.voice));
  if (!flags.speed.empty()) assignments.push_back(flag({"read", "speed"}, flags.speed));
  const auto sources = flags.settings.sources(std::move(assignments));
  if (!sources) return tl::unexpected(sources.error());
  return Settings::load(*sources);
}

Result<read::ReadOptions> options_of(const Settings& settings, const Flags& flags) {
  read::ReadOptions out = read_options(settings);
  if (flags.voices) return out;
  if (flags.book.empty()) return fail(Code::invalid, "which document? weir read BOOK --out FILE", "BOOK");
  if (flags.out.empty() && flags.subtitles.empty() && flags.dump.empty()) {
    return fail(Code::invalid, "say what it shall become: --out FILE, --subtitles FILE or --dump FILE", "--out");
  }
  out.book = flags.book;
  out.password = flags.password;
  out.out = flags.out;
  out.subtitles = flags.subtitles;
  out.dump = flags.dump;
  if (!flags.from.empty()) {
    const auto from = position_of(flags.from);
    if (!from) return tl::unexpected(from.error());
    out.from = *from;
  }
  return out;
}

}  // namespace

std::variant<ReadCommand, int> parse_read_command(int argc, const char* const* argv) {
  CLI::App app("A document, read aloud: to a file, with every word in time.", name);
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
  return ReadCommand{std::move(*options), app_options(*settings), flags.report, flags.voices};
}

}  // namespace weir::app
