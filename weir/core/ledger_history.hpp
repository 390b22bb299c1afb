// HistoryKeeper: the ledger's past in bounded memory: the last ten minutes as they were, the whole run coarser and
// coarser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/ledger.hpp"

namespace weir::detail {

// Thread-safety: used under its owner's lock.  Allocates: yes, bounded.  Blocks: never.  Ownership: value type.
class HistoryKeeper {
 public:
  static constexpr double recent_seconds = 600;
  static constexpr std::size_t points = 600;  // of each series, at most

  // Owners keep their column for good; one that is first seen now was 0 before.
  void add(double seconds, std::span<const std::string_view> owners, std::span<const std::uint64_t> bytes);
  // Columns in the order in which the owners were first seen, with those in `last` moved to the end.
  LedgerHistory history(std::span<const std::string_view> last) const;

 private:
  struct Row {
    double seconds;
    std::vector<std::uint64_t> bytes;  // shorter than the columns where those came later
  };
  static LedgerHistory::Series series(const std::deque<Row>& rows, std::span<const std::size_t> columns);

  std::vector<std::string> owners_;
  std::deque<Row> recent_, all_;
  double spacing_s_ = 1;  // between points of all_
};

}  // namespace weir::detail
