#include "weir/core/result.hpp"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Error, IsOneLineThatNamesItsOwner) {
  const Error error{Code::not_found, "no such file; check the path", "front", "a\nb"};
  EXPECT_EQ(error.line(), "front: no such file; check the path (a b)");
  EXPECT_EQ(error.message(), "no such file; check the path (a b)");
  EXPECT_EQ((Error{Code::failed, "it broke"}.line()), "it broke");
}

TEST(Error, EveryCodeHasItsOwnName) {
  for (int a = 0; a <= static_cast<int>(Code::failed); ++a) {
    for (int b = 0; b < a; ++b) EXPECT_NE(to_string(static_cast<Code>(a)), to_string(static_cast<Code>(b)));
  }
}

TEST(ResultDeathTest, ABrokenInvariantEndsTheProgramWithOneLine) {
  EXPECT_DEATH(fatal("two and two are five", "arithmetic"), "weir: broken invariant: two and two are five: arithmetic");
  EXPECT_DEATH(WEIR_CHECK(1 == 2, "not equal"), "not equal");
}

}  // namespace
}  // namespace weir
