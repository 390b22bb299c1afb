// Theil-Sen: the slope that half of all pairs of points exceed. A third of the points may be wild without moving it far
// (Theil 1950, Sen 1968).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace weir::detail {

struct Slope {
  double median = 0;
  double low = 0;  // lower end of the confidence interval (Sen 1968, from Kendall's S)
};

// `z`: standard deviations to the interval's lower end. Pairs with equal x say nothing; nullopt if there is no other.
// `scratch` is used again from call to call.
std::optional<Slope> theil_sen(std::span<const double> x, std::span<const double> y, double z,
                               std::vector<double>& scratch);

}  // namespace weir::detail
