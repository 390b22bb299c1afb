#include "weir/app/health.hpp"

#include <sched.h>
#include <sys/rseq.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "weir/app/redact.hpp"
#include "weir/app/report.hpp"

// Present only where the program runs on jemalloc.
extern "C" int mallctl(const char*, void*, std::size_t*, void*, std::size_t) __attribute__((weak));

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set)
                                                       : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
}

Json machine_json() {
  utsname name{};
  ::uname(&name);
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  return {{"cpus", usable_cpus()},
          {"memory_bytes", pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))},
          {"kernel", std::string(name.sysname) + ' ' + name.release}};
}

Json series_json(const LedgerHistory::Series& series) { return {{"seconds", series.seconds}, {"bytes", series.bytes}}; }

}  // namespace

std::vector<Capability> core_capabilities() {
  std::vector<Capability> out;
  const bool jemalloc = mallctl != nullptr;
  out.push_back({"memory by owner", jemalloc,
                 jemalloc ? "the program runs on jemalloc, one arena for each owner"
                          : "this build does not run on jemalloc; owners show their pools only"});
  const bool smaps = std::filesystem::exists("/proc/self/smaps");
  out.push_back(
      {"every mapping in the ledger", smaps, smaps ? "/proc/self/smaps is readable" : "there is no /proc/self/smaps"});
  const bool rseq = __rseq_size > 0;
  out.push_back(
      {"lost CPU time on hot paths", rseq,
       rseq ? "restartable sequences are registered" : "the kernel or the C library has no restartable sequences"});
#ifdef WEIR_TEST_HOOKS
  out.push_back({"traps on hot paths", true, "this is a test build: system calls and locks on a hot path are caught"});
#else
  out.push_back({"traps on hot paths", false, "only in test builds; allocations are counted in every build"});
#endif
  return out;
}

std::string health_json(const std::vector<ChildReport>& children, const std::vector<PipelineShown>& pipelines,
                        const std::vector<worker::ProcessReport>& workers, const std::vector<Capability>& capabilities,
                        const std::vector<SettingShown>& settings) {
  Json restarts = Json::array(), running = Json::array(), boxed = Json::array(), able = Json::array(),
       set = Json::array();
  for (const ChildReport& child : children) {
    Json causes = Json::object();
    for (const auto& [cause, n] : child.causes) causes[cause] = n;
    restarts.push_back({{"id", child.id},
                        {"state", to_string(child.state)},
                        {"restarts", child.restarts},
                        {"causes", causes},
                        {"reason", redact(child.reason)}});
  }
  for (const PipelineShown& one : pipelines) {
    running.push_back({{"id", one.id}, {"mode", one.mode}, {"from", one.from}});
  }
  for (const worker::ProcessReport& one : workers) {
    boxed.push_back({{"id", one.id}, {"pid", one.pid}, {"sandbox", one.sandbox}, {"last_end", redact(one.last_end)}});
  }
  for (const Capability& one : capabilities) {
    able.push_back({{"name", one.name}, {"in_force", one.in_force}, {"detail", one.detail}});
  }
  for (const SettingShown& one : settings)
    set.push_back({{"key", one.key}, {"value", one.value}, {"origin", one.origin}});
  return dump({{"machine", machine_json()},
               {"capabilities", able},
               {"restarts", restarts},
               {"pipelines", running},
               {"workers", boxed},
               {"settings", set}});
}

std::string memory_json(const LedgerHistory& history) {
  return dump({{"owners", history.owners}, {"recent", series_json(history.recent)}, {"all", series_json(history.all)}});
}

}  // namespace weir::app
