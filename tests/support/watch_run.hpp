// A run of weir-watch in the background: its settings, its live report, its end.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace weir::test {

using Json = nlohmann::json;

// Makes an H.264 clip of moving figures with the ffmpeg command: `frames` at 15 a second, a key frame every 15.
// Throws if ffmpeg cannot.
void make_clip(const std::filesystem::path& path, int frames, int width = 320, int height = 180);
// The same packets as an Annex B file.
void to_annex_b(const std::filesystem::path& clip, const std::filesystem::path& path);

// Runs ffmpeg with these arguments; throws if it cannot.
void ffmpeg(std::vector<std::string> arguments);
// What ffprobe says of a file, as its JSON; null if it cannot read it. `arguments`: "-show_streams" and the like.
Json ffprobe(const std::filesystem::path& path, std::vector<std::string> arguments);

// Every line of an events file, whole lines alone.
std::vector<Json> json_lines(const std::filesystem::path& path);

// The camera of that id, or null.
Json camera(const Json& report, const std::string& id);
// What a balanced report must be; empty if it is: every pool has as many releases as acquisitions.
std::string imbalance(const Json& report);

class WatchRun {
 public:
  // `settings` is TOML; the page listens on a port of its own choice.
  WatchRun(const std::string& settings, std::vector<std::string> arguments,
           std::map<std::string, std::string> environment = {});

  // The port of the page; 0 if it did not start.
  int port();
  // Looks at the live report until `holds` says so. False if the program ends or the watchdog runs out first.
  bool wait_until(const std::function<bool(const Json&)>& holds, Watchdog watchdog = patient);

  Process& process() { return process_; }
  // After the signal, and with the report read.
  Outcome stop(int signal);
  // The end that comes by itself, with the report read.
  Outcome finish();
  // A file beside the settings, which are "weir.toml".
  std::filesystem::path file(std::string_view name) const { return dir_ / name; }
  const Json& report() const { return report_; }

 private:
  static Command command(const std::filesystem::path& dir, const std::string& settings,
                         std::vector<std::string> arguments, std::map<std::string, std::string> environment);

  ScratchDir dir_;
  Process process_;
  std::optional<int> port_;
  Json report_;
};

}  // namespace weir::test
