#include "weir/flows/watch/wire_index.hpp"

#include <gtest/gtest.h>

namespace weir::watch {
namespace {

TEST(WireIndex, FindsTheAccessUnitOfATime) {
  WireIndex index;
  EXPECT_EQ(index.at_pts(5).width, 0) << "nothing was sent yet";
  for (int i = 0; i < 300; ++i) {
    index.sent({static_cast<std::uint64_t>(i), 1, i * 40'000, 1920, 1080}, 1'000'000 + i * 40'000);
  }
  EXPECT_EQ(index.at_pts(250 * 40'000).sequence, 250u);
  EXPECT_EQ(index.at_pts(3).sequence, 299u) << "unknown: the newest";
  EXPECT_EQ(index.at_capture(1'000'000 + 250 * 40'000 + 19'000).sequence, 250u);
  EXPECT_EQ(index.at_capture(1'000'000 + 250 * 40'000 + 21'000).sequence, 251u);
  EXPECT_EQ(index.nearest_pts(250 * 40'000 - 1).sequence, 250u);
  EXPECT_EQ(index.at_capture(0).sequence, 172u) << "the oldest that is remembered";
}

}  // namespace
}  // namespace weir::watch
