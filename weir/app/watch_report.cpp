#include "weir/app/watch_report.hpp"

#include <algorithm>
#include <numeric>

#include <nlohmann/json.hpp>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

DropCounts all_drops(const watch::CameraReport& camera) {
  DropCounts sum{};
  for (const auto& [stage, drops] : camera.dropped) {
    std::transform(sum.begin(), sum.end(), drops.begin(), sum.begin(), std::plus<>{});
  }
  return sum;
}

double milliseconds(watch::Seconds seconds) { return seconds.count() * 1e3; }

Json zones_json(const watch::FollowReport& followed) {
  Json out = Json::array();
  for (const auto& [name, count] : followed.zones) {
    out.push_back({{"name", name}, {"inside", count.inside}, {"entered", count.entered}, {"left", count.left}});
  }
  return out;
}

Json lines_json(const watch::FollowReport& followed) {
  Json out = Json::array();
  for (const auto& [name, count] : followed.lines) {
    out.push_back({{"name", name}, {"forward", count.forward}, {"backward", count.backward}});
  }
  return out;
}

std::uint64_t left_out(const watch::CameraReport& camera) {
  const auto decode = camera.dropped.find("decode");
  return decode == camera.dropped.end() ? 0 : decode->second[static_cast<std::size_t>(Drop::idle)];
}

Json recording_json(const watch::CameraReport& camera) {
  if (!camera.recording) return nullptr;
  const media::RecorderReport& r = *camera.recording;
  return {{"state", media::to_string(r.state)},
          {"segments", r.segments},
          {"clips", r.clips},
          {"open_clips", r.open_clips},
          {"refused_clips", r.refused_clips},
          {"bytes", r.bytes},
          {"packets", r.packets},
          {"errors", r.errors},
          {"last_error", r.last_error}};
}

Json hwaccel_json(const media::HwChoice& choice) {
  const std::string chosen = media::chosen_name(choice);
  return {{"asked", media::to_string(choice.asked)},
          {"chosen", chosen.empty() ? Json(nullptr) : Json(chosen)},
          {"why", choice.why}};
}

Json detectors_json(const std::vector<watch::DetectReport>& detectors) {
  Json out = Json::array();
  for (const watch::DetectReport& d : detectors) {
    out.push_back({{"id", d.id},
                   {"name", d.name},
                   {"layout", d.layout},
                   {"shapes", d.shapes},
                   {"cameras", d.cameras},
                   {"frames", d.frames},
                   {"failures", d.failures},
                   {"service_ms",
                    {{"p50", static_cast<double>(d.service_p50_ns) / 1e6},
                     {"max", static_cast<double>(d.service_max_ns) / 1e6}}}});
  }
  return out;
}

Json recordings_json(const std::optional<media::RetentionReport>& recordings) {
  if (!recordings) return nullptr;
  return {{"files", recordings->files},
          {"bytes", recordings->bytes},
          {"deleted_files", recordings->deleted_files},
          {"deleted_bytes", recordings->deleted_bytes},
          {"refused", recordings->refused},
          {"errors", recordings->errors},
          {"last_error", recordings->last_error}};
}

Json senders_json(const std::vector<watch::SenderStatus>& senders) {
  Json out = Json::array();
  for (const watch::SenderStatus& s : senders) {
    Json dropped = Json::object();
    for (const auto& [reason, n] : s.dropped) dropped[reason] = n;
    out.push_back({{"id", s.id},
                   {"to", s.to},
                   {"up", s.up},
                   {"offered", s.offered},
                   {"sent", s.sent},
                   {"waiting", s.waiting},
                   {"failures", s.failures},
                   {"dropped", dropped},
                   {"last_error", s.last_error}});
  }
  return out;
}

