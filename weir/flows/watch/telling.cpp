#include "weir/flows/watch/telling.hpp"

#include <algorithm>
#include <cstdlib>

#include "weir/core/account.hpp"
#include "weir/server/notify/discovery.hpp"
#include "weir/server/notify/webhook.hpp"

namespace weir::watch {
namespace {

// XDG Base Directory Specification.
std::filesystem::path state_folder() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    return std::filesystem::path(state) / "weir";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : "/var/lib") / ".local/state/weir";
}

std::vector<notify::Entity> entities(const std::vector<CameraOptions>& cameras) {
  using Kind = notify::Entity::Kind;
  std::vector<notify::Entity> out;
  for (const CameraOptions& camera : cameras) {
    const bool motion = camera.engine == DetectEngine::motion;
    out.push_back({motion ? Kind::motion : Kind::occupancy, camera.id});
    if (!motion) out.push_back({Kind::count, camera.id});
    for (const ZoneOptions& zone : camera.drawn.zones) {
      out.push_back({Kind::occupancy, camera.id, zone.name});
      out.push_back({Kind::count, camera.id, zone.name});
    }
  }
  return out;
}

SenderStatus status_of(const notify::SenderReport& report) {
  return {.id = report.owner,
          .to = report.to,
          .up = report.up,
          .offered = report.offered + report.recovered,
          .sent = report.sent,
          .failures = report.failed,
          .waiting = report.waiting,
          .dropped = report.dropped,
          .last_error = report.last_error};
}

}  // namespace

Result<std::unique_ptr<Telling>> Telling::make(const NotifyOptions& options,
                                               const std::vector<CameraOptions>& cameras) {
  AccountBinding binding(Account::open("notify"));
  std::unique_ptr<Telling> telling(new Telling);
  const std::filesystem::path dir = options.dir.empty() ? state_folder() : options.dir;
  telling->cameras_ = cameras;
  if (!options.webhook_url.empty()) {
    notify::Webhook::Options o;
    o.url = options.webhook_url;
    if (!options.webhook_token.empty()) o.headers["Authorization"] = "Bearer " + options.webhook_token;
    o.timeout = std::chrono::duration_cast<Nanos>(options.webhook_timeout);
    o.queue_dir = dir / "webhook";
    o.queue_max_bytes = options.queue_max_bytes;
    auto webhook = notify::Webhook::make(std::move(o));
    if (!webhook) return tl::unexpected(webhook.error());
    telling->webhook_ = std::move(*webhook);
  }
  if (!options.mqtt_host.empty()) {
    notify::Mqtt::Options o;
    o.host = options.mqtt_host;
    o.port = static_cast<std::uint16_t>(options.mqtt_port);
    o.username = options.mqtt_user;
    o.password = options.mqtt_password;
    o.tls = options.mqtt_ca;
    o.topic_prefix = options.mqtt_topic;
    o.discovery = options.mqtt_discovery;
    o.queue_dir = dir / "mqtt";
    o.queue_max_bytes = options.queue_max_bytes;
    auto mqtt = notify::Mqtt::make(std::move(o));
    if (!mqtt) return tl::unexpected(mqtt.error());
    telling->mqtt_ = std::move(*mqtt);
    telling->mqtt_->announce(entities(cameras));
    std::lock_guard lock(telling->mutex_);
    telling->begin_states();
  }
  return telling;
}

void Telling::begin_states() {
  const auto begin = [this](const std::string& camera, const std::string& zone) {
    if (!there_.contains({camera, zone})) count(camera, zone, 0);
  };
  for (const CameraOptions& camera : cameras_) {
    begin(camera.id, "");
    for (const ZoneOptions& zone : camera.drawn.zones) begin(camera.id, zone.name);
  }
}

void Telling::drawn(const std::string& camera, const DrawnOptions& drawn) {
  std::lock_guard lock(mutex_);
  for (CameraOptions& one : cameras_) {
    if (one.id == camera) one.drawn = drawn;
  }
  if (!mqtt_) return;
  mqtt_->announce(entities(cameras_));
  begin_states();
}

bool Telling::motion_only(const std::string& camera) const {
  return std::any_of(cameras_.begin(), cameras_.end(),
                     [&](const CameraOptions& one) { return one.id == camera && one.engine == DetectEngine::motion; });
}

std::string Telling::next_id() { return run_ + '-' + std::to_string(++told_); }

void Telling::tell(const Incident& incident, Turn turn, const std::string& place, const std::string& json) {
  std::lock_guard lock(mutex_);
  const std::string id = next_id();
  if (webhook_) webhook_->offer({id, incident.camera + "/events", json});
  if (mqtt_) {
    mqtt_->offer({id, incident.camera + "/events", json});
    tell_state(incident, turn, place);
  }
}

void Telling::tell_state(const Incident& incident, Turn turn, const std::string& place) {
  switch (turn) {
    case Turn::start: return count(incident.camera, "", 1);
    case Turn::end: return count(incident.camera, "", -1);
    case Turn::enter: return count(incident.camera, place, 1);
    case Turn::leave: return count(incident.camera, place, -1);
    case Turn::dwell:
    case Turn::line: return;
  }
}

void Telling::count(const std::string& camera, const std::string& zone, int change) {
  using Kind = notify::Entity::Kind;
  std::uint64_t& there = there_[{camera, zone}];
  if (change > 0) ++there;
  if (change < 0 && there > 0) --there;
  const bool motion = zone.empty() && motion_only(camera);
  const notify::Entity occupied{motion ? Kind::motion : Kind::occupancy, camera, zone};
  mqtt_->offer(notify::state_of(occupied, next_id(), there > 0));
  if (!motion) mqtt_->offer(notify::count_of({Kind::count, camera, zone}, next_id(), there));
}

std::vector<SenderStatus> Telling::report() const {
  std::vector<SenderStatus> out;
  if (webhook_) out.push_back(status_of(webhook_->report()));
  if (mqtt_) out.push_back(status_of(mqtt_->report()));
  return out;
}

Result<void> Telling::close(Instant deadline) {
  Result<void> result;
  if (webhook_) result = webhook_->close(deadline);
  if (mqtt_) {
    if (auto closed = mqtt_->close(deadline); !closed && result) result = closed;
  }
  return result;
}

}  // namespace weir::watch
