// weir: the thin front. It runs the flow's own program beside itself, as git does, and links nothing of the flows.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "weir/app/did_you_mean.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/terminal.hpp"

namespace {

using namespace weir;
using namespace weir::app;

struct Command {
  std::string_view name;
  const char* program;  // beside this one
  bool keep_name;       // weir-tools needs to know which of its commands is meant
};
constexpr std::array commands = {
    Command{"watch", "weir-watch", false}, Command{"spatial", "weir-spatial", false},
    Command{"read", "weir-read", false},   Command{"config", "weir-tools", true},
    Command{"eval", "weir-tools", true},
};

constexpr const char* help =
    R"(weir: live media whose memory stays level

  weir watch SOURCE...       cameras and files: movement, live in the browser
  weir spatial --in --out    surround sound for headphones
  weir read BOOK --out       a document aloud, every word in time
  weir config check [FILE]   look for mistakes in settings
  weir config show [FILE]    every setting with its origin
  weir eval mot              how well detections are tracked, against ground truth

  weir COMMAND --help        all about one command
  weir --version

examples:
  weir watch demo:street
  weir watch front.mp4 rtsp://10.0.0.7/gate --for 30s --report out.json
  weir spatial --in film.flac --out headphones.wav
  weir read book.epub --out book.m4b
)";

int usage(const char* text, std::string owner, std::string detail) {
  print_error("weir", {Code::invalid, text, std::move(owner), std::move(detail)});
  return exit_status::usage;
}

int run(const Command& command, int argc, char** argv, int first) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string program = (self.parent_path() / command.program).string();
  std::vector<char*> arguments = {const_cast<char*>(command.program)};
  for (int i = command.keep_name ? first : first + 1; i < argc; ++i) arguments.push_back(argv[i]);
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  print_error("weir",
              {Code::not_found, "cannot be run; build or install it beside weir", program, std::strerror(errno)});
  return exit_status::failed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word.empty()) {
    std::fputs(help, stderr);
    return exit_status::usage;
  }
  if (word == "--help" || word == "-h" || (word == "help" && argc == 2)) {
    std::fputs(help, stdout);
    return exit_status::done;
  }
  if (word == "--version") {
    std::puts("weir " WEIR_VERSION);
    return exit_status::done;
  }
  for (const Command& command : commands) {
    if (word == command.name) return run(command, argc, argv, 1);
  }
  std::vector<std::string_view> names;
  for (const Command& command : commands) names.push_back(command.name);
  const std::string_view near = did_you_mean(word, names);
  return usage("unknown command; weir --help lists them", printable(redact(word)),
               near.empty() ? "" : "did you mean weir " + std::string(near) + "?");
}
