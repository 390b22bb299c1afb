// Plans cover a response without gap or overlap, begin each level late enough, and are cheaper than uniform ones.
#include "weir/engines/convolve/plan.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace weir::convolve {
namespace {

TEST(Plan, levels_follow_each_other_and_leave_a_partition_of_time_for_their_work) {
  for (const int inputs : {1, 8, 16}) {
    for (const int block : {1, 16, 63, 64, 100, 128, 441, 480, 512, 1000, 1024, 4096, 8192}) {
      for (const int taps : {1, 500, 4096, 5000, 16384, 65536, 1 << 20}) {
        SCOPED_TRACE(testing::Message() << inputs << " inputs, block " << block << ", " << taps << " taps");
        const auto plan = plan_for({inputs, block, taps});
        ASSERT_TRUE(plan);
        std::size_t covered = 0, former = 0;
        for (const Level& level : plan->levels) {
          EXPECT_EQ(level.first, covered);
          EXPECT_GT(level.count, 0u);
          EXPECT_EQ(level.size % 16, 0u);
          if (former != 0) {
            EXPECT_EQ(level.size % former, 0u);
            EXPECT_EQ(level.first, 2 * level.size);
          }
          covered += level.count * level.size;
          former = level.size;
        }
        EXPECT_GE(covered, static_cast<std::size_t>(taps));
        EXPECT_LT(covered - former, static_cast<std::size_t>(taps));
      }
    }
  }
}

TEST(Plan, the_head_fits_the_block) {
  EXPECT_EQ(plan_for({8, 64, 4096})->levels.front().size, 64u);
  EXPECT_EQ(plan_for({8, 480, 4096})->levels.front().size, 480u);
  EXPECT_EQ(plan_for({8, 512, 4096})->levels.front().size, 512u);
  // 441 would be no good for the FFT.
  EXPECT_EQ(plan_for({8, 441, 4096})->levels.front().size, 512u);
  // Short responses need no long partitions.
  EXPECT_EQ(plan_for({8, 8192, 400})->levels.front().size, 512u);
}

TEST(Plan, long_responses_are_cut_into_growing_partitions_and_short_ones_uniformly) {
  EXPECT_EQ(plan_for({8, 512, 4096})->levels.size(), 1u);
  EXPECT_EQ(plan_for({8, 64, 512})->levels.size(), 1u);
  EXPECT_GE(plan_for({8, 64, 16384})->levels.size(), 2u);
  std::size_t partitions = 0;
  const auto plan = plan_for({8, 64, 65536});
  for (const Level& level : plan->levels) partitions += level.count;
  EXPECT_LT(partitions, 100u) << "1024 uniform ones";
}

}  // namespace
}  // namespace weir::convolve
