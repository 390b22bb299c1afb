#include "weir/core/theil_sen.hpp"

#include <algorithm>
#include <cmath>

namespace weir::detail {

std::optional<Slope> theil_sen(std::span<const double> x, std::span<const double> y, double z,
                               std::vector<double>& scratch) {
  scratch.clear();
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[j] != x[i]) scratch.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  if (scratch.empty()) return std::nullopt;
  const auto rank = [&](double wanted) {
    const double last = static_cast<double>(scratch.size() - 1);
    const auto at = scratch.begin() + static_cast<std::ptrdiff_t>(std::clamp(wanted, 0.0, last));
    std::nth_element(scratch.begin(), at, scratch.end());
    return *at;
  };
  const double n = static_cast<double>(x.size());
  const double pairs = static_cast<double>(scratch.size());
  const double deviation = std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  const double median = rank((pairs - 1) / 2);
  return Slope{median, rank((pairs - z * deviation) / 2)};
}

}  // namespace weir::detail
