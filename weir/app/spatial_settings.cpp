#include "weir/app/spatial_settings.hpp"

namespace weir::app {
namespace {

media::TrackOrder order(const std::string& text) {
  if (text == "hesuvi") return media::TrackOrder::hesuvi;
  if (text == "pairs") return media::TrackOrder::pairs;
  return text == "blocks" ? media::TrackOrder::blocks : media::TrackOrder::automatic;
}

}  // namespace

spatial::SoundOptions sound_options(const Settings& s) {
  return {
      .responses = {.hrir = s.text("spatial.hrir"),
                    .map = s.text("spatial.map"),
                    .order = order(s.text("spatial.order")),
                    .interpolate = s.boolean("spatial.interpolate"),
                    .trim = s.boolean("spatial.trim"),
                    .normalise = s.boolean("spatial.normalise"),
                    .match_loudness = s.boolean("spatial.match_loudness")},
      .layout = s.text("spatial.layout"),
      .eq = s.text("spatial.eq"),
      .gain_db = s.number("spatial.gain_db"),
  };
}

spatial::SpatialOptions spatial_options(const Settings& s) {
  spatial::SpatialOptions out;
  out.sound = sound_options(s);
  out.limiter = s.boolean("spatial.limiter");
  return out;
}

}  // namespace weir::app
