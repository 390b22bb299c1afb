// Filters of every type for tests, from deep to near half the rate.
#pragma once

#include <vector>

#include "weir/engines/equalize/eq_settings.hpp"

namespace weir::equalize {

inline std::vector<Band> each_band() {
  using Type = Band::Type;
  std::vector<Band> made;
  for (const Type type : {Type::peak, Type::low_shelf, Type::high_shelf, Type::low_pass, Type::high_pass,
                          Type::band_pass, Type::notch, Type::all_pass}) {
    const bool has_gain = type == Type::peak || type == Type::low_shelf || type == Type::high_shelf;
    for (const double fc_hz : {35.0, 105.0, 1000.0, 8000.0, 19000.0}) {
      for (const double q : {0.5, 0.7071, 4.0}) {
        for (const double gain_db : {-12.0, 7.5}) {
          made.push_back({.type = type, .fc_hz = fc_hz, .gain_db = has_gain ? gain_db : 0, .q = q});
        }
      }
      made.push_back({.type = type, .fc_hz = fc_hz, .gain_db = has_gain ? 3.0 : 0, .octaves = 1.5});
    }
  }
  return made;
}

}  // namespace weir::equalize
