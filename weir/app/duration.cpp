#include "weir/app/duration.hpp"

#include <array>
#include <charconv>
#include <string>

#include "weir/app/redact.hpp"

namespace weir::app {

Result<std::chrono::duration<double>> parse_duration(std::string_view text, std::string_view owner) {
  const auto refuse = [&] {
    return fail(Code::invalid, "not a duration", std::string(owner),
                "found \"" + printable(text) + "\", allowed: a number with ms, s, m or h, for example 30s, 2m, 1.5h");
  };
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return refuse();
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr std::array units = {Unit{"ms", 0.001}, Unit{"s", 1}, Unit{"m", 60}, Unit{"h", 3600}};
  constexpr double ten_years = 10 * 365.25 * 86400;
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    const double seconds = count * known.seconds;
    // NaN compares as false.
    if (!(seconds > 0 && seconds <= ten_years)) return refuse();
    return std::chrono::duration<double>(seconds);
  }
  return refuse();
}

}  // namespace weir::app
