#include "weir/app/metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "weir/app/redact.hpp"

namespace weir::app {
namespace {

using Kind = Metrics::Kind;

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

// A quote, backslash or line break in a camera's or file's name must not become syntax.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

double seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }
double number(std::uint64_t value) { return static_cast<double>(value); }

void add_pools(Metrics& m, const std::vector<PoolReport>& pools) {
  m.family("weir_pool_bytes", Kind::gauge, "Bytes of a pool's slots, held by leases and free.");
  for (const PoolReport& pool : pools) {
    m.sample({{"pool", pool.id}, {"state", "held"}}, number(pool.outstanding * pool.slot_bytes));
    m.sample({{"pool", pool.id}, {"state", "free"}}, number((pool.capacity - pool.outstanding) * pool.slot_bytes));
  }
  m.family("weir_pool_slots_held", Kind::gauge, "Leases held now, by role.");
  for (const PoolReport& pool : pools) {
    for (std::size_t i = 0; i < role_count; ++i) {
      if (pool.roles[i].acquired == 0) continue;
      m.sample({{"pool", pool.id}, {"role", to_string(static_cast<Role>(i))}}, number(pool.roles[i].held));
    }
  }
  const auto each = [&](const char* name, const char* help, auto member) {
    m.family(name, Kind::counter, help);
    for (const PoolReport& pool : pools) m.sample({{"pool", pool.id}}, number(pool.*member));
  };
  each("weir_pool_leases_acquired_total", "Leases made.", &PoolReport::acquired);
  each("weir_pool_leases_released_total", "Leases given back.", &PoolReport::released);
  each("weir_pool_refused_total", "Times no slot was free.", &PoolReport::refused);
}

void add_channels(Metrics& m, const std::vector<ChannelReport>& channels) {
  const auto each = [&](const char* name, Kind kind, const char* help, auto member) {
    m.family(name, kind, help);
    for (const ChannelReport& channel : channels) m.sample({{"channel", channel.id}}, number(channel.*member));
  };
  each("weir_channel_offered_total", Kind::counter, "Items offered to a channel.", &ChannelReport::offered);
  each("weir_channel_taken_total", Kind::counter, "Items taken from a channel.", &ChannelReport::taken);
  each("weir_channel_waiting", Kind::gauge, "Items in a channel now.", &ChannelReport::waiting);
  m.family("weir_channel_dropped_total", Kind::counter, "Items let go at a channel, by reason.");
  for (const ChannelReport& channel : channels) {
    for (std::size_t i = 0; i < drop_count; ++i) {
      m.sample({{"channel", channel.id}, {"reason", to_string(static_cast<Drop>(i))}}, number(channel.dropped[i]));
    }
  }
}

void add_engines(Metrics& m, const std::vector<ExclusiveReport>& gates) {
  const auto each = [&](const char* name, const char* help, auto member) {
    m.family(name, Kind::counter, help);
    for (const ExclusiveReport& gate : gates) m.sample({{"engine", gate.id}}, number(gate.*member));
  };
  each("weir_exclusive_entries_total", "Times an engine was entered.", &ExclusiveReport::entries);
  each("weir_exclusive_skips_total", "Times a caller came away empty.", &ExclusiveReport::skips);
  each("weir_exclusive_waits_total", "Entries that had to wait.", &ExclusiveReport::waits);
  m.family("weir_exclusive_wait_seconds", Kind::summary, "How long entries waited.");
  for (const ExclusiveReport& g : gates) {
    m.summary({{"engine", g.id}},
              {seconds(g.wait_p50_ns), seconds(g.wait_p95_ns), seconds(g.wait_p99_ns), seconds(g.wait_max_ns)},
              g.entries);
  }
}

void add_hot_paths(Metrics& m, const std::vector<HotPathReport>& paths) {
  m.family("weir_stage_duration_seconds", Kind::summary, "How long a pass of a stage took.");
  for (const HotPathReport& p : paths) {
    m.summary({{"stage", p.id}}, {seconds(p.p50_ns), seconds(p.p95_ns), seconds(p.p99_ns), seconds(p.max_ns)},
              p.passes);
  }
  const auto each = [&](const char* name, const char* help, auto member) {
    m.family(name, Kind::counter, help);
    for (const HotPathReport& path : paths) {
      m.sample({{"stage", path.id}, {"kind", path.library ? "library" : "own"}}, number(path.*member));
    }
  };
  each("weir_hot_path_passes_total", "Passes through a hot path.", &HotPathReport::passes);
  each("weir_hot_path_allocating_passes_total", "Passes in which anything was allocated.", &HotPathReport::allocations);
  each("weir_hot_path_freeing_passes_total", "Passes in which anything was freed.", &HotPathReport::frees);
  each("weir_hot_path_preempted_passes_total", "Passes in which the thread lost its CPU.", &HotPathReport::preempted);
}

void add_memory(Metrics& m, const LedgerSample& sample, const VerdictReport& verdict) {
  m.family("weir_memory_bytes", Kind::gauge,
           "Resident bytes by owner; file_backed, stack and allocator are nobody's in particular.");
  for (const auto& [owner, bytes] : sample.accounts) m.sample({{"account", owner}}, number(bytes.resident));
  m.sample({{"account", "file_backed"}}, number(sample.file_backed_bytes));
  m.sample({{"account", "stack"}}, number(sample.stack_bytes));
  m.sample({{"account", "allocator"}}, number(sample.allocator_bytes));
  m.family("weir_memory_live_bytes", Kind::gauge, "Bytes that an owner has allocated now.");
  for (const auto& [owner, bytes] : sample.accounts) m.sample({{"account", owner}}, number(bytes.live));
  m.family("weir_memory_unaccounted_bytes", Kind::gauge, "Resident bytes that nobody owns.");
  m.sample({}, number(sample.unaccounted_bytes));
  m.family("weir_memory_total_bytes", Kind::gauge, "The process's proportional share of memory.");
  m.sample({}, number(sample.total_bytes));
  m.family("weir_memory_verdict", Kind::gauge, "1 at the verdict that holds.");
  for (const Verdict one : {Verdict::warming, Verdict::level, Verdict::plateau, Verdict::growing, Verdict::undecided}) {
    m.sample({{"verdict", to_string(one)}}, verdict.verdict == one ? 1 : 0);
  }
}

}  // namespace

