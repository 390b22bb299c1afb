#include "weir/engines/track/assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <random>

namespace weir::track {
namespace {

// Every way to pair rows with columns, one after the other.
double best_by_trying(const std::vector<double>& gain, std::size_t rows, std::size_t columns, std::size_t row = 0,
                      unsigned taken = 0) {
  if (row == rows) return 0;
  double best = best_by_trying(gain, rows, columns, row + 1, taken);
  for (std::size_t column = 0; column < columns; ++column) {
    const double g = gain[row * columns + column];
    if (g <= 0 || (taken >> column & 1U) != 0) continue;
    best = std::max(best, g + best_by_trying(gain, rows, columns, row + 1, taken | 1U << column));
  }
  return best;
}

// The total of an answer that is a matching of pairs with a gain.
double total(std::span<const int> of, const std::vector<double>& gain, std::size_t columns) {
  std::vector<char> taken(columns);
  double sum = 0;
  for (std::size_t row = 0; row < of.size(); ++row) {
    if (of[row] == Assignment::none) continue;
    const auto column = static_cast<std::size_t>(of[row]);
    EXPECT_EQ(taken[column], 0) << "column " << column << " is given twice";
    taken[column] = 1;
    EXPECT_GT(gain[row * columns + column], 0);
    sum += gain[row * columns + column];
  }
  return sum;
}

TEST(Assignment, as_good_as_trying_everything) {
  const unsigned seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937 random(seed);
  Assignment assignment;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t rows = random() % 7, columns = random() % 7;
    std::vector<double> gain(rows * columns);
    // Few different values, so that ties are common; in other rounds fine ones.
    for (double& g : gain) {
      g = round % 2 == 0 ? static_cast<double>(random() % 6) - 2.0
                         : std::uniform_real_distribution<double>(-0.5, 1)(random);
    }
    const auto of = assignment.solve(gain, rows, columns);
    ASSERT_EQ(of.size(), rows);
    ASSERT_NEAR(total(of, gain, columns), best_by_trying(gain, rows, columns), 1e-9) << rows << " x " << columns;
  }
}

TEST(Assignment, the_greedy_pair_is_given_up_for_two_better_ones) {
  Assignment assignment;
  // Greedy: 0.9, then 0.1. Best: 0.8 + 0.7.
  const auto of = assignment.solve(std::vector{0.9, 0.8, 0.7, 0.1}, 2, 2);
  EXPECT_EQ(of[0], 1);
  EXPECT_EQ(of[1], 0);
}

TEST(Assignment, a_full_tracker_is_solved_alike_turned_around) {
  constexpr std::size_t n = 256, m = 200;
  std::mt19937 random(7);
  std::vector<double> gain(n * m), turned(n * m);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      gain[i * m + j] = turned[j * n + i] = std::uniform_real_distribution<double>(-1, 1)(random);
    }
  }
  Assignment assignment;
  const double one = total(assignment.solve(gain, n, m), gain, m);
  EXPECT_NEAR(one, total(assignment.solve(turned, m, n), turned, n), 1e-9);
  EXPECT_GT(one, 0.95 * m) << "of so many random gains nearly every column gets one close to 1";
}

}  // namespace
}  // namespace weir::track
