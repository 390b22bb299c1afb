// Everything that `weir watch` can be told, as plain values. Where they come from is the application's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weir::watch {

using Seconds = std::chrono::duration<double>;

enum class Transport { automatic, tcp, udp };
enum class MotionModel { average, mog2 };
// Source and decoder in this process, or each in a sandboxed one of its own.
enum class Pipeline { unified, decoupled };
inline const char* to_string(Pipeline pipeline) noexcept {
  return pipeline == Pipeline::decoupled ? "decoupled" : "unified";
}

struct MotionOptions {
  bool enabled = true;
  MotionModel model = MotionModel::average;
  int threshold = 18;        // luma levels, 1 to 255
  double min_area = 0.0006;  // share of the picture
  bool light_guard = true;   // follow changes of light over the whole picture
  bool operator==(const MotionOptions&) const = default;
};

struct CameraOptions {
  std::string id;
  std::string url;  // may hold a password: never shown as it is
  Transport transport = Transport::automatic;
  Pipeline pipeline = Pipeline::unified;
  std::string pipeline_from = "default";  // who said so, for people: "flag", "weir.toml:3"
  bool loop = false;                      // files only
  Seconds connect_timeout{5};
  Seconds stall_after{10};
  int decode_threads = 1;
  double detect_fps = 5;  // frames looked at in a second; 0: every frame
  int detect_width = 640, detect_height = 360;
  MotionOptions motion;
  std::uint64_t memory_max_bytes = 256'000'000;
  std::size_t ring_units = 96;  // access units kept for clients
  double preview_fps = 5;
  int preview_width = 640;
  bool operator==(const CameraOptions&) const = default;
};

struct ServerOptions {
  bool enabled = true;
  std::string host = "127.0.0.1";  // loopback
  std::uint16_t port = 8080;       // 0: a free one
  std::size_t clients_max = 32;
  bool operator==(const ServerOptions&) const = default;
};

struct WatchOptions {
  std::vector<CameraOptions> cameras;  // enabled ones, at least one; ids are unique
  ServerOptions server;
  std::uint64_t max_restarts = 5;  // crashes a minute until a camera is parked
  bool fast = false;               // every frame, as fast as possible, nothing dropped
  std::optional<Seconds> for_duration;
  std::filesystem::path events;  // one JSON line per box; empty: none
  bool operator==(const WatchOptions&) const = default;
};

}  // namespace weir::watch
