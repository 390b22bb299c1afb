// What the audio thread is promised: no heap, lock or system call; no slow numbers; no damage that stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

#include "weir/core/handover.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/quiet_denormals.hpp"
#include "weir/engines/convolve/convolver.hpp"
#include "weir/engines/convolve/test_response.hpp"

#if defined(WEIR_TEST_HOOKS)
#include "weir/core/testing/traps.hpp"
#endif

namespace weir::convolve {
namespace {

using test::Channels;
using test::Response;

Plan three_levels() { return make_plan(2, 6000, std::vector<std::size_t>{64, 256, 1024}); }

Channels identity_of(float sample, const std::vector<float>& taps) {
  const Plan plan = three_levels();
  const std::vector<Impulses> impulses{{taps, taps}, {}};
  auto convolver = Convolver::make(plan);
  EXPECT_TRUE(convolver->fade_to((*Filter::prepare(plan, impulses)).release(), 0));
  return test::run(*convolver, Channels(2, std::vector<float>(4096, sample)), 64);
}

TEST(Hot, a_pass_with_swaps_and_odd_calls_makes_no_heap_lock_or_system_call) {
#if defined(WEIR_TEST_HOOKS)
  if (const char* why = traps::syscalls_unavailable()) std::printf("system calls are not trapped: %s\n", why);
  if (const char* why = traps::calls_unavailable()) std::printf("calls are not trapped: %s\n", why);
#endif
  const Plan plan = three_levels();
  const Response response(2, 6000, 1);
  const auto convolver = test::playing(plan, response);
  Handover<Filter> handover;
  const Channels in = test::noise(2, 8192, 2);
  Channels out(2, std::vector<float>(8192));
  const float* const from[2] = {in[0].data(), in[1].data()};
  float* const to[2] = {out[0].data(), out[1].data()};
  HotPath path("test.convolve", HotPath::Kind::own, 0);
  Filter* waiting = nullptr;
  std::size_t collected = 0;
  for (int i = 0; i < 300; ++i) {
    if (i % 5 == 0) handover.give(response.prepare(plan));
    {
      const HotPath::Scope scope(path);
      if (waiting == nullptr) waiting = handover.take();
      if (waiting != nullptr && convolver->fade_to(waiting, 200)) waiting = nullptr;
      convolver->process(from, to, i % 7 == 0 ? 1 + i * 27 : 64);
      if (Filter* const former = convolver->retired()) handover.put_back(former);
    }
    collected += handover.collect();
  }
  delete waiting;
  EXPECT_GT(collected, 5u);
  const HotPathReport report = path.report();
  EXPECT_EQ(report.passes, 300u);
  EXPECT_EQ(report.allocations, 0u);
  EXPECT_EQ(report.frees, 0u);
  EXPECT_EQ(report.violations, 0u);
}

#if defined(WEIR_TEST_HOOKS)
TEST(Hot, the_traps_would_have_seen_a_lock_and_a_free) {
  if (const char* why = traps::calls_unavailable()) GTEST_SKIP() << "calls are not trapped: " << why;
  HotPath path("test.convolve_trap", HotPath::Kind::own, 0);
  std::mutex mutex;
  auto owned = std::make_unique<Response>(1, 10, 1);
  {
    const HotPath::Scope scope(path);
    const std::lock_guard lock(mutex);
    owned.reset();
  }
  EXPECT_GE(path.report().violations, 2u);
}
#endif

TEST(Hot, numbers_too_small_to_matter_are_zero_inside_and_the_setting_is_restored) {
#if defined(__SSE__) || defined(__aarch64__)
  volatile float tiny = 1e-40F;
  {
    const QuietDenormals quiet;
    EXPECT_EQ(tiny * 1.0F, 0.0F);
    {
      const QuietDenormals again;
    }
    EXPECT_EQ(tiny * 1.0F, 0.0F) << "the inner one restored too much";
  }
  EXPECT_GT(tiny * 1.0F, 0.0F);
  // Products of these are denormal: without the setting they would be summed up.
  for (const auto& ear : identity_of(1e-25F, {1e-15F})) EXPECT_EQ(std::count(ear.begin(), ear.end(), 0.0F), 4096);
  EXPECT_GT(tiny * 1.0F, 0.0F) << "process() left its setting behind";
  for (const auto& ear : identity_of(1e-10F, {1.0F})) EXPECT_NEAR(ear[100], 1e-10F, 1e-15F);
#endif
}

TEST(Hot, samples_that_are_no_numbers_are_silence_and_counted_and_nothing_of_them_stays) {
  const Plan plan = three_levels();
  const Response response(2, 6000, 3);
  const float infinity = std::numeric_limits<float>::infinity();
  const float damaged[] = {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity,
                           std::numeric_limits<float>::max(), -1e13F};
  std::vector<const Kernels*> all{&portable_kernels(), &best_kernels()};
  if (avx2_kernels() != nullptr) all.push_back(avx2_kernels());
  for (const Kernels* kernels : all) {
    SCOPED_TRACE(kernels->name);
    Channels in = test::noise(2, 20000, 4);
    Channels mended = in;
    for (std::size_t i = 0; i < 40; ++i) {
      in[i % 2][1000 + 97 * i] = damaged[i % 5];
      mended[i % 2][1000 + 97 * i] = 0;
    }
    for (const int block : {64, 77}) {
      const auto convolver = test::playing(plan, response, *kernels);
      const Channels out = test::run(*convolver, in, block);
      const Channels expected = test::run(*test::playing(plan, response, *kernels), mended, block);
      EXPECT_EQ(convolver->non_finite(), 40u);
      EXPECT_EQ(out, expected);
    }
  }
}

}  // namespace
}  // namespace weir::convolve
