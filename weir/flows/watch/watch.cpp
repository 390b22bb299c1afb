#include "weir/flows/watch/watch.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/core/pool.hpp"
#include "weir/flows/watch/api.hpp"
#include "weir/flows/watch/camera.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/flows/watch/telling.hpp"
#include "weir/server/http_server.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {
namespace {

constexpr Nanos decay_every = std::chrono::milliseconds(300);
constexpr Nanos sample_every = std::chrono::seconds(1);
constexpr Nanos expire_every = std::chrono::minutes(1);
constexpr Nanos silence_is_a_stall = std::chrono::seconds(2);
constexpr Nanos hung_after = std::chrono::seconds(10);
constexpr Nanos drain_deadline = std::chrono::seconds(10);
constexpr Nanos last_words = std::chrono::seconds(3);  // what is not sent by then waits for the next run

server::StreamState stream_state(ChildState state) noexcept {
  switch (state) {
    case ChildState::connecting: return server::StreamState::connecting;
    case ChildState::up: return server::StreamState::live;
    case ChildState::stalled: return server::StreamState::stalled;
    case ChildState::parked: return server::StreamState::parked;
    case ChildState::ended: return server::StreamState::ended;
  }
  return server::StreamState::ended;
}

// One run.
class Watch final : public Status {
 public:
  explicit Watch(const WatchOptions& options) : options_(options) {}
  ~Watch() {
    supervisor_.reset();  // its children use everything else
    stop_looking();
    server_.reset();
  }

  // Opens what must be there before anything runs: the events file, the slots that are kept for clients.
  Result<void> prepare();
  Result<void> serve(const Hooks& hooks);
  void start_cameras();
  // What runs beside the cameras, until the run is over: the ledger, the ages of leases, the frame rates.
  void observe(const std::stop_token& stop);
  Result<void> drain();
  std::vector<Error> camera_errors() const;

  Seconds running() const override;
  std::string listening() const override {
    std::lock_guard lock(mutex_);
    return listening_;
  }
  std::vector<CameraReport> cameras() const override;
  std::vector<DetectReport> detectors() const override;
  std::optional<media::RetentionReport> recordings() const override;
  std::vector<SenderStatus> senders() const override {
    return telling_ ? telling_->report() : std::vector<SenderStatus>{};
  }
  const Ledger& ledger() const override { return ledger_; }

 private:
  Result<void> open_story();
  Result<DetectStage*> detector_of(DetectEngine engine);
  // Cameras first, then the detectors that serve them.
  void stop_looking();
  static ChildReport as_seen(ChildReport child, const Camera& camera, Instant now);
  server::Response live() const;
  server::Response ready() const;
  Camera* find(const std::string& id) const;
  bool over() const;
  void poke() noexcept;
  void tick(Instant now);
  void child_changed(const ChildReport& child);

