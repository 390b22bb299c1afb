// HwAccel: which device decodes a stream, as it is asked for and as it is told.
#pragma once

#include <optional>
#include <string>

namespace weir::media {

enum class HwAccel { none, automatic, nvdec, vaapi };

// As the setting says it.
inline const char* to_string(HwAccel accel) noexcept {
  switch (accel) {
    case HwAccel::automatic: return "auto";
    case HwAccel::nvdec: return "nvdec";
    case HwAccel::vaapi: return "vaapi";
    case HwAccel::none: break;
  }
  return "none";
}

// What was asked for, and what became of it.
struct HwChoice {
  HwAccel asked = HwAccel::none;
  std::optional<HwAccel> chosen;  // none: software; empty: nothing decodes yet
  std::string why;                // why what comes before it was not chosen: "nvdec: …; vaapi: …"
};

// "software", "nvdec" or "vaapi"; empty while nothing decodes.
inline std::string chosen_name(const HwChoice& choice) {
  if (!choice.chosen) return {};
  return *choice.chosen == HwAccel::none ? "software" : to_string(*choice.chosen);
}

}  // namespace weir::media