Json camera_json(const watch::CameraReport& camera) {
  Json stages = Json::object();
  for (const auto& [stage, drops] : camera.dropped) stages[stage] = drops_json(drops);
  Json capacity = Json::array();
  for (const Line::Term& term : camera.capacity) capacity.push_back({{"what", term.what}, {"slots", term.slots}});
  Json causes = Json::object();
  for (const auto& [cause, n] : camera.child.causes) causes[cause] = n;
  return {{"id", camera.id},
          {"state", to_string(camera.child.state)},
          {"reason", redact(camera.child.reason)},
          {"pipeline", to_string(camera.pipeline)},
          {"pipeline_from", camera.pipeline_from},
          {"engine", to_string(camera.engine)},
          {"second", camera.second ? Json{{"state", to_string(camera.second->state)},
                                          {"reason", redact(camera.second->reason)},
                                          {"received", camera.detect_received}}
                                   : Json(nullptr)},
          {"received", camera.received},
          {"decoded", camera.decoded},
          {"looked", camera.looked},
          {"detected", camera.detected},
          {"boxes", camera.boxes},
          {"dropped", drops_json(all_drops(camera))},
          {"dropped_by_stage", stages},
          {"clients", camera.clients},
          {"client_dropped", drops_json(camera.client_dropped)},
          {"restarts", camera.child.restarts},
          {"restart_causes", causes},
          {"fps", camera.fps},
          {"frame_age_ms",
           {{"p50", milliseconds(camera.frame_age.p50)},
            {"p95", milliseconds(camera.frame_age.p95)},
            {"p99", milliseconds(camera.frame_age.p99)},
            {"max", milliseconds(camera.frame_age.max)}}},
          {"result_age_bound_ms", milliseconds(camera.result_age_bound)},
          {"tracks", camera.followed.tracks},
          {"zones", zones_json(camera.followed)},
          {"lines", lines_json(camera.followed)},
          {"decode",
           {{"idle", to_string(camera.idle)},
            {"hwaccel", hwaccel_json(camera.hwaccel)},
            {"left_out", left_out(camera)},
            {"cpu_s", camera.decoding.count()},
            {"saved_s", camera.decoding_saved.count()}}},
          {"recording", recording_json(camera)},
          {"snapshots", camera.snapshots},
          {"codec", camera.codec},
          {"width", camera.width},
          {"height", camera.height},
          {"into_leases", camera.into_leases},
          {"adopted", camera.adopted},
          {"copied", camera.copied},
          {"heap_frames", camera.heap_frames},
          {"decode_errors", camera.decode_errors},
          {"withheld", camera.withheld},
          {"memory_bytes", camera.memory_bytes},
          {"memory_max_bytes", camera.memory_max_bytes},
          {"capacity", capacity}};
}

}  // namespace

WatchShown shown_of(const watch::Status& status) {
  return {status.cameras(), status.detectors(), status.recordings(), status.senders()};
}

Json watch_section(const WatchShown& shown) {
  Json cameras = Json::array();
  for (const watch::CameraReport& camera : shown.cameras) cameras.push_back(camera_json(camera));
  return {{"cameras", cameras},
          {"detectors", detectors_json(shown.detectors)},
          {"recordings", recordings_json(shown.recordings)},
          {"senders", senders_json(shown.senders)}};
}

void add_camera_metrics(Metrics& m, const std::vector<watch::CameraReport>& cameras) {
  using Kind = Metrics::Kind;
  const auto each = [&](const char* name, Kind kind, const char* help, auto value) {
    m.family(name, kind, help);
    for (const watch::CameraReport& camera : cameras) {
      m.sample({{"camera", camera.id}}, static_cast<double>(value(camera)));
    }
  };
  each("weir_camera_up", Kind::gauge, "1 while frames arrive.",
       [](const auto& c) { return c.child.state == ChildState::up ? 1 : 0; });
  each("weir_camera_frames_received_total", Kind::counter, "Access units received.",
       [](const auto& c) { return c.received; });
  each("weir_camera_frames_decoded_total", Kind::counter, "Frames decoded.", [](const auto& c) { return c.decoded; });
  each("weir_camera_frames_looked_total", Kind::counter, "Frames in which movement was looked for.",
       [](const auto& c) { return c.looked; });
  each("weir_camera_frames_detected_total", Kind::counter, "Frames with a result of the camera's engine.",
       [](const auto& c) { return c.detected; });
  each("weir_camera_tracks", Kind::gauge, "Things that are followed now.",
       [](const auto& c) { return c.followed.tracks; });
  each("weir_camera_result_age_bound_seconds", Kind::gauge,
       "How old the newest result of a shared detector can get; 0 without one.",
       [](const auto& c) { return c.result_age_bound.count(); });
  each("weir_camera_decode_cpu_seconds_total", Kind::counter, "CPU time of decoding on the camera's own thread.",
       [](const auto& c) { return c.decoding.count(); });
  each("weir_camera_decode_saved_seconds_total", Kind::counter,
       "What decoding would have taken besides, had nothing been left out while nothing moved.",
       [](const auto& c) { return c.decoding_saved.count(); });
  each("weir_camera_decode_errors_total", Kind::counter, "Packets and frames that the codec refused.",
       [](const auto& c) { return c.decode_errors; });
  each("weir_camera_heap_frames_total", Kind::counter, "Buffers beyond the computed capacity; any is a bug.",
       [](const auto& c) { return c.heap_frames; });
  each("weir_camera_memory_bytes", Kind::gauge, "Pools and slots of the camera.",
       [](const auto& c) { return c.memory_bytes; });
  each("weir_camera_boxes_total", Kind::counter, "Boxes found.", [](const auto& c) { return c.boxes; });
  each("weir_camera_reconnects_total", Kind::counter, "Times the camera was started again.",
       [](const auto& c) { return c.child.restarts; });
  each("weir_camera_clients", Kind::gauge, "Clients that receive the camera now.",
       [](const auto& c) { return c.clients; });

  m.family("weir_camera_frames_dropped_total", Kind::counter,
           "Frames let go on purpose, by stage and reason; stage client: what slow clients lost.");
  for (const watch::CameraReport& camera : cameras) {
    const auto stage = [&](const std::string& name, const DropCounts& drops) {
      for (std::size_t i = 0; i < drop_count; ++i) {
        m.sample({{"camera", camera.id}, {"stage", name}, {"reason", to_string(static_cast<Drop>(i))}},
                 static_cast<double>(drops[i]));
      }
    };
    for (const auto& [name, drops] : camera.dropped) stage(name, drops);
    stage("client", camera.client_dropped);
  }

  m.family("weir_zone_inside", Kind::gauge, "How many are in a zone now.");
  for (const watch::CameraReport& camera : cameras) {
    for (const auto& [name, count] : camera.followed.zones) {
      m.sample({{"camera", camera.id}, {"zone", name}}, static_cast<double>(count.inside));
    }
  }
  m.family("weir_zone_entered_total", Kind::counter, "How many have entered a zone.");
  for (const watch::CameraReport& camera : cameras) {
    for (const auto& [name, count] : camera.followed.zones) {
      m.sample({{"camera", camera.id}, {"zone", name}}, static_cast<double>(count.entered));
    }
  }
  m.family("weir_line_crossed_total", Kind::counter, "How many have crossed a line, by direction.");
  for (const watch::CameraReport& camera : cameras) {
    for (const auto& [name, count] : camera.followed.lines) {
      for (const auto& [direction, n] : {std::pair("forward", count.forward), std::pair("backward", count.backward)}) {
        m.sample({{"camera", camera.id}, {"line", name}, {"direction", direction}}, static_cast<double>(n));
      }
    }
  }

  m.family("weir_frame_age_seconds", Kind::summary,
           "From the arrival of a frame's packet until the frame was looked at.");
  for (const watch::CameraReport& camera : cameras) {
    const watch::Latency& age = camera.frame_age;
    m.summary({{"camera", camera.id}}, {age.p50.count(), age.p95.count(), age.p99.count(), age.max.count()}, age.count,
              age.sum.count());
  }
}