  const WatchOptions& options_;
  Ledger ledger_;
  std::unique_ptr<server::StreamHub> hub_;
  std::unique_ptr<EventWriter> events_;
  std::unique_ptr<media::Retention> retention_;
  std::unique_ptr<Telling> telling_;
  std::unique_ptr<Story> story_;
  std::map<DetectEngine, std::unique_ptr<DetectStage>> detectors_;
  std::vector<std::unique_ptr<Camera>> cameras_;
  std::unique_ptr<server::HttpServer> server_;
  std::unique_ptr<Supervisor> supervisor_;
  mutable std::mutex mutex_;
  std::string listening_;
  const Instant started_ = Clock::real().now();
  std::atomic<std::int64_t> ran_ns_{0};  // once it is over
  std::atomic<Instant> last_tick_{started_};
  std::atomic<std::uint32_t> changed_{0};  // observe() looks again
};

Result<void> Watch::prepare() {
  if (!options_.events.empty()) {
    std::vector<std::string> names;
    for (const CameraOptions& camera : options_.cameras) names.push_back(camera.id);
    auto events = EventWriter::open(options_.events, std::move(names));
    if (!events) return tl::unexpected(events.error());
    events_ = std::move(*events);
  }
  if (options_.server.enabled) {
    hub_ = std::make_unique<server::StreamHub>("watch");
    server_ = std::make_unique<server::HttpServer>(
        server::HttpServerOptions{
            .address = options_.server.host, .port = options_.server.port, .max_clients = options_.server.clients_max},
        *hub_);
  }
  if (auto story = open_story(); !story) return story;
  const Common common{.fast = options_.fast,
                      .hub = hub_.get(),
                      .events = events_.get(),
                      .story = story_.get(),
                      .retention = retention_.get()};
  for (std::uint32_t i = 0; i < options_.cameras.size(); ++i) {
    const auto detector = detector_of(options_.cameras[i].engine);
    if (!detector) return tl::unexpected(detector.error());
    auto camera = Camera::make(options_.cameras[i], i, common, *detector);
    if (!camera) return tl::unexpected(camera.error());
    cameras_.push_back(std::move(*camera));
  }
  // Whom they serve is known now. As fast as possible, cameras come to them by themselves.
  if (!options_.fast) {
    for (const auto& [engine, detector] : detectors_) detector->start();
  }
  Supervisor::Options supervision;
  supervision.max_restarts = options_.max_restarts;
  supervision.on_change = [this](const ChildReport& child) { child_changed(child); };
  supervisor_ = std::make_unique<Supervisor>(std::move(supervision));
  return {};
}

Result<void> Watch::open_story() {
  Story::Options story{.fast = options_.fast};
  if (!options_.store.dir.empty()) {
    AccountBinding binding(Account::open("recordings"));
    auto retention = media::Retention::open({.dir = options_.store.dir,
                                             .max_bytes = options_.store.keep_bytes,
                                             .max_age = std::chrono::duration_cast<Nanos>(options_.store.keep),
                                             .min_free_bytes = options_.store.min_free_bytes});
    if (!retention) return tl::unexpected(retention.error());
    retention_ = std::move(*retention);
    if (!options_.fast) story.file = options_.store.dir / "events.jsonl";
  }
  if (options_.notify.any()) {
    auto telling = Telling::make(options_.notify, options_.cameras);
    if (!telling) return tl::unexpected(telling.error());
    telling_ = std::move(*telling);
  }
  story.listener = [this](const Incident& incident, Turn turn, const Place& place, const std::string& json) {
    if (events_ != nullptr) events_->offer(json);
    if (telling_ != nullptr) telling_->tell(incident, turn, place.name, json);
  };
  auto opened = Story::open(std::move(story));
  if (!opened) return tl::unexpected(opened.error());
  story_ = std::move(*opened);
  return {};
}

// One for all cameras that want it.
Result<DetectStage*> Watch::detector_of(DetectEngine engine) {
  if (engine == DetectEngine::motion) return nullptr;
  if (const auto found = detectors_.find(engine); found != detectors_.end()) return found->second.get();
  double least = 0.1;
  for (const CameraOptions& camera : options_.cameras) least = std::min(least, camera.confidence);
  auto made = DetectStage::make(engine, options_.detector, least);
  if (!made) return tl::unexpected(made.error());
  return detectors_.emplace(engine, std::move(*made)).first->second.get();
}

void Watch::stop_looking() {
  for (const auto& camera : cameras_) camera->stop_looking();
  for (const auto& [engine, detector] : detectors_) detector->join();
}

std::vector<DetectReport> Watch::detectors() const {
  std::vector<DetectReport> all;
  for (const auto& [engine, detector] : detectors_) all.push_back(detector->report());
  return all;
}

std::optional<media::RetentionReport> Watch::recordings() const {
  return retention_ ? std::optional(retention_->report()) : std::nullopt;
}

Result<void> Watch::serve(const Hooks& hooks) {
  if (server_ == nullptr) return {};
  if (hooks.routes) {
    for (Route& route : hooks.routes(*this)) {
      server_->add_route(route.path, [type = route.content_type, body = route.body](const server::Request&) {
        return server::Response{200, type, body()};
      });
    }
  }
  add_api(*server_, *story_, retention_.get(), cameras_, telling_.get(), hooks);
  server_->add_route("/livez", [this](const server::Request&) { return live(); });
  server_->add_route("/readyz", [this](const server::Request&) { return ready(); });
  const auto listening = server_->start();
  if (!listening) return tl::unexpected(listening.error());
  const bool ipv6 = listening->address.find(':') != std::string::npos;
  // The first request may already be asking.
  std::lock_guard lock(mutex_);
  listening_ = (ipv6 ? "[" + listening->address + "]" : listening->address) + ":" + std::to_string(listening->port);
  return {};
}

// Whether the program itself works: not the cameras, which come and go.
server::Response Watch::live() const {
  const Nanos since_tick = Clock::real().now() - last_tick_.load(std::memory_order_relaxed);
  if (since_tick <= hung_after) return {200, "text/plain; charset=utf-8", "ok\n"};
  return {503, "text/plain; charset=utf-8", "hung\n"};
}

// Whether every camera's fate is known: it has been up, or the first attempt has failed and says why.
server::Response Watch::ready() const {
  std::string waiting;
  const auto children = supervisor_->report();
  for (const auto& camera : cameras_) {
    const bool known = std::any_of(children.begin(), children.end(), [&](const ChildReport& child) {
      return child.id == camera->id() && (child.state != ChildState::connecting || child.restarts > 0);
    });
    if (!known) waiting += (waiting.empty() ? "" : ", ") + camera->id();
  }
  if (waiting.empty()) return {200, "text/plain; charset=utf-8", "ok\n"};
  return {503, "text/plain; charset=utf-8", "waiting for " + waiting + "\n"};
}

void Watch::start_cameras() {
  for (const CameraOptions& camera : options_.cameras) {
    const Level level = camera.pipeline_from == "default" ? Level::debug : Level::info;
    log(level, camera.id, std::string("pipeline: ") + to_string(camera.pipeline) + " (" + camera.pipeline_from + ")");
  }
  for (const auto& camera : cameras_) {
    supervisor_->add(camera->id(), [c = camera.get()](Supervisor::Child& child) { return c->run(child); });
    if (!camera->has_second()) continue;
    supervisor_->add(camera->second_id(),
                     [c = camera.get()](Supervisor::Child& child) { return c->run_detect(child); });
  }
}

Camera* Watch::find(const std::string& id) const {
  for (const auto& camera : cameras_) {
    if (camera->id() == id || (camera->has_second() && camera->second_id() == id)) return camera.get();
  }
  return nullptr;
}

void Watch::child_changed(const ChildReport& child) {
  const Camera* camera = find(child.id);
  if (hub_ != nullptr && camera != nullptr && camera->id() == child.id) {
    hub_->set_state(*camera->stream(), stream_state(child.state), child.reason);
  }
  poke();
}

void Watch::poke() noexcept {
  changed_.fetch_add(1, std::memory_order_release);
  Clock::wake_all(changed_);
}

void Watch::observe(const std::stop_token& stop) {
  Clock& clock = Clock::real();
  const std::stop_callback wake(stop, [this] { poke(); });
  const Instant end =
      options_.for_duration ? started_ + std::chrono::duration_cast<Nanos>(*options_.for_duration) : never;
  Instant next_sample = started_, next_decay = started_, next_expiry = started_ + expire_every;
  for (;;) {
    const std::uint32_t seen = changed_.load(std::memory_order_acquire);
    const Instant now = clock.now();
    if (stop.stop_requested() || over() || now >= end) return;
    if (now >= next_sample) {
      tick(now);
      next_sample = now + sample_every;
    }
    if (retention_ != nullptr && now >= next_expiry) {
      retention_->expire();
      next_expiry = now + expire_every;
    }
    if (now >= next_decay) {
      ledger_.decay();
      next_decay = now + decay_every;
    }
    clock.wait(changed_, seen, std::min({end, next_sample, next_decay}));
  }
}

bool Watch::over() const {
  const auto children = supervisor_->report();
  return std::all_of(children.begin(), children.end(), [this](const ChildReport& child) {
    // A file that is parked will not be another one in a minute: it does not keep the run going.
    return child.state == ChildState::ended || (child.state == ChildState::parked && !find(child.id)->retries());
  });
}

void Watch::tick(Instant now) {
  last_tick_.store(now, std::memory_order_relaxed);
  Pool::sample_all(now);
  std::uint64_t frames = 0;
  for (const auto& camera : cameras_) {
    camera->tick(now);
    frames += camera->frames();
  }
  ledger_.sample(frames);
  if (hub_ == nullptr) return;
  for (const ChildReport& child : supervisor_->report()) {
    const Camera& camera = *find(child.id);
    if (camera.id() != child.id) continue;  // the stream that is looked at, not the one that is shown
    const ChildReport seen = as_seen(child, camera, now);
    hub_->set_state(*camera.stream(), stream_state(seen.state), seen.reason);
  }
}

// In the order of the flow: sources, channels, stages, server, pools.
Result<void> Watch::drain() {
  tick(Clock::real().now());
  supervisor_->stop();
  supervisor_->join();
  stop_looking();
  for (const auto& camera : cameras_) camera->finish();
  if (server_ != nullptr) server_->stop();
  for (const auto& camera : cameras_) camera->clear_wire();
  ran_ns_ = (Clock::real().now() - started_).count();
  Result<void> result;
  if (hub_ != nullptr) result = hub_->close(Clock::real(), Clock::real().now() + drain_deadline);
  if (events_ != nullptr) {
    if (auto closed = events_->close(); !closed && result) result = closed;
  }
  if (telling_ != nullptr) {
    if (auto closed = telling_->close(Clock::real().now() + last_words); !closed && result) result = closed;
  }
  return result;
}

std::vector<Error> Watch::camera_errors() const {
  std::vector<Error> all;
  for (const ChildReport& child : supervisor_->report()) {
    const bool final = child.state == ChildState::ended || !find(child.id)->retries();
    if (final && child.error) all.push_back(*child.error);
  }
  return all;
}

Seconds Watch::running() const {
  const std::int64_t ran_ns = ran_ns_.load();
  return ran_ns != 0 ? Nanos(ran_ns) : Clock::real().now() - started_;
}

// A camera that is up but silent is stalled: people must not take an old picture for a live one.
ChildReport Watch::as_seen(ChildReport child, const Camera& camera, Instant now) {
  const Nanos silent = camera.silent_for(now);
  if (child.state == ChildState::up && silent >= silence_is_a_stall) {
    child.state = ChildState::stalled;
    child.since = now - silent;
    child.reason = "nothing received since";
  }
  return child;
}

std::vector<CameraReport> Watch::cameras() const {
  const auto children = supervisor_->report();
  const Instant now = Clock::real().now();
  std::vector<CameraReport> all;
  for (const auto& camera : cameras_) {
    CameraReport r = camera->report();
    r.child.id = r.id;
    for (const ChildReport& child : children) {
      if (child.id == r.id) r.child = as_seen(child, *camera, now);
      if (camera->has_second() && child.id == camera->second_id()) r.second = child;
    }
    all.push_back(std::move(r));
  }
  return all;
}

}  // namespace

WatchOutcome run(const WatchOptions& options, const Hooks& hooks, std::stop_token stop) {
  WatchOutcome outcome;
  Watch watch(options);
  auto ready = watch.prepare();
  if (ready) ready = watch.serve(hooks);
  if (!ready) {
    // What was said before anything ran and cannot be obeyed on any machine.
    outcome.refused = ready.error().code == Code::invalid;
    outcome.errors.push_back(ready.error());
    return outcome;
  }
  if (hooks.started) hooks.started(watch);
  watch.start_cameras();
  watch.observe(stop);
  if (auto drained = watch.drain(); !drained) outcome.errors.push_back(drained.error());
  outcome.camera_errors = watch.camera_errors();
  if (hooks.finished) hooks.finished(watch);
  return outcome;
}

}  // namespace weir::watch
