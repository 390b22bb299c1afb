// Verdict: does memory stay level? Theil-Sen slope of live bytes per unit of work, owner by owner, after warm-up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.hpp"

namespace weir {

enum class Verdict { warming, level, plateau, growing, undecided };
std::string_view to_string(Verdict verdict) noexcept;

struct Growing {
  std::string owner;
  double bytes_per_hour = 0;
  double since_s = 0;  // seconds since the flow's start
};

struct VerdictReport {
  Verdict verdict = Verdict::warming;
  std::vector<Growing> growing;  // worst first; empty unless verdict is growing
};

}  // namespace weir
