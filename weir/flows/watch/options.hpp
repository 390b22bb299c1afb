// Everything that `weir watch` can be told, as plain values. Where they come from is the application's business.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weir/media/hw_accel.hpp"

namespace weir::watch {

using Seconds = std::chrono::duration<double>;

enum class Transport { automatic, tcp, udp };
enum class MotionModel { average, mog2 };
// Source and decoder in this process, or each in a sandboxed one of its own.
enum class Pipeline { unified, decoupled };
inline const char* to_string(Pipeline pipeline) noexcept {
  return pipeline == Pipeline::decoupled ? "decoupled" : "unified";
}

enum class DetectEngine { motion, people, onnx };
inline const char* to_string(DetectEngine engine) noexcept {
  return engine == DetectEngine::motion ? "motion" : engine == DetectEngine::people ? "people" : "onnx";
}
enum class DetectWhen { motion, always };
// What is decoded while nothing moves.
enum class IdleDecode { full, reference, keyframes };
inline const char* to_string(IdleDecode idle) noexcept {
  return idle == IdleDecode::full ? "full" : idle == IdleDecode::reference ? "reference" : "keyframes";
}

// A share of the picture, 0 to 1 from its upper left corner.
struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};
struct ZoneOptions {
  std::string name;
  std::vector<Point> points;         // of a polygon, at least 3
  std::vector<std::string> classes;  // none: all
  Seconds dwell{0};                  // 0: staying is no event
  bool operator==(const ZoneOptions&) const = default;
};
struct LineOptions {
  std::string name;
  Point from, to;
  std::vector<std::string> classes;
  bool operator==(const LineOptions&) const = default;
};
struct MaskOptions {
  std::string name;
  std::vector<Point> points;
  bool operator==(const MaskOptions&) const = default;
};
// What people draw on a camera's picture.
struct DrawnOptions {
  std::vector<ZoneOptions> zones;
  std::vector<LineOptions> lines;
  std::vector<MaskOptions> masks;
  bool operator==(const DrawnOptions&) const = default;
};

struct RecordOptions {
  bool continuous = false, clips = true, snapshots = true;
  Seconds segment{60}, pre{5}, post{5};
  std::uint64_t ring_bytes = 8'000'000;
  bool operator==(const RecordOptions&) const = default;
};

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
  std::string url;         // may hold a password: never shown as it is
  std::string detect_url;  // another stream of the camera to look at; empty: the same
  Transport transport = Transport::automatic;
  Pipeline pipeline = Pipeline::unified;
  std::string pipeline_from = "default";  // who said so, for people: "flag", "weir.toml:3"
  bool loop = false;                      // files only
  Seconds connect_timeout{5};
  Seconds stall_after{10};
  int decode_threads = 1;
  media::HwAccel hwaccel = media::HwAccel::none;
  IdleDecode idle = IdleDecode::full;
  Seconds idle_after{10};
  DetectEngine engine = DetectEngine::motion;
  DetectWhen when = DetectWhen::motion;
  std::vector<std::string> classes;  // that are reported; none: all
  double confidence = 0.5;           // least one of a new track
  double detect_fps = 5;             // frames looked at in a second; 0: every frame
  int detect_width = 640, detect_height = 360;
  MotionOptions motion;
  DrawnOptions drawn;
  RecordOptions record;
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

// The engines that serve all cameras.
struct DetectorOptions {
  std::filesystem::path model, labels;
  std::string layout = "auto";
  int threads = 1;
  bool operator==(const DetectorOptions&) const = default;
};

// Where recordings lie, and how long.
struct StoreOptions {
  std::filesystem::path dir;  // empty: nothing is recorded
  Seconds keep{7 * 86400};
  std::uint64_t keep_bytes = 20'000'000'000, min_free_bytes = 1'000'000'000;
  bool operator==(const StoreOptions&) const = default;
};

// Who is told of events.
struct NotifyOptions {
  std::string webhook_url, webhook_token;  // empty: none
  Seconds webhook_timeout{10};
  std::string mqtt_host;  // empty: none
  int mqtt_port = 1883;
  std::string mqtt_user, mqtt_password, mqtt_ca, mqtt_topic = "weir";
  bool mqtt_discovery = true;
  std::filesystem::path dir;  // of the queues
  std::uint64_t queue_max_bytes = 64'000'000;
  bool any() const noexcept { return !webhook_url.empty() || !mqtt_host.empty(); }
  bool operator==(const NotifyOptions&) const = default;
};

struct WatchOptions {
  std::vector<CameraOptions> cameras;  // enabled ones, at least one; ids are unique
  ServerOptions server;
  DetectorOptions detector;
  StoreOptions store;
  NotifyOptions notify;
  std::uint64_t max_restarts = 5;  // crashes a minute until a camera is parked
  bool fast = false;               // every frame, as fast as possible, nothing dropped
  std::optional<Seconds> for_duration;
  std::filesystem::path events;  // one JSON line per box and event; empty: none
  bool operator==(const WatchOptions&) const = default;
};

}  // namespace weir::watch
