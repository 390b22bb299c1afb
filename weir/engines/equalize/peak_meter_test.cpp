#include "weir/engines/equalize/peak_meter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <limits>
#include <thread>

namespace weir::equalize {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();

TEST(PeakMeter, CountsWhatWouldClip) {
  PeakMeter meter;
  const std::array<float, 6> left = {0.5F, -1.0F, 1.0F, 1.0001F, -3.0F, 0},
                             right = {0, -0.25F, nan, infinite, 0, -infinite};
  meter.process(left.data(), right.data(), 6);
  EXPECT_EQ(meter.over(), 2u) << "full scale itself is none";
  EXPECT_EQ(meter.not_finite(), 3u);
  EXPECT_EQ(meter.peaks().left, 3);
  EXPECT_EQ(meter.peaks().right, 0.25F);
  meter.process(left.data(), right.data(), 0);
  meter.process(left.data(), right.data(), 1);
  EXPECT_EQ(meter.over(), 2u);
}

TEST(PeakMeter, RecentIsSinceItWasAsked) {
  PeakMeter meter;
  const float loud = -0.9F, quiet = 0.1F;
  meter.process(&loud, &quiet, 1);
  meter.process(&quiet, &quiet, 1);
  EXPECT_EQ(meter.take_recent().left, 0.9F);
  EXPECT_EQ(meter.take_recent().left, 0);
  meter.process(&quiet, &loud, 1);
  const PeakMeter::Peaks recent = meter.take_recent();
  EXPECT_EQ(recent.left, 0.1F);
  EXPECT_EQ(recent.right, 0.9F);
  EXPECT_EQ(meter.peaks().left, 0.9F);
}

TEST(PeakMeter, NoPeakIsLostBetweenTwoThreads) {
  PeakMeter meter;
  std::atomic<bool> done{false};
  float loudest = 0;
  std::thread reader([&] {
    while (!done.load()) loudest = std::max(loudest, meter.take_recent().left);
  });
  float sample = 0;
  for (int i = 1; i <= 100'000; ++i) {
    sample = static_cast<float>(i % 1000) + (i == 55'555 ? 5000.0F : 0);
    meter.process(&sample, &sample, 1);
  }
  done.store(true);
  reader.join();
  EXPECT_EQ(std::max(loudest, meter.take_recent().left), 5555);
}

}  // namespace
}  // namespace weir::equalize
