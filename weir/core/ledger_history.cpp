#include "weir/core/ledger_history.hpp"

#include <algorithm>

namespace weir::detail {

void HistoryKeeper::add(double seconds, std::span<const std::string_view> owners,
                        std::span<const std::uint64_t> bytes) {
  Row row{seconds, std::vector<std::uint64_t>(owners_.size())};
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const auto known = std::find(owners_.begin(), owners_.end(), owners[i]);
    const auto column = static_cast<std::size_t>(known - owners_.begin());
    if (known == owners_.end()) {
      owners_.emplace_back(owners[i]);
      row.bytes.push_back(0);
    }
    row.bytes[column] = bytes[i];
  }
  // A little less than the spacing, so that a sampler that is a few milliseconds early loses no second.
  if (all_.empty() || seconds - all_.back().seconds >= 0.9 * spacing_s_) {
    if (all_.size() == points) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < all_.size(); i += 2) std::swap(all_[kept++], all_[i]);
      all_.resize(kept);
      spacing_s_ *= 2;
    }
    if (all_.empty() || seconds - all_.back().seconds >= 0.9 * spacing_s_) all_.push_back(row);
  }
  if (recent_.empty() || seconds - recent_.back().seconds >= 0.9) recent_.push_back(std::move(row));
  while (recent_.size() > points || recent_.front().seconds < seconds - recent_seconds) recent_.pop_front();
}

LedgerHistory::Series HistoryKeeper::series(const std::deque<Row>& rows, std::span<const std::size_t> columns) {
  LedgerHistory::Series out;
  out.seconds.reserve(rows.size());
  for (const Row& row : rows) out.seconds.push_back(row.seconds);
  for (const std::size_t column : columns) {
    auto& bytes = out.bytes.emplace_back();
    bytes.reserve(rows.size());
    for (const Row& row : rows) bytes.push_back(column < row.bytes.size() ? row.bytes[column] : 0);
  }
  return out;
}

LedgerHistory HistoryKeeper::history(std::span<const std::string_view> last) const {
  std::vector<std::size_t> columns;
  const auto is_last = [&](std::size_t i) { return std::find(last.begin(), last.end(), owners_[i]) != last.end(); };
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (!is_last(i)) columns.push_back(i);
  }
  for (const std::string_view name : last) {
    const auto known = std::find(owners_.begin(), owners_.end(), name);
    if (known != owners_.end()) columns.push_back(static_cast<std::size_t>(known - owners_.begin()));
  }
  LedgerHistory out;
  for (const std::size_t column : columns) out.owners.push_back(owners_[column]);
  out.recent = series(recent_, columns);
  out.all = series(all_, columns);
  return out;
}

}  // namespace weir::detail
