// What the Health and Memory views show: the machine, what is in force, restarts, settings; memory over time.
#pragma once

#include <string>
#include <vector>

#include "weir/app/settings.hpp"
#include "weir/core/ledger.hpp"
#include "weir/core/supervisor.hpp"
#include "weir/core/worker/process.hpp"

namespace weir::app {

// Something this machine or build can do or not, and what follows from it.
struct Capability {
  std::string name;
  bool in_force = false;
  std::string detail;
};
// What the core finds on this machine. Looked at once, cheap.
std::vector<Capability> core_capabilities();

// How one camera runs, and who said so.
struct PipelineShown {
  std::string id, mode, from;
};

// /api/health: {"machine", "capabilities", "restarts", "pipelines", "workers", "settings"}.
std::string health_json(const std::vector<ChildReport>& children, const std::vector<PipelineShown>& pipelines,
                        const std::vector<worker::ProcessReport>& workers, const std::vector<Capability>& capabilities,
                        const std::vector<SettingShown>& settings);
// /api/memory: {"owners": […], "recent": {"seconds": […], "bytes": [[…], …]}, "all": {…}}.
std::string memory_json(const LedgerHistory& history);

}  // namespace weir::app
