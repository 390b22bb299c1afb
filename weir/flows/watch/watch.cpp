#include "weir/flows/watch/watch.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "weir/core/log.hpp"
#include "weir/core/pool.hpp"
#include "weir/flows/watch/camera.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/server/http_server.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {
namespace {

constexpr Nanos decay_every = std::chrono::milliseconds(300);
constexpr Nanos sample_every = std::chrono::seconds(1);
constexpr Nanos silence_is_a_stall = std::chrono::seconds(2);
constexpr Nanos hung_after = std::chrono::seconds(10);
constexpr Nanos drain_deadline = std::chrono::seconds(10);

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
  const Ledger& ledger() const override { return ledger_; }

 private:
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
  for (std::uint32_t i = 0; i < options_.cameras.size(); ++i) {
    auto camera = Camera::make(options_.cameras[i], i, options_.fast, hub_.get(), events_.get());
    if (!camera) return tl::unexpected(camera.error());
    cameras_.push_back(std::move(*camera));
  }
  Supervisor::Options supervision;
  supervision.max_restarts = options_.max_restarts;
  supervision.on_change = [this](const ChildReport& child) { child_changed(child); };
  supervisor_ = std::make_unique<Supervisor>(std::move(supervision));
  return {};
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
  }
}

Camera* Watch::find(const std::string& id) const {
  for (const auto& camera : cameras_) {
    if (camera->id() == id) return camera.get();
  }
  return nullptr;
}

void Watch::child_changed(const ChildReport& child) {
  const Camera* camera = find(child.id);
  if (hub_ != nullptr && camera != nullptr) {
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
  Instant next_sample = started_, next_decay = started_;
  for (;;) {
    const std::uint32_t seen = changed_.load(std::memory_order_acquire);
    const Instant now = clock.now();
    if (stop.stop_requested() || over() || now >= end) return;
    if (now >= next_sample) {
      tick(now);
      next_sample = now + sample_every;
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
    const ChildReport seen = as_seen(child, camera, now);
    hub_->set_state(*camera.stream(), stream_state(seen.state), seen.reason);
  }
}

// In the order of the flow: sources, channels, stages, server, pools.
Result<void> Watch::drain() {
  tick(Clock::real().now());
  supervisor_->stop();
  supervisor_->join();
  for (const auto& camera : cameras_) camera->finish();
  if (server_ != nullptr) server_->stop();
  for (const auto& camera : cameras_) camera->clear_wire();
  ran_ns_ = (Clock::real().now() - started_).count();
  Result<void> result;
  if (hub_ != nullptr) result = hub_->close(Clock::real(), Clock::real().now() + drain_deadline);
  if (events_ != nullptr) {
    if (auto closed = events_->close(); !closed && result) result = closed;
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
