// Any text as a settings file, any drawing: what comes out loads and says just that, or nothing comes out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "weir/app/drawn_toml.hpp"
#include "weir/app/settings.hpp"
#include "weir/app/watch_settings.hpp"

namespace {

// Numbers from the front of the input.
struct Bytes {
  std::string_view rest;
  unsigned take() {
    if (rest.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return byte;
  }
  weir::watch::Point point() {
    const double x = take() / 250.0, y = take() / 250.0;
    return {x, y};
  }
  std::string name() {
    std::string out;
    for (unsigned n = take() % 4; n > 0; --n) out += static_cast<char>(take());
    return out;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  Bytes in{{reinterpret_cast<const char*>(data), size}};
  watch::DrawnOptions drawn;
  for (unsigned zones = in.take() % 3; zones > 0; --zones) {
    auto& zone = drawn.zones.emplace_back();
    zone.name = in.name();
    for (unsigned points = in.take() % 6; points > 0; --points) zone.points.push_back(in.point());
    if (in.take() % 2 == 1) zone.classes.push_back(in.name());
    zone.dwell = watch::Seconds(in.take());
  }
  if (in.take() % 2 == 1) drawn.lines.push_back({in.name(), in.point(), in.point(), {}});
  if (in.take() % 2 == 1) drawn.masks.push_back({in.name(), {in.point(), in.point(), in.point()}});

  const auto changed = app::exchange_drawn(in.rest, "front", drawn);
  if (!changed) return 0;
  // exchange_drawn() has compared it; here, that the whole of it is a settings file, and stays the same from now on.
  const auto again = app::exchange_drawn(*changed, "front", drawn);
  if (!app::Settings::load_text(*changed, "fuzz") || !again) std::abort();
  return 0;
}
