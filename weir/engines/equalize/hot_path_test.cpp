// Everything of this room that runs in the audio thread, between two marks: no allocation, free, lock or system call.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "weir/core/handover.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/engines/equalize/equalizer.hpp"
#include "weir/engines/equalize/gain.hpp"
#include "weir/engines/equalize/limiter.hpp"
#include "weir/engines/equalize/peak_meter.hpp"
#include "weir/engines/equalize/test_bands.hpp"
#include "weir/engines/equalize/test_sound.hpp"
#if defined(WEIR_TEST_HOOKS)
#include "weir/core/testing/traps.hpp"
#endif

namespace weir::equalize {
namespace {

TEST(EqualizeHotPath, NeitherAllocatesNorFreesNorLocks) {
  EqSettings settings;
  for (const Band& band : each_band()) {
    if (settings.bands.size() < max_bands) settings.bands.push_back(band);
  }
  settings.preamp_db = -60;
  Handover<Equalization> handover;
  const auto prepare = [&](const EqSettings& wanted) {
    auto made = Equalization::make(wanted, 48000);
    ASSERT_TRUE(made);
    handover.give(std::move(*made));
  };
  Equalizer equalizer;
  Equalization* waiting = nullptr;
  Gain gain;
  Limiter limiter(48000);
  PeakMeter meter;
  HotPath path("test.equalize", HotPath::Kind::own, 0);
  int fades = 0;
  const TestSound sound = noise(8192, 1, 2);
  TestSound out = sound;
  for (int pass = 0; pass < 200; ++pass) {
    const int frames = 1 + pass * 41 % 8192;
    out = sound;
    handover.collect();
    prepare(pass % 2 == 0 ? settings : EqSettings{});
    const HotPath::Scope scope(path);
    if (Equalization* former = equalizer.retired()) handover.put_back(former);
    if (waiting == nullptr) waiting = handover.take();
    if (waiting != nullptr && equalizer.fade_to(waiting, 960)) {
      waiting = nullptr;
      ++fades;
      gain.ramp_to(static_cast<float>(pass % 5), 100);
    }
    equalizer.process(out.left.data(), out.right.data(), frames);
    gain.process(out.left.data(), out.right.data(), frames);
    limiter.process(out.left.data(), out.right.data(), frames);
    meter.process(out.left.data(), out.right.data(), frames);
    if (pass % 50 == 49) equalizer.reset(), limiter.reset();
  }
  const std::unique_ptr<Equalization> rest(waiting);
  const HotPathReport report = path.report();
  EXPECT_EQ(report.passes, 200u);
  EXPECT_EQ(report.allocations, 0u);
  EXPECT_EQ(report.frees, 0u);
  EXPECT_EQ(report.violations, 0u);
  EXPECT_GT(fades, 50);
  EXPECT_GT(limiter.limited_frames(), 0u);
}

#if defined(WEIR_TEST_HOOKS)
TEST(EqualizeHotPath, WouldBeCaught) {
  if (const char* why = traps::calls_unavailable()) GTEST_SKIP() << "calls are not trapped: " << why;
  HotPath path("test.equalize_caught", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(path);
    const Limiter made_here(48000);
  }
  EXPECT_GT(path.report().violations, 0u);
}
#endif

}  // namespace
}  // namespace weir::equalize
