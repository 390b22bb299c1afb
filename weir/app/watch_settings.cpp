#include "weir/app/watch_settings.hpp"

#include "weir/app/log_sink.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/settings_rules.hpp"
#include "weir/app/settings_value.hpp"

namespace weir::app {
namespace {

watch::Transport transport(const std::string& text) {
  if (text == "tcp") return watch::Transport::tcp;
  return text == "udp" ? watch::Transport::udp : watch::Transport::automatic;
}

watch::MotionOptions motion_options(const Settings& s, const std::string& camera) {
  return {
      .enabled = s.boolean("motion.enabled", camera),
      .model = s.text("motion.model", camera) == "mog2" ? watch::MotionModel::mog2 : watch::MotionModel::average,
      .threshold = static_cast<int>(s.integer("motion.threshold", camera)),
      .min_area = s.number("motion.min_area", camera),
      .light_guard = s.boolean("motion.light_guard", camera),
  };
}

watch::DetectEngine engine(const std::string& text) {
  if (text == "people") return watch::DetectEngine::people;
  return text == "onnx" ? watch::DetectEngine::onnx : watch::DetectEngine::motion;
}

watch::IdleDecode idle(const std::string& text) {
  if (text == "reference") return watch::IdleDecode::reference;
  return text == "keyframes" ? watch::IdleDecode::keyframes : watch::IdleDecode::full;
}

media::HwAccel hwaccel(const std::string& text) {
  if (text == "auto") return media::HwAccel::automatic;
  if (text == "nvdec") return media::HwAccel::nvdec;
  return text == "vaapi" ? media::HwAccel::vaapi : media::HwAccel::none;
}

std::vector<watch::Point> points(const std::string& text) {
  std::vector<watch::Point> out;
  const auto parsed = parse_points(text);
  if (!parsed) fatal("points passed the check but cannot be read");
  for (const SettingPoint& point : *parsed) out.push_back({point.x, point.y});
  return out;
}

watch::RecordOptions record_options(const Settings& s, const std::string& camera) {
  return {
      .continuous = s.boolean("record.continuous", camera),
      .clips = s.boolean("record.clips", camera),
      .snapshots = s.boolean("record.snapshots", camera),
      .segment = watch::Seconds(s.number("record.segment_s", camera)),
      .pre = watch::Seconds(s.number("record.pre_s", camera)),
      .post = watch::Seconds(s.number("record.post_s", camera)),
      .ring_bytes = s.bytes("record.ring", camera),
  };
}

watch::DetectorOptions detector_options(const Settings& s) {
  return {
      .model = s.text("detect.model"),
      .labels = s.text("detect.labels"),
      .layout = s.text("detect.layout"),
      .threads = static_cast<int>(s.integer("detect.threads")),
  };
}

watch::StoreOptions store_options(const Settings& s) {
  return {
      .dir = s.text("record.dir"),
      .keep = watch::Seconds(s.number("record.keep_days") * 86400),
      .keep_bytes = s.bytes("record.keep_bytes"),
      .min_free_bytes = s.bytes("record.min_free"),
  };
}

watch::NotifyOptions notify_options(const Settings& s) {
  return {
      .webhook_url = s.text("webhook.url"),
      .webhook_token = s.text("webhook.token"),
      .webhook_timeout = watch::Seconds(s.number("webhook.timeout_s")),
      .mqtt_host = s.text("mqtt.host"),
      .mqtt_port = static_cast<int>(s.integer("mqtt.port")),
      .mqtt_user = s.text("mqtt.user"),
      .mqtt_password = s.text("mqtt.password"),
      .mqtt_ca = s.text("mqtt.ca"),
      .mqtt_topic = s.text("mqtt.topic"),
      .mqtt_discovery = s.boolean("mqtt.discovery"),
      .dir = s.text("notify.dir"),
      .queue_max_bytes = s.bytes("notify.queue_max"),
  };
}

watch::CameraOptions camera_options(const Settings& s, const std::string& camera, bool fast) {
  const double detect_fps = s.number("detect.fps", camera);
  const bool every_frame = fast && s.layer("detect.fps", camera) == Layer::fallback;
  return {
      .id = camera,
      .url = s.text("url", camera),
      .detect_url = s.text("detect_url", camera),
      .transport = transport(s.text("transport", camera)),
      .pipeline = s.text("pipeline", camera) == "decoupled" ? watch::Pipeline::decoupled : watch::Pipeline::unified,
      .pipeline_from = s.origin("pipeline", camera),
      .loop = s.boolean("source.loop", camera),
      .connect_timeout = watch::Seconds(s.number("source.connect_timeout_s", camera)),
      .stall_after = watch::Seconds(s.number("source.stall_after_s", camera)),
      .decode_threads = static_cast<int>(s.integer("decode.threads", camera)),
      .hwaccel = hwaccel(s.text("decode.hwaccel", camera)),
      .idle = idle(s.text("decode.idle", camera)),
      .idle_after = watch::Seconds(s.number("decode.idle_after_s", camera)),
      .engine = engine(s.text("detect.engine", camera)),
      .when = s.text("detect.when", camera) == "always" ? watch::DetectWhen::always : watch::DetectWhen::motion,
      .classes = parse_list(s.text("detect.classes", camera)),
      .confidence = s.number("detect.confidence", camera),
      .detect_fps = every_frame ? 0 : detect_fps,
      .detect_width = static_cast<int>(s.integer("detect.width", camera)),
      .detect_height = static_cast<int>(s.integer("detect.height", camera)),
      .motion = motion_options(s, camera),
      .drawn = drawn_options(s, camera),
      .record = record_options(s, camera),
      .memory_max_bytes = s.bytes("memory.camera_max", camera),
      .ring_units = static_cast<std::size_t>(s.integer("wire.ring", camera)),
      .preview_fps = s.number("preview.fps", camera),
      .preview_width = static_cast<int>(s.integer("preview.width", camera)),
  };
}

watch::ServerOptions server_options(const Settings& s, bool fast) {
  const auto address = parse_listen(s.text("server.listen"));
  if (!address) fatal("a listen address passed the check but cannot be read");
  // A run that is over in a moment listens only when told to.
  const bool told = s.layer("server.listen") != Layer::fallback || s.layer("server.enabled") != Layer::fallback;
  return {
      .enabled = s.boolean("server.enabled") && (!fast || told),
      .host = address->host,
      .port = address->port,
      .clients_max = static_cast<std::size_t>(s.integer("server.clients_max")),
  };
}

void check_fast(const watch::CameraOptions& camera, std::vector<Error>& errors) {
  const std::string prefix = "cameras." + camera.id + '.';
  const SourceKind kind = source_kind(camera.url);
  if (kind == SourceKind::network || kind == SourceKind::device) {
    errors.push_back({Code::invalid, "impossible together", "--fast and " + prefix + "url",
                      printable(redact(camera.url)) + " sends at its own pace"});
  } else if (camera.loop) {
    errors.push_back({Code::invalid, "impossible together", "--fast and " + prefix + "source.loop",
                      "a loop runs at the file's own rate"});
  }
}

}  // namespace

watch::DrawnOptions drawn_options(const Settings& s, const std::string& camera) {
  watch::DrawnOptions out;
  for (const std::string& name : s.names("zones", camera)) {
    out.zones.push_back({.name = name,
                         .points = points(s.text("zones.NAME.points", camera, name)),
                         .classes = parse_list(s.text("zones.NAME.classes", camera, name)),
                         .dwell = watch::Seconds(s.number("zones.NAME.dwell_s", camera, name))});
  }
  for (const std::string& name : s.names("lines", camera)) {
    const auto ends = points(s.text("lines.NAME.points", camera, name));
    out.lines.push_back({.name = name,
                         .from = ends[0],
                         .to = ends[1],
                         .classes = parse_list(s.text("lines.NAME.classes", camera, name))});
  }
  for (const std::string& name : s.names("masks", camera)) {
    out.masks.push_back({.name = name, .points = points(s.text("masks.NAME.points", camera, name))});
  }
  return out;
}

AppOptions app_options(const Settings& settings) {
  const auto level = parse_level(settings.text("log.level"));
  if (!level) fatal("log.level has a choice that the log does not know");
  return {*level};
}

tl::expected<watch::WatchOptions, std::vector<Error>> watch_options(const Settings& settings, const WatchRun& run) {
  std::vector<Error> errors;
  watch::WatchOptions out;
  for (const std::string& camera : settings.cameras()) {
    if (!settings.boolean("enabled", camera)) continue;
    out.cameras.push_back(camera_options(settings, camera, run.fast));
    if (run.fast) check_fast(out.cameras.back(), errors);
  }
  if (out.cameras.empty()) {
    errors.push_back({Code::invalid, "nothing to watch: give a file, an rtsp:// address or demo:street", "",
                      settings.cameras().empty() ? "" : "every camera in the settings is disabled"});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  out.server = server_options(settings, run.fast);
  out.detector = detector_options(settings);
  out.store = store_options(settings);
  out.notify = notify_options(settings);
  out.max_restarts = static_cast<std::uint64_t>(settings.integer("supervisor.max_restarts"));
  out.fast = run.fast;
  out.for_duration = run.for_duration;
  out.events = run.events;
  return out;
}

}  // namespace weir::app
