#include "weir/app/report.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double per_us = 1e3, per_ms = 1e6;  // nanoseconds

Json quantiles(std::uint64_t p50, std::uint64_t p95, std::uint64_t p99, std::uint64_t max, double unit) {
  const auto in = [&](std::uint64_t ns) { return static_cast<double>(ns) / unit; };
  return {{"p50", in(p50)}, {"p95", in(p95)}, {"p99", in(p99)}, {"max", in(max)}};
}

Json channel_json(const ChannelReport& channel) {
  return {{"id", channel.id},
          {"capacity", channel.capacity},
          {"overflow", channel.overflow},
          {"offered", channel.offered},
          {"taken", channel.taken},
          {"waiting", channel.waiting},
          {"dropped", drops_json(channel.dropped)}};
}

Json pool_json(const PoolReport& pool) {
  Json roles = Json::object();
  for (std::size_t i = 0; i < role_count; ++i) {
    const RoleReport& role = pool.roles[i];
    // Roles that nobody ever had in this pool say nothing.
    if (role.acquired == 0) continue;
    roles[std::string(to_string(static_cast<Role>(i)))] = {
        {"held", role.held},
        {"peak", role.peak},
        {"oldest_ms", static_cast<double>(role.oldest.count()) / per_ms},
        {"acquired", role.acquired},
        {"released", role.released}};
  }
  return {{"id", pool.id},
          {"owner", pool.owner},
          {"slot_bytes", pool.slot_bytes},
          {"capacity", pool.capacity},
          {"acquired", pool.acquired},
          {"released", pool.released},
          {"outstanding", pool.outstanding},
          {"peak", pool.peak},
          {"refused", pool.refused},
          {"stale", pool.stale},
          {"roles", roles}};
}

Json exclusive_json(const ExclusiveReport& gate) {
  return {{"id", gate.id},
          {"entries", gate.entries},
          {"skips", gate.skips},
          {"waits", gate.waits},
          {"max_inside", gate.max_inside},
          {"wait_ms", quantiles(gate.wait_p50_ns, gate.wait_p95_ns, gate.wait_p99_ns, gate.wait_max_ns, per_ms)}};
}

Json hot_path_json(const HotPathReport& path) {
  return {{"id", path.id},
          {"library", path.library},
          {"passes", path.passes},
          {"allocations", path.allocations},
          {"frees", path.frees},
          {"bytes", path.bytes},
          {"preempted", path.preempted},
          {"violations", path.violations},
          {"duration_us", quantiles(path.p50_ns, path.p95_ns, path.p99_ns, path.max_ns, per_us)}};
}

Json memory_json(const LedgerSample& sample, const VerdictReport& verdict) {
  Json accounts = Json::object();
  for (const auto& [owner, bytes] : sample.accounts) {
    accounts[owner] = {{"resident_bytes", bytes.resident}, {"live_bytes", bytes.live}, {"idle_bytes", bytes.idle}};
  }
  Json growing = Json::array();
  for (const Growing& one : verdict.growing) {
    growing.push_back({{"owner", one.owner}, {"bytes_per_hour", one.bytes_per_hour}, {"since_s", one.since_s}});
  }
  return {{"total_bytes", sample.total_bytes},
          {"accounts", accounts},
          {"file_backed_bytes", sample.file_backed_bytes},
          {"stack_bytes", sample.stack_bytes},
          {"allocator_bytes", sample.allocator_bytes},
          {"unaccounted_bytes", sample.unaccounted_bytes},
          {"unaccounted_share", sample.unaccounted_share},
          {"verdict", to_string(verdict.verdict)},
          {"growing", growing}};
}

Json worker_json(const worker::ProcessReport& worker, const LedgerSample& memory) {
  Json causes = Json::object();
  for (std::size_t i = 0; i < worker::cause_count; ++i) {
    if (worker.causes[i] != 0) causes[std::string(to_string(static_cast<worker::Cause>(i)))] = worker.causes[i];
  }
  const auto bytes = memory.children.find(worker.pid);
  return {{"id", worker.id},
          {"pid", worker.pid},
          {"restarts", worker.starts > 0 ? worker.starts - 1 : 0},
          {"causes", causes},
          {"last_end", redact(worker.last_end)},
          {"sandbox", worker.sandbox},
          {"revoked_leases", worker.revoked_leases},
          {"memory_bytes", bytes == memory.children.end() ? 0 : bytes->second}};
}

template <class T, class ToJson>
Json list(const std::vector<T>& items, ToJson to_json) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(to_json(item));
  return out;
}

std::string holders(const PoolReport& pool) {
  std::string out;
  for (std::size_t i = 0; i < role_count; ++i) {
    if (pool.roles[i].held == 0) continue;
    if (!out.empty()) out += ", ";
    out += std::string(to_string(static_cast<Role>(i))) + ' ' + std::to_string(pool.roles[i].held);
  }
  return out.empty() ? "nobody" : out;
}

}  // namespace

Json drops_json(const DropCounts& drops) {
  Json out = Json::object();
  for (std::size_t i = 0; i < drop_count; ++i) out[std::string(to_string(static_cast<Drop>(i)))] = drops[i];
  return out;
}

Json build_report(const RunInfo& run, const Json& flow_section, const CoreReport& core) {
  Json out = {{"weir", WEIR_VERSION}, {"flow", run.flow}, {"seconds", run.seconds}, {"pid", ::getpid()}};
  out["listen"] = run.listening.empty() ? Json(nullptr) : Json(run.listening);
  out.update(flow_section);
  out["channels"] = list(core.channels, channel_json);
  out["pools"] = list(core.pools, pool_json);
  out["exclusive"] = list(core.exclusive, exclusive_json);
  out["hot_paths"] = list(core.hot_paths, hot_path_json);
  out["memory"] = memory_json(core.memory, core.verdict);
  out["workers"] = list(core.workers, [&](const worker::ProcessReport& w) { return worker_json(w, core.memory); });
  return out;
}

std::vector<Error> imbalances(const std::vector<PoolReport>& pools) {
  std::vector<Error> out;
  for (const PoolReport& pool : pools) {
    if (pool.acquired == pool.released && pool.outstanding == 0) continue;
    out.push_back({Code::failed, "leases were not given back; this is a bug in weir", pool.id,
                   "acquired " + std::to_string(pool.acquired) + ", released " + std::to_string(pool.released) + ", " +
                       std::to_string(pool.outstanding) + " slots held by " + holders(pool)});
  }
  return out;
}

std::string dump(const Json& json, bool pretty) {
  return json.dump(pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace weir::app
