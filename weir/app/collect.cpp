#include "weir/app/report.hpp"

namespace weir::app {

CoreReport collect_core(const Ledger& ledger) {
  return {
      .channels = ChannelBase::report_all(),
      .pools = Pool::report_all(),
      .exclusive = Gate::report_all(),
      .hot_paths = HotPath::report_all(),
      .memory = ledger.latest(),
      .verdict = ledger.verdict(),
      .workers = worker::Process::report_all(),
  };
}

}  // namespace weir::app
