// Where a box is, and how fast it goes, from noisy looks at it.
#pragma once

#include "weir/engines/track/box.hpp"

namespace weir::track {

// Kalman filter with constant velocity for the centre and constant size, in real seconds, so that looks may come at any
// intervals. Noise is relative to the box's own size. The four quantities do not mix, so each is a filter of its own.
// Thread-safety: one thread at a time.  Allocates: never.  Blocks: never.  Ownership: value type.
class BoxFilter {
 public:
  explicit BoxFilter(const Box& seen) noexcept;

  void predict(double seconds) noexcept;
  void correct(const Box& seen) noexcept;

  Box box() const noexcept;
  float vx() const noexcept { return static_cast<float>(x_.v); }  // per second
  float vy() const noexcept { return static_cast<float>(y_.v); }
  double uncertainty() const noexcept;  // standard deviation of the centre, in the box's unit

 private:
  struct Moving {
    double p = 0, v = 0;            // position and velocity
    double pp = 0, pv = 0, vv = 0;  // covariance
    void predict(double seconds, double acceleration) noexcept;
    void correct(double seen, double noise) noexcept;
  };
  struct Resting {
    double p = 0, pp = 0;
    void correct(double seen, double noise) noexcept;
  };
  double size() const noexcept;  // what noise is relative to

  Moving x_, y_;  // centre
  Resting w_, h_;
};

}  // namespace weir::track
