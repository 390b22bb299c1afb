#include "weir/core/thread_bytes.hpp"

#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <thread>

namespace weir {
namespace {

void* volatile kept = nullptr;

TEST(ThreadBytes, this_build_counts) { EXPECT_TRUE(thread_bytes_counted()); }

TEST(ThreadBytes, both_counters_move_by_at_least_what_was_asked) {
  const ThreadBytes before = thread_bytes();
  kept = std::malloc(10'000);
  const ThreadBytes between = thread_bytes();
  std::free(kept);
  const ThreadBytes after = thread_bytes();
  EXPECT_GE(between.allocated - before.allocated, 10'000u);
  EXPECT_LT(between.allocated - before.allocated, 20'000u);
  EXPECT_EQ(between.freed, before.freed);
  EXPECT_EQ(after.allocated, between.allocated);
  EXPECT_GE(after.freed - between.freed, 10'000u);
}

TEST(ThreadBytes, a_free_counts_for_the_thread_that_frees) {
  const ThreadBytes before = thread_bytes();
  void* const block = std::malloc(5000);
  kept = block;
  std::uint64_t freed_there = 0;
  std::thread([&] {
    const ThreadBytes start = thread_bytes();
    std::free(block);
    freed_there = thread_bytes().freed - start.freed;
  }).join();
  EXPECT_GE(freed_there, 5000u);
  EXPECT_GE(thread_bytes().allocated - before.allocated, 5000u);
}

}  // namespace
}  // namespace weir
