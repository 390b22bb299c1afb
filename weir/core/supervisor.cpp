#include "weir/core/supervisor.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"

namespace weir {

std::string_view to_string(ChildState state) noexcept {
  switch (state) {
    case ChildState::connecting: return "connecting";
    case ChildState::up: return "up";
    case ChildState::stalled: return "stalled";
    case ChildState::parked: return "parked";
    case ChildState::ended: return "ended";
  }
  return "ended";
}

RestartPolicy::RestartPolicy(std::uint64_t max_restarts, std::uint64_t seed) noexcept
    : max_restarts_(std::clamp<std::uint64_t>(max_restarts, 1, max_remembered)), random_(seed | 1) {}

Nanos RestartPolicy::backoff() noexcept {
  const unsigned doublings = std::min(failures_, 8u);
  ++failures_;
  const Nanos longest = std::min<Nanos>(max_backoff, first_backoff * (1 << doublings));
  // xorshift64: half to whole, so that cameras behind one switch do not come back in step.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return longest / 2 + Nanos(static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(longest.count() / 2 + 1)));
}

RestartPolicy::Decision RestartPolicy::after(Outcome::Kind kind, Instant now) noexcept {
  switch (kind) {
    case Outcome::Kind::done:
    case Outcome::Kind::failed: return {};
    case Outcome::Kind::unreachable: return {.again = true, .parked = false, .after = backoff()};
    case Outcome::Kind::park: return {.again = true, .parked = true, .after = parked_for};
    case Outcome::Kind::crashed: break;
  }
  std::size_t expired = 0;
  while (expired < crashes_ && now - recent_[expired] > window) ++expired;
  std::copy(recent_ + expired, recent_ + crashes_, recent_);
  crashes_ -= expired;
  if (crashes_ + 1 >= max_restarts_) {
    crashes_ = 0;
    failures_ = 0;
    return {.again = true, .parked = true, .after = parked_for};
  }
  recent_[crashes_++] = now;
  return {.again = true, .parked = false, .after = backoff()};
}

struct Supervisor::Child::Running {
  ChildReport report;
  RestartPolicy policy;
  std::function<Outcome(Child&)> run;
  bool finished = false;
  std::jthread thread;
};

struct Supervisor::State {
  Options options;
  mutable std::mutex mutex;
  std::stop_source stop;
  std::vector<std::unique_ptr<Child::Running>> children;
};

Supervisor::Supervisor(Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  if (state_->options.seed == 0) {
    state_->options.seed = static_cast<std::uint64_t>(Clock::real().now().time_since_epoch().count());
  }
}

Supervisor::~Supervisor() {
  stop();
  join();
}

void Supervisor::add(std::string id, std::function<Outcome(Child&)> run) {
  std::lock_guard lock(state_->mutex);
  const std::uint64_t seed = state_->options.seed + 0x9e3779b97f4a7c15u * (state_->children.size() + 1);
  auto running = std::make_unique<Child::Running>(
      Child::Running{ChildReport{std::move(id), ChildState::connecting, {}, {}, state_->options.clock->now(), 0, {}},
                     RestartPolicy(state_->options.max_restarts, seed),
                     std::move(run),
                     false,
                     {}});
  Child::Running& child = *running;
  state_->children.push_back(std::move(running));
  child.thread = std::jthread([this, &child] {
    AccountBinding binding(Account::open(child.report.id));
    supervise(child, state_->stop.get_token());
    std::lock_guard finish(state_->mutex);
    child.finished = true;
  });
}

// What a library throws ends at its child.
Outcome Supervisor::contained(Child::Running& running, Child& child) {
  try {
    return running.run(child);
  } catch (const std::exception& e) {
    return {Outcome::Kind::crashed, Error{Code::failed, "a library threw an exception", running.report.id, e.what()}};
  }
}

void Supervisor::supervise(Child::Running& running, const std::stop_token& stop) {
  Clock& clock = *state_->options.clock;
  for (;;) {
    Child child(*this, running, stop);
    const Outcome outcome = contained(running, child);
    if (stop.stop_requested() || outcome.kind == Outcome::Kind::done) {
      return change(running, ChildState::ended, {});
    }
    const RestartPolicy::Decision decision = running.policy.after(outcome.kind, clock.now());
    const std::string reason = outcome.error.message();
    if (!decision.again) {
      log(Level::error, running.report.id, reason);
      return change(running, ChildState::ended, reason, outcome.error);
    }
    {
      std::lock_guard lock(state_->mutex);
      ++running.report.restarts;
      ++running.report.causes[std::string(to_string(outcome.error.code))];
    }
    const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(decision.after).count();
    // A camera that is away for a week says so once, not at every attempt.
    const bool news = running.report.reason != reason || decision.parked;
    log(news ? Level::warn : Level::debug, running.report.id,
        reason + (decision.parked ? "; parked for 60 s" : "; trying again in " + std::to_string(wait_ms) + " ms"));
    change(running, decision.parked ? ChildState::parked : ChildState::connecting, reason, outcome.error);
    if (!clock.sleep_until(clock.now() + decision.after, stop)) return;
    if (decision.parked) change(running, ChildState::connecting, reason, outcome.error);
  }
}

void Supervisor::change(Child::Running& running, ChildState state, std::string reason, std::optional<Error> error) {
  ChildReport copy;
  {
    std::lock_guard lock(state_->mutex);
    if (running.report.state != state) running.report.since = state_->options.clock->now();
    running.report.state = state;
    running.report.reason = std::move(reason);
    running.report.error = std::move(error);
    copy = running.report;
  }
  if (state_->options.on_change) state_->options.on_change(copy);
}

void Supervisor::Child::up() {
  running_.policy.worked();
  of_.change(running_, ChildState::up, {});
}

void Supervisor::Child::stalled(std::string reason) { of_.change(running_, ChildState::stalled, std::move(reason)); }

void Supervisor::stop() noexcept { state_->stop.request_stop(); }

void Supervisor::join() {
  for (auto& child : state_->children) {
    if (child->thread.joinable()) child->thread.join();
  }
}

bool Supervisor::all_ended() const {
  std::lock_guard lock(state_->mutex);
  return std::all_of(state_->children.begin(), state_->children.end(), [](const auto& c) { return c->finished; });
}

std::vector<ChildReport> Supervisor::report() const {
  std::lock_guard lock(state_->mutex);
  std::vector<ChildReport> all;
  for (const auto& child : state_->children) all.push_back(child->report);
  return all;
}

}  // namespace weir
