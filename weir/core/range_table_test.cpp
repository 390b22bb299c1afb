#include "weir/core/range_table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <thread>

namespace weir::detail {
namespace {

constexpr std::uint32_t none = ~0u;

TEST(RangeTable, MatchesAMapOfSingleAddressesUnderRandomClaims) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937_64 random(seed);
  RangeTable<400> table;
  std::vector<std::uint32_t> truth(300, none);
  std::vector<Range> ranges;
  for (int step = 0; step < 20000; ++step) {
    const std::uintptr_t a = random() % truth.size(), b = random() % truth.size();
    const auto tag = static_cast<std::uint32_t>(random() % 5);
    const bool claim = random() % 3 != 0;
    if (claim) {
      table.insert(a, b, tag);
    } else {
      table.erase(a, b);
    }
    for (auto i = a; i < b; ++i) truth[i] = claim ? tag : none;

    table.snapshot(ranges);
    std::vector<std::uint32_t> seen(truth.size(), none);
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      ASSERT_LT(ranges[i].begin, ranges[i].end);
      if (i > 0) {
        ASSERT_LE(ranges[i - 1].end, ranges[i].begin) << "sorted, without overlaps";
        ASSERT_FALSE(ranges[i - 1].end == ranges[i].begin && ranges[i - 1].tag == ranges[i].tag)
            << "neighbours are one";
      }
      for (auto at = ranges[i].begin; at < ranges[i].end; ++at) seen[at] = ranges[i].tag;
    }
    ASSERT_EQ(seen, truth) << "step " << step;
  }
  EXPECT_EQ(table.lost_bytes(), 0u);
}

TEST(RangeTable, WhatDoesNotFitIsCounted) {
  RangeTable<4> table;
  for (std::uintptr_t i = 0; i < 6; ++i) table.insert(100 * i, 100 * i + 10, 1);
  EXPECT_EQ(table.lost_bytes(), 20u);
  std::vector<Range> ranges;
  table.snapshot(ranges);
  EXPECT_EQ(ranges.size(), 4u);
  // A hole in the middle of a range needs a place of its own too.
  table.erase(2, 4);
  EXPECT_EQ(table.lost_bytes(), 26u);
  table.snapshot(ranges);
  EXPECT_EQ(ranges.front(), (Range{0, 2, 1}));
}

TEST(RangeTable, ManyThreadsClaimAndOneLooks) {
  static RangeTable<4096> table;
  std::vector<std::thread> threads;
  for (std::uintptr_t t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (std::uintptr_t i = 0; i < 2000; ++i) {
        const std::uintptr_t begin = (t * 1000 + i % 100) * 64;
        table.insert(begin, begin + 32, static_cast<std::uint32_t>(t));
        if (i % 3 == 0) table.erase(begin, begin + 32);
      }
    });
  }
  std::vector<Range> ranges;
  for (int i = 0; i < 200; ++i) {
    table.snapshot(ranges);
    for (std::size_t k = 1; k < ranges.size(); ++k) ASSERT_LE(ranges[k - 1].end, ranges[k].begin);
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir::detail
