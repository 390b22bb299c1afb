#include "weir/engines/track/box_filter.hpp"

#include <cmath>

namespace weir::track {

namespace {

// Relative to the box's size. A walking person goes 0.8 body heights a second, a passing car 1 to 3 lengths.
constexpr double seen_noise = 0.08;    // standard deviation of a detector's box: a twentieth of a person's height
constexpr double first_speed = 1.0;    // … of the speed before it is known, per second
constexpr double speed_wanders = 1.0;  // spectral density: the speed wanders by so much in a second
constexpr double size_wanders = 0.15;  // the size does so, too, as things come nearer

double squared(double value) noexcept { return value * value; }

}  // namespace

BoxFilter::BoxFilter(const Box& seen) noexcept {
  x_.p = seen.x + 0.5 * seen.w;
  y_.p = seen.y + 0.5 * seen.h;
  w_.p = seen.w;
  h_.p = seen.h;
  const double noise = squared(seen_noise * size());
  x_.pp = y_.pp = w_.pp = h_.pp = noise;
  x_.vv = y_.vv = squared(first_speed * size());
}

void BoxFilter::predict(double seconds) noexcept {
  const double wander = squared(speed_wanders * size());
  x_.predict(seconds, wander);
  y_.predict(seconds, wander);
  w_.pp += squared(size_wanders * size()) * seconds;
  h_.pp += squared(size_wanders * size()) * seconds;
}

void BoxFilter::correct(const Box& seen) noexcept {
  const double noise = squared(seen_noise * size());
  x_.correct(seen.x + 0.5 * seen.w, noise);
  y_.correct(seen.y + 0.5 * seen.h, noise);
  w_.correct(seen.w, noise);
  h_.correct(seen.h, noise);
}

Box BoxFilter::box() const noexcept {
  return {static_cast<float>(x_.p - 0.5 * w_.p), static_cast<float>(y_.p - 0.5 * h_.p), static_cast<float>(w_.p),
          static_cast<float>(h_.p)};
}

double BoxFilter::uncertainty() const noexcept { return std::sqrt(std::max(x_.pp, y_.pp)); }

// The geometric mean serves people, who are tall, and cars, which are wide.
double BoxFilter::size() const noexcept { return std::sqrt(w_.p * h_.p); }

// White noise acceleration of the given density (Bar-Shalom, Li and Kirubarajan 2001, 6.2.2).
void BoxFilter::Moving::predict(double seconds, double acceleration) noexcept {
  p += v * seconds;
  pp += seconds * (2 * pv + seconds * vv) + acceleration * seconds * seconds * seconds / 3;
  pv += seconds * vv + acceleration * seconds * seconds / 2;
  vv += acceleration * seconds;
}

void BoxFilter::Moving::correct(double seen, double noise) noexcept {
  const double gain_p = pp / (pp + noise), gain_v = pv / (pp + noise), off = seen - p;
  p += gain_p * off;
  v += gain_v * off;
  vv -= gain_v * pv;
  pv -= gain_p * pv;
  pp -= gain_p * pp;
}

void BoxFilter::Resting::correct(double seen, double noise) noexcept {
  const double gain = pp / (pp + noise);
  p += gain * (seen - p);
  pp -= gain * pp;
}

}  // namespace weir::track
