// The report: what a flow and the core underneath it did, in the one shape that people, tests and benchmarks read.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "weir/core/channel_base.hpp"
#include "weir/core/exclusive.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/ledger.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/core/verdict.hpp"
#include "weir/core/worker/process.hpp"

namespace weir::app {

// Everything the core can say about this process at one moment.
struct CoreReport {
  std::vector<ChannelReport> channels;
  std::vector<PoolReport> pools;
  std::vector<ExclusiveReport> exclusive;
  std::vector<HotPathReport> hot_paths;
  LedgerSample memory;
  VerdictReport verdict;
  std::vector<worker::ProcessReport> workers;
};

// Thread-safety: any thread.  Allocates: yes.  Blocks: short locks.  Ownership: none.
CoreReport collect_core(const Ledger& ledger);

struct RunInfo {
  std::string flow;
  double seconds = 0;
  std::string listening = {};  // empty: it does not listen
};

// `flow_section` is an object; its members stand beside the common ones ("cameras": …).
nlohmann::ordered_json build_report(const RunInfo& run, const nlohmann::ordered_json& flow_section,
                                    const CoreReport& core);

// One error for every pool in which leases were not given back as often as they were taken, and who holds them.
std::vector<Error> imbalances(const std::vector<PoolReport>& pools);

// {"busy": 2, "stale": 0, …}: every reason, so that a reader need not guess.
nlohmann::ordered_json drops_json(const DropCounts& drops);

// As text. What is not UTF-8, such as a file's name, is replaced and does not fail.
std::string dump(const nlohmann::ordered_json& json, bool pretty = false);

}  // namespace weir::app
