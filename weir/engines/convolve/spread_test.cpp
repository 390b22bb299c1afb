// The tails' work is spread evenly over the blocks: counted, not timed.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "weir/engines/convolve/convolver.hpp"
#include "weir/engines/convolve/test_response.hpp"

namespace weir::convolve {
namespace {

// What the calls since the last look cost, as plans are judged.
double spent_ns = 0;
float term_ns = 0;

void multiply_add(const Terms& terms, std::size_t bins, std::size_t first_group, std::size_t end_group,
                  const float* const base[2], float* const out[2]) noexcept {
  spent_ns += static_cast<double>(end_group - first_group) *
              (Cost::group_ns + static_cast<double>(terms.end - terms.first) * term_ns);
  best_kernels().multiply_add(terms, bins, first_group, end_group, base, out);
}
void untangle(const float* z, const float* turns, std::size_t bins, float* spectrum,
              std::size_t group_stride) noexcept {
  spent_ns += Cost::fft_ns(bins);
  best_kernels().untangle(z, turns, bins, spectrum, group_stride);
}
void tangle(const float* sum, const float* turns, std::size_t bins, float* z) noexcept {
  spent_ns += Cost::fft_ns(bins);
  best_kernels().tangle(sum, turns, bins, z);
}

struct Spread {
  double median_ns = 0, most_ns = 0;
};

Spread measure(const Plan& plan, int block) {
  const Kernels counting{"counting", multiply_add, untangle, tangle, best_kernels().copy_sound, best_kernels().add};
  term_ns = Cost::term_ns(plan.bytes());
  const auto convolver = test::playing(plan, test::Response(plan.inputs, plan.max_taps, 1), counting);
  const test::Channels in = test::noise(plan.inputs, 4 * plan.levels.back().size + 8192, 2);
  std::vector<double> blocks;
  spent_ns = 0;
  test::run(*convolver, in, [&] {
    blocks.push_back(spent_ns);
    spent_ns = 0;
    return block;
  });
  // The first look saw nothing yet.
  blocks.erase(blocks.begin());
  std::sort(blocks.begin(), blocks.end());
  return {blocks[blocks.size() / 2], blocks.back()};
}

TEST(Spread, no_block_has_much_more_work_than_the_usual_one) {
  for (const int inputs : {2, 8, 16}) {
    for (const int block : {64, 128, 480, 512}) {
      for (const int taps : {4096, 16384, 65536}) {
        const Plan plan = *plan_for({inputs, block, taps});
        const Spread spread = measure(plan, block);
        EXPECT_LE(spread.most_ns, 1.35 * spread.median_ns)
            << inputs << " inputs, block " << block << ", " << taps << " taps, " << plan.levels.size() << " levels";
      }
    }
  }
}

}  // namespace
}  // namespace weir::convolve
