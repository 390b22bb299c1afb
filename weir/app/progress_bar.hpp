// A bar for work whose end is known.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

namespace weir::app {

// printf's, for one number.
inline std::string fixed(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// "[=====     ]  42 %"; share: 0 to 1.
inline std::string progress_bar(double share) {
  constexpr int width = 30;
  const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * width);
  return '[' + std::string(filled, '=') + std::string(width - filled, ' ') + ']' + fixed(100 * share, " %3.0f %%");
}

// "  4 s left"; nothing while that cannot be said.
inline std::string time_left(double share, double seconds) {
  if (seconds < 0.2 || share <= 0) return {};
  return fixed((1 - share) / share * seconds, "  %.0f s left");
}

}  // namespace weir::app
