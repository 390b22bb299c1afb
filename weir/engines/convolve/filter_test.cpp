// Filter: what cannot be a response is refused in one line, silent inputs cost nothing.
#include "weir/engines/convolve/filter.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "weir/engines/convolve/convolver.hpp"

namespace weir::convolve {
namespace {

const Shape shape{2, 64, 1000};

TEST(Filter, refuses_what_is_no_response_and_says_why) {
  const std::vector<float> good(1000, 0.1F), too_long(1001, 0.1F);
  const auto message = [](const std::vector<Impulses>& impulses) {
    const auto filter = Filter::prepare(shape, impulses);
    return filter ? std::string("accepted") : filter.error().line();
  };
  EXPECT_EQ(message({{good, good}, {}}), "accepted");
  EXPECT_EQ(message({{}, {}}), "accepted");
  EXPECT_NE(message({{good, good}}).find("1 pairs for 2 inputs"), std::string::npos);
  EXPECT_NE(message({{good, good}, {good, too_long}}).find("input 1: 1001 taps, at most 1000"), std::string::npos);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity(), 2e12F}) {
    std::vector<float> damaged = good;
    damaged[999] = bad;
    EXPECT_NE(message({{good, damaged}, {}}).find("not a finite number"), std::string::npos) << bad;
    EXPECT_EQ(message({{good, damaged}, {}}).find('\n'), std::string::npos);
  }
}

TEST(Filter, refuses_shapes_out_of_range) {
  const std::vector<Impulses> two(2);
  for (const Shape& bad : {Shape{0, 64, 10}, Shape{17, 64, 10}, Shape{2, 0, 10}, Shape{2, 8193, 10}, Shape{2, 64, 0},
                           Shape{2, 64, (1 << 20) + 1}}) {
    EXPECT_FALSE(Filter::prepare(bad, two));
    EXPECT_FALSE(Convolver::make(bad));
  }
}

TEST(Filter, multiplies_nothing_for_silent_inputs_and_beyond_a_response) {
  const Plan plan = make_plan(4, 4096, std::vector<std::size_t>{64, 256});
  const std::vector<float> longer(4096, 0.1F), shorter(100, 0.1F);
  const auto terms = [&](const std::vector<Impulses>& impulses, std::size_t level) {
    return (*Filter::prepare(plan, impulses))->level(level).terms();
  };
  const std::vector<Impulses> one_long{{}, {longer, {}}, {}, {}}, two_short{{shorter, shorter}, {}, {{}, shorter}, {}};
  EXPECT_EQ(terms(one_long, 0), 8u);
  EXPECT_EQ(terms(one_long, 1), 14u);
  EXPECT_EQ(terms(two_short, 0), 4u);
  EXPECT_EQ(terms(two_short, 1), 0u);
}

}  // namespace
}  // namespace weir::convolve
