// A leak that tests plant: `TEST_PLANT_LEAK=front:1000` lets the camera "front" lose 1000 bytes a frame. Test builds
// only.
#pragma once

#include <string_view>

#if defined(WEIR_TEST_HOOKS)
#include <cstdlib>
#include <string>
#endif

namespace weir::watch {

#if defined(WEIR_TEST_HOOKS)
inline void planted_leak(std::string_view camera) {
  static const std::string plan = [] {
    const char* value = std::getenv("TEST_PLANT_LEAK");
    return std::string(value != nullptr ? value : "");
  }();
  const std::size_t colon = plan.rfind(':');
  if (colon == std::string::npos || camera != std::string_view(plan).substr(0, colon)) return;
  // Written to, so that the compiler cannot leave the allocation out.
  auto* lost = static_cast<volatile char*>(std::malloc(static_cast<std::size_t>(std::atoi(plan.c_str() + colon + 1))));
  if (lost != nullptr) *lost = 1;
}
#else
inline void planted_leak(std::string_view) {}
#endif

}  // namespace weir::watch
