#include "weir/server/notify/backoff.hpp"

#include <gtest/gtest.h>

namespace weir::notify {
namespace {

TEST(Backoff, DoublesToItsBoundWithJitterAndStartsAgainAfterASuccess) {
  Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(60), 42);
  Nanos whole = std::chrono::milliseconds(500);
  bool varied = false;
  for (int i = 0; i < 100; ++i) {
    const Nanos wait = backoff.next();
    EXPECT_GE(wait, whole / 2);
    EXPECT_LE(wait, whole);
    varied = varied || (wait != whole / 2 && wait != whole);
    whole = std::min<Nanos>(whole * 2, std::chrono::seconds(60));
  }
  EXPECT_TRUE(varied);
  backoff.worked();
  EXPECT_LE(backoff.next(), std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace weir::notify