void Metrics::family(std::string_view name, Kind kind, std::string_view help) {
  family_ = name;
  text_ += "# HELP " + family_ + ' ';
  text_ += help;
  text_ += "\n# TYPE " + family_;
  text_ += kind == Kind::counter ? " counter\n" : kind == Kind::gauge ? " gauge\n" : " summary\n";
}

void Metrics::line(std::string_view suffix, Labels labels, Label extra, double value) {
  text_ += family_;
  text_ += suffix;
  bool first = true;
  const auto label = [&](const Label& one) {
    text_ += first ? '{' : ',';
    first = false;
    text_ += one.first;
    text_ += "=\"";
    append_escaped(text_, one.second);
    text_ += '"';
  };
  for (const Label& one : labels) label(one);
  if (!extra.first.empty()) label(extra);
  if (!first) text_ += '}';
  text_ += ' ';
  append_number(text_, value);
  text_ += '\n';
}

void Metrics::sample(Labels labels, double value) { line("", labels, {}, value); }

void Metrics::summary(Labels labels, Quantiles q, std::uint64_t count) {
  line("", labels, {"quantile", "0.5"}, q.p50);
  line("", labels, {"quantile", "0.95"}, q.p95);
  line("", labels, {"quantile", "0.99"}, q.p99);
  line("", labels, {"quantile", "1"}, q.max);
  line("_count", labels, {}, number(count));
}

void Metrics::summary(Labels labels, Quantiles q, std::uint64_t count, double sum) {
  summary(labels, q, count);
  line("_sum", labels, {}, sum);
}

void add_workers(Metrics& m, const CoreReport& core) {
  if (core.workers.empty()) return;
  m.family("weir_worker_restarts_total", Kind::counter, "Times the worker was started again.");
  for (const auto& worker : core.workers) {
    m.sample({{"worker", worker.id}}, worker.starts > 0 ? number(worker.starts - 1) : 0);
  }
  m.family("weir_worker_ends_total", Kind::counter, "Ends of the worker, by cause.");
  for (const auto& worker : core.workers) {
    for (std::size_t i = 0; i < worker::cause_count; ++i) {
      m.sample({{"worker", worker.id}, {"cause", to_string(static_cast<worker::Cause>(i))}}, number(worker.causes[i]));
    }
  }
  m.family("weir_worker_memory_bytes", Kind::gauge, "Proportional share of the worker's memory.");
  for (const auto& worker : core.workers) {
    const auto bytes = core.memory.children.find(worker.pid);
    m.sample({{"worker", worker.id}}, bytes == core.memory.children.end() ? 0 : number(bytes->second));
  }
}

void add_core_metrics(Metrics& m, const CoreReport& core, double running_s) {
  m.family("weir_build_info", Kind::gauge, "1, with the version.");
  m.sample({{"version", WEIR_VERSION}}, 1);
  m.family("weir_running_seconds", Kind::gauge, "Since the flow's start.");
  m.sample({}, running_s);
  add_pools(m, core.pools);
  add_channels(m, core.channels);
  add_engines(m, core.exclusive);
  add_hot_paths(m, core.hot_paths);
  add_memory(m, core.memory, core.verdict);
  add_workers(m, core);
}

void add_process_metrics(Metrics& m) {
  std::uint64_t all = 0, resident = 0;
  std::ifstream statm("/proc/self/statm");
  if (statm >> all >> resident) {
    m.family("process_resident_memory_bytes", Kind::gauge, "Resident memory size in bytes.");
    m.sample({}, number(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto time = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    m.family("process_cpu_seconds_total", Kind::counter, "Total user and system CPU time spent in seconds.");
    m.sample({}, time(usage.ru_utime) + time(usage.ru_stime));
  }
  std::error_code error;
  std::uint64_t open = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
    ++open;
  if (!error) {
    m.family("process_open_fds", Kind::gauge, "Number of open file descriptors.");
    m.sample({}, number(open));
  }
}

}  // namespace weir::app
