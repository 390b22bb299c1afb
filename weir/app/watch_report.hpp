// What `weir watch` adds to the report and to the metrics.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "weir/app/metrics.hpp"
#include "weir/app/report.hpp"
#include "weir/flows/watch/watch.hpp"

namespace weir::app {

// All that a watch tells of itself beside what every flow does.
struct WatchShown {
  std::vector<watch::CameraReport> cameras;
  std::vector<watch::DetectReport> detectors = {};
  std::optional<media::RetentionReport> recordings = {};
  std::vector<watch::SenderStatus> senders = {};
};
WatchShown shown_of(const watch::Status& status);

// {"cameras": […]}
nlohmann::ordered_json watch_section(const WatchShown& shown);
void add_common_metrics(Metrics& metrics, const WatchShown& shown);
void add_camera_metrics(Metrics& metrics, const std::vector<watch::CameraReport>& cameras);

// The whole report and all metrics of a running watch, as text.
std::string watch_report(const watch::Status& status, bool pretty = false);
std::string watch_metrics(const watch::Status& status);

// One line for a person: "front: ended, 1000 received, 1000 decoded, 200 looked at, 3 boxes, 0 dropped".
std::string summary(const watch::CameraReport& camera);

}  // namespace weir::app
