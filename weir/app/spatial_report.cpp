#include "weir/app/spatial_report.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "weir/app/progress_bar.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/report.hpp"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

// Silence has no level in dB.
Json dbfs(double peak) { return peak > 0 ? Json(20 * std::log10(peak)) : Json(nullptr); }

Json stream_json(const spatial::StreamReport& s) {
  Json rings = Json::array();
  for (const auto& ring : s.rings) {
    rings.push_back({{"id", ring.id}, {"capacity", ring.capacity}, {"written", ring.written}, {"read", ring.read}});
  }
  return {{"id", s.id},
          {"state", s.state},
          {"rate_hz", s.rate_hz},
          {"channels", s.channels},
          {"layout", s.layout},
          {"input_format", s.input_format},
          {"truncated", s.truncated},
          {"total_frames", s.total_frames ? Json(*s.total_frames) : Json(nullptr)},
          {"responses",
           {{"name", s.responses},
            {"rate_hz", s.responses_rate_hz},
            {"taps", s.taps},
            {"gain_db", s.responses_gain_db},
            {"substitutions", s.substitutions}}},
          {"blocks", s.driver.blocks},
          {"frames_in", s.driver.frames_in},
          {"frames_out", s.driver.frames_out},
          {"underruns", s.driver.underruns},
          {"underrun_frames", s.driver.underrun_frames},
          {"overruns", s.driver.overruns},
          {"overrun_frames", s.driver.overrun_frames},
          {"late", s.driver.late},
          {"changes", s.renderer.changes},
          {"non_finite_samples", s.renderer.non_finite},
          {"peak_dbfs", dbfs(s.renderer.peak)},
          {"over_full_scale_samples", s.renderer.clipped_samples},
          {"limited_frames", s.renderer.limited_frames},
          {"clipped_samples", s.clipped_samples},
          {"rings", rings}};
}

}  // namespace

std::string spatial_report(const spatial::Status& status, bool pretty) {
  const Json section = {{"streams", Json::array({stream_json(status.stream())})}};
  const RunInfo run{.flow = "spatial", .seconds = status.running().count()};
  return dump(build_report(run, section, collect_core(status.ledger())), pretty);
}

std::string summary(const spatial::StreamReport& s) {
  std::string out = printable(s.id) + ": " + s.layout + " through " + printable(s.responses) + ", " +
                    fixed(static_cast<double>(s.driver.frames_out) / s.rate_hz, "%.1f s");
  out += s.renderer.peak > 0 ? ", peak " + fixed(20 * std::log10(s.renderer.peak), "%.1f dBFS") : ", silence";
  if (s.clipped_samples > 0) {
    out += ", " + std::to_string(s.clipped_samples) + " samples clipped: lower --gain, or --set spatial.limiter=true";
  } else if (s.renderer.clipped_samples > 0) {
    out += ", " + std::to_string(s.renderer.clipped_samples) + " samples beyond full scale";
  }
  if (s.driver.underruns > 0) out += ", " + std::to_string(s.driver.underruns) + " underruns";
  if (s.renderer.non_finite > 0) {
    out += ", " + std::to_string(s.renderer.non_finite) + " samples were no numbers and are silent";
  }
  if (s.truncated) out += ", the input was cut off";
  if (s.state == "stopped") out += "; stopped before its end, no file was written";
  return out;
}

std::string progress_text(const spatial::StreamReport& s, double seconds) {
  const auto done = static_cast<double>(s.driver.frames_in);
  const double played_s = s.rate_hz > 0 ? done / s.rate_hz : 0;
  const bool known = s.total_frames && *s.total_frames > 0;
  const double share = known ? std::min(done / static_cast<double>(*s.total_frames), 1.0) : 0;
  std::string out = known ? progress_bar(share) : fixed(played_s, "%.0f s");
  if (seconds < 0.2 || done == 0) return out;
  return out + fixed(played_s / seconds, "  %.0fx") + time_left(share, seconds);
}

}  // namespace weir::app
