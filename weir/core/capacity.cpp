#include "weir/core/capacity.hpp"

#include <algorithm>
#include <set>

namespace weir {

std::string_view to_string(Overflow overflow) noexcept {
  switch (overflow) {
    case Overflow::drop_oldest: return "drop_oldest";
    case Overflow::drop_newest: return "drop_newest";
    case Overflow::wait: return "wait";
  }
  return "wait";
}

Result<Edge> Line::connect(std::string_view from, std::string_view to, std::string id, std::size_t capacity,
                           Overflow overflow) {
  if (capacity == 0) return fail(Code::invalid, "a channel needs at least one place", id);
  connections_.push_back({std::string(from), std::string(to), overflow == Overflow::wait});
  if (rejoins_with_wait()) {
    connections_.pop_back();
    return fail(Code::invalid,
                "a channel that waits cannot lie on branches that rejoin: drop instead, or do not rejoin", id);
  }
  terms_.push_back({"channel " + id, capacity});
  return Edge{std::move(id), capacity, overflow};
}

void Line::hold(std::string_view stage, std::size_t slots, std::string why) {
  terms_.push_back({std::string(stage) + ": " + why, slots});
}

std::size_t Line::slots() const noexcept {
  std::size_t sum = 0;
  for (const Term& term : terms_) sum += term.slots;
  return sum;
}

bool Line::rejoins_with_wait() const {
  // Two different connections out of one stage that reach a common stage are branches that rejoin; a cycle is the
  // same with both ends in one place. Either must be free of waiting.
  const auto reach = [this](std::size_t first, std::set<std::pair<std::string, bool>>& seen) {
    std::vector<std::pair<std::string, bool>> open{{connections_[first].to, connections_[first].waits}};
    while (!open.empty()) {
      auto [stage, waited] = open.back();
      open.pop_back();
      if (!seen.insert({stage, waited}).second) continue;
      for (const Connection& c : connections_) {
        if (c.from == stage) open.push_back({c.to, waited || c.waits});
      }
    }
  };
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    std::set<std::pair<std::string, bool>> from_i;
    reach(i, from_i);
    // Back to where it began, having waited.
    if (from_i.contains({connections_[i].from, true})) return true;
    for (std::size_t j = i + 1; j < connections_.size(); ++j) {
      if (connections_[j].from != connections_[i].from) continue;
      std::set<std::pair<std::string, bool>> from_j;
      reach(j, from_j);
      for (const auto& [stage, waited] : from_i) {
        const bool meets_waited = from_j.contains({stage, true});
        const bool meets = meets_waited || from_j.contains({stage, false});
        if (meets && (waited || meets_waited)) return true;
      }
    }
  }
  return false;
}

}  // namespace weir
