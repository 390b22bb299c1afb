// Any text: an error of one line, or an equalizer that is stable at the rates there are.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "weir/engines/equalize/eq_text.hpp"
#include "weir/engines/equalize/equalizer.hpp"

using namespace weir::equalize;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto settings = parse_eq({reinterpret_cast<const char*>(data), size}, "text");
  if (!settings) {
    const std::string line = settings.error().line();
    if (line.empty() || line.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const double rate_hz : {8000.0, 48000.0, 768000.0}) {
    auto made = Equalization::make(*settings, rate_hz);
    if (!made) continue;
    Equalizer equalizer;
    if (!equalizer.fade_to(made->release(), 0)) std::abort();
    float left[256] = {1}, right[256] = {-1};
    for (int call = 0; call < 4; ++call) equalizer.process(left, right, 256);
    for (int i = 0; i < 256; ++i) {
      if (!std::isfinite(left[i]) || !std::isfinite(right[i])) std::abort();
    }
  }
  return 0;
}
