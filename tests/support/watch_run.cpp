#include "tests/support/watch_run.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/support/ws_client.hpp"

namespace weir::test {

namespace {

std::optional<Json> get_json(int port, const std::string& path) {
  const auto answer = http(static_cast<std::uint16_t>(port), "GET", path);
  if (!answer || answer->status != 200) return std::nullopt;
  Json json = Json::parse(answer->body, nullptr, false);
  return json.is_discarded() ? std::nullopt : std::optional(std::move(json));
}

}  // namespace

void ffmpeg(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffmpeg", "-nostdin", "-v", "error", "-y"});
  const Outcome outcome = run({.argv = std::move(arguments)});
  if (!outcome.ok()) throw std::runtime_error("ffmpeg: " + outcome.line());
}

Json ffprobe(const std::filesystem::path& path, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ffprobe", "-v", "error", "-of", "json"});
  arguments.push_back(path.string());
  const Outcome outcome = run({.argv = std::move(arguments)});
  const Json json = Json::parse(outcome.out, nullptr, false);
  return outcome.ok() && outcome.err.empty() && !json.is_discarded() ? json : Json(nullptr);
}

std::vector<Json> json_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) lines.push_back(Json::parse(line));
  return lines;
}

void make_clip(const std::filesystem::path& path, int frames, int width, int height) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  ffmpeg({"-f", "lavfi", "-i", "testsrc2=s=" + size + ":r=15", "-frames:v", std::to_string(frames), "-pix_fmt",
          "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "15", path.string()});
}

void to_annex_b(const std::filesystem::path& clip, const std::filesystem::path& path) {
  ffmpeg({"-i", clip.string(), "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", path.string()});
}

Json camera(const Json& report, const std::string& id) {
  for (const auto& entry : report.value("cameras", Json::array())) {
    if (entry.value("id", "") == id) return entry;
  }
  return nullptr;
}

std::string imbalance(const Json& report) {
  if (!report.contains("pools") || report["pools"].empty()) return "the report shows no pool";
  std::string problems;
  for (const auto& pool : report["pools"]) {
    if (pool["acquired"] != pool["released"] || pool["outstanding"] != 0) problems += pool.dump() + "\n";
  }
  return problems;
}

Command WatchRun::command(const std::filesystem::path& dir, const std::string& settings,
                          std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  const auto watch = program("weir-watch");
  if (!watch) throw std::runtime_error("weir-watch was not built");
  std::ofstream(dir / "weir.toml") << settings;
  std::vector<std::string> argv{watch->string(), "--config", (dir / "weir.toml").string(),  "--listen",
                                "127.0.0.1:0",   "--report", (dir / "report.json").string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return {.argv = std::move(argv), .env = std::move(environment)};
}

WatchRun::WatchRun(const std::string& settings, std::vector<std::string> arguments,
                   std::map<std::string, std::string> environment)
    : process_(command(dir_.path(), settings, std::move(arguments), std::move(environment))) {}

int WatchRun::port() {
  if (!port_) {
    const auto match = process_.wait_for_output("watching .*http://127\\.0\\.0\\.1:([0-9]+)");
    port_ = match ? std::stoi(match->at(1)) : 0;
  }
  return *port_;
}

bool WatchRun::wait_until(const std::function<bool(const Json&)>& holds, Watchdog limit) {
  if (port() == 0) return false;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline && process_.running()) {
    if (auto json = get_json(port(), "/api/report")) {
      report_ = std::move(*json);
      if (holds(report_)) return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

Outcome WatchRun::stop(int signal) {
  process_.send(signal);
  return finish();
}

Outcome WatchRun::finish() {
  Outcome outcome = process_.wait();
  std::ifstream file(dir_ / "report.json");
  report_ = Json::parse(file, nullptr, false);
  if (report_.is_discarded()) report_ = nullptr;
  return outcome;
}

}  // namespace weir::test