std::string watch_report(const watch::Status& status, bool pretty) {
  const CoreReport core = collect_core(status.ledger());
  const RunInfo run{.flow = "watch", .seconds = status.running().count(), .listening = status.listening()};
  return dump(build_report(run, watch_section(shown_of(status)), core), pretty);
}

// What cameras have in common: detectors, recordings, and who is told of events.
void add_common_metrics(Metrics& m, const WatchShown& shown) {
  using Kind = Metrics::Kind;
  m.family("weir_detector_frames_total", Kind::counter, "Frames a detector has looked at.");
  for (const auto& d : shown.detectors) m.sample({{"detector", d.id}}, static_cast<double>(d.frames));
  m.family("weir_detector_failures_total", Kind::counter, "Frames a detector could not look at.");
  for (const auto& d : shown.detectors) m.sample({{"detector", d.id}}, static_cast<double>(d.failures));
  if (shown.recordings) {
    m.family("weir_recordings_bytes", Kind::gauge, "What recordings, clips and pictures take on the disk.");
    m.sample({}, static_cast<double>(shown.recordings->bytes));
    m.family("weir_recordings_deleted_bytes_total", Kind::counter, "What was deleted to stay within the bounds.");
    m.sample({}, static_cast<double>(shown.recordings->deleted_bytes));
    m.family("weir_recordings_refused_total", Kind::counter, "Times there was no room to record.");
    m.sample({}, static_cast<double>(shown.recordings->refused));
  }
  m.family("weir_sender_sent_total", Kind::counter, "Messages about events that were accepted by their receiver.");
  for (const auto& s : shown.senders) m.sample({{"sender", s.id}}, static_cast<double>(s.sent));
  m.family("weir_sender_waiting", Kind::gauge, "Messages that wait on the disk for their receiver.");
  for (const auto& s : shown.senders) m.sample({{"sender", s.id}}, static_cast<double>(s.waiting));
  m.family("weir_sender_dropped_total", Kind::counter, "Messages let go on purpose, by reason.");
  for (const auto& s : shown.senders) {
    for (const auto& [reason, n] : s.dropped) {
      m.sample({{"sender", s.id}, {"reason", reason}}, static_cast<double>(n));
    }
  }
}

std::string watch_metrics(const watch::Status& status) {
  Metrics metrics;
  const WatchShown shown = shown_of(status);
  add_camera_metrics(metrics, shown.cameras);
  add_common_metrics(metrics, shown);
  add_core_metrics(metrics, collect_core(status.ledger()), status.running().count());
  add_process_metrics(metrics);
  return metrics.text();
}

std::string summary(const watch::CameraReport& camera) {
  const DropCounts drops = all_drops(camera);
  std::string out = camera.id + ": " + std::string(to_string(camera.child.state)) + ", " +
                    std::to_string(camera.received) + " received, " + std::to_string(camera.decoded) + " decoded, " +
                    std::to_string(camera.detected) + " looked at, " + std::to_string(camera.boxes) + " boxes, " +
                    std::to_string(std::accumulate(drops.begin(), drops.end(), std::uint64_t{0})) + " dropped";
  if (camera.child.restarts > 0) out += ", " + std::to_string(camera.child.restarts) + " restarts";
  if (!camera.child.reason.empty()) out += "; " + printable(redact(camera.child.reason));
  return out;
}

}  // namespace weir::app
