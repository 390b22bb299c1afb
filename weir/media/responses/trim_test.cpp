#include "weir/media/responses/trim.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::media {
namespace {

using enum Speaker;

// FL sounds from 100, FR's left ear from 130; all are silent from 400 on but for 1e-5.
ResponseSet silence_around() {
  ResponseSet set{48000, {}, "x"};
  for (const Speaker s : {FL, FR}) {
    set.responses.push_back({s, std::vector<float>(1000, 1e-5F), std::vector<float>(1000, 1e-5F)});
  }
  for (std::size_t i = 100; i < 400; ++i) set.responses[0].left[i] = 0.5F;
  for (std::size_t i = 130; i < 300; ++i) set.responses[1].left[i] = 1;
  return set;
}

TEST(Trim, TakesWhatIsSilentInAllAndKeepsTheDelays) {
  const ResponseSet set = trimmed(silence_around());
  EXPECT_EQ(set.taps(), 300U);
  EXPECT_FLOAT_EQ(set.responses[0].left[0], 0.5F);
  EXPECT_FLOAT_EQ(set.responses[1].left[29], 1e-5F);
  EXPECT_FLOAT_EQ(set.responses[1].left[30], 1);
}

TEST(Trim, FadesTheEndAndNothingElse) {
  const ResponseSet set = trimmed(silence_around());
  const std::vector<float>& left = set.responses[0].left;
  // A tenth of 300 samples, since 2 ms at 48 kHz are 96.
  EXPECT_FLOAT_EQ(left[269], 0.5F);
  for (std::size_t i = 270; i < 300; ++i) EXPECT_LT(left[i], left[i - 1]) << i;
  EXPECT_NEAR(left[284] + left[285], 0.5F, 1e-6);  // the middle of half a cosine
  EXPECT_LT(left[299], 0.002F);
}

TEST(Trim, LeavesAloneWhatHasNothingAround) {
  const ResponseSet set{48000, {{FL, {1, 0.5F}, {0.5F, 1}}}, "x"};
  const ResponseSet same = trimmed(set);
  EXPECT_EQ(same.responses[0].left, set.responses[0].left);
  EXPECT_EQ(same.responses[0].right, set.responses[0].right);
}

}  // namespace
}  // namespace weir::media
