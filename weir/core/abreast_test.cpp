#include "weir/core/abreast.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir {
namespace {

constexpr std::int64_t step_us = 40'000, moment_us = 500'000;

TEST(Abreast, EachFrameFindsWhatIsShownAtItsTimeAndNoneRunsAway) {
  Abreast abreast;
  std::atomic<std::int64_t> shown_us{-1}, looked_us{0};
  std::thread shown([&] {
    for (std::int64_t us = 0; us <= 200 * step_us; us += step_us) {
      // What was looked at may have moved on since, but never back.
      EXPECT_LE(us - looked_us, moment_us + step_us);
      shown_us = us;
      abreast.shown(us);
    }
    abreast.end();
  });
  for (std::int64_t us = 0; us <= 200 * step_us; us += 5 * step_us) {
    looked_us = us;
    abreast.looked_at(us);
    EXPECT_GE(shown_us, us);
  }
  shown.join();
}

TEST(Abreast, FramesFurtherApartThanAMomentStopNobody) {
  Abreast abreast;
  std::thread shown([&] {
    for (std::int64_t us = 0; us <= 40 * moment_us; us += step_us) abreast.shown(us);
    abreast.end();
  });
  for (std::int64_t us = 0; us <= 40 * moment_us; us += 4 * moment_us) abreast.looked_at(us);
  shown.join();
}

TEST(Abreast, TheEndOfOneLetsTheOtherGoOn) {
  Abreast abreast;
  std::thread looked([&] { abreast.looked_at(10 * moment_us); });
  abreast.end();
  looked.join();
  abreast.shown(100 * moment_us);
}

}  // namespace
}  // namespace weir
