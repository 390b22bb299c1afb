#include "weir/core/attribution.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <cstring>
#include <iostream>
#include <numeric>
#include <random>
#include <set>

namespace weir::detail {
namespace {

constexpr std::uintptr_t page = 4096;

std::uint64_t total(const std::vector<std::uint64_t>& bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0});
}

Mapping mapping(std::uintptr_t first, std::uintptr_t last, std::uint64_t resident_pages,
                Mapping::Kind kind = Mapping::Kind::anonymous) {
  return {first * page, last * page, resident_pages * page, resident_pages * page, kind};
}

Range range(std::uintptr_t first, std::uintptr_t last, std::uint32_t tag) { return {first * page, last * page, tag}; }

// Every page is in memory.
std::uint64_t all_pages(std::uintptr_t begin, std::uintptr_t end) { return (end - begin) / page; }

TEST(Attribution, OneMappingWithManyArenasIsSplitByPages) {
  // The kernel makes one mapping of what two arenas, a pool and somebody unknown mapped side by side.
  const std::vector<Mapping> mappings{mapping(100, 200, 100)};
  const std::vector<Range> owned{range(90, 110, 5), range(110, 140, 6), range(150, 160, 5), range(190, 250, 7)};
  std::vector<std::uint64_t> bytes(8);
  attribute(mappings, owned, all_pages, bytes);
  EXPECT_EQ(bytes[5], 20 * page);
  EXPECT_EQ(bytes[6], 30 * page);
  EXPECT_EQ(bytes[7], 10 * page);
  EXPECT_EQ(bytes[unaccounted], 40 * page);
  EXPECT_EQ(total(bytes), 100 * page);
}

TEST(Attribution, PagesOfZeroesThatWereOnlyReadMakeNothingNegative) {
  // 60 of 100 pages count, the page map says 100: shares shrink, the sum stays.
  const std::vector<Mapping> mappings{mapping(100, 200, 60)};
  const std::vector<Range> owned{range(100, 150, 5)};
  std::vector<std::uint64_t> bytes(6);
  attribute(mappings, owned, all_pages, bytes);
  EXPECT_EQ(bytes[5], 30 * page);
  EXPECT_EQ(bytes[unaccounted], 30 * page);
  EXPECT_EQ(total(bytes), 60 * page);
}

TEST(Attribution, WhatNoRangeCoversGoesByTheMappingsKind) {
  const std::vector<Mapping> mappings{mapping(1, 2, 1, Mapping::Kind::file), mapping(2, 4, 2, Mapping::Kind::anonymous),
                                      mapping(4, 8, 4, Mapping::Kind::stack), mapping(8, 16, 8, Mapping::Kind::kernel),
                                      mapping(16, 32, 0)};
  std::vector<std::uint64_t> bytes(first_account);
  attribute(mappings, {}, all_pages, bytes);
  EXPECT_EQ(bytes[file_backed], 9 * page);
  EXPECT_EQ(bytes[unaccounted], 2 * page);
  EXPECT_EQ(bytes[stack], 4 * page);
  EXPECT_EQ(bytes[allocator], 0u);
}

TEST(Attribution, PartsAlwaysAddUp) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Mapping> mappings;
    std::vector<Range> owned;
    std::uint64_t sum = 0;
    for (std::uintptr_t at = 0; mappings.size() < 10;) {
      at += random() % 5;
      const std::uintptr_t end = at + 1 + random() % 50;
      mappings.push_back(mapping(at, end, random() % (end - at + 1), static_cast<Mapping::Kind>(random() % 4)));
      // Half of a page that two processes share counts here.
      mappings.back().pss_bytes = mappings.back().rss_bytes / (1 + random() % 3) / 1024 * 1024;
      sum += mappings.back().pss_bytes;
      at = end;
    }
    for (std::uintptr_t at = 0; owned.size() < 12;) {
      at += random() % 10;
      const std::uintptr_t end = at + 1 + random() % 30;
      owned.push_back(range(at, end, static_cast<std::uint32_t>(random() % 9)));
      at = end;
    }
    std::vector<std::uint64_t> bytes(9);
    // The page map may say anything, as memory comes and goes between the two looks.
    attribute(mappings, owned, [&](auto begin, auto end) { return random() % ((end - begin) / page + 1); }, bytes);
    ASSERT_EQ(total(bytes), sum) << "round " << round;
    for (const auto owner : bytes) ASSERT_LE(owner, sum);
  }
}

TEST(Attribution, TheUpperListWinsWhereBothClaim) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3000; ++round) {
    constexpr std::size_t size = 120;
    std::vector<std::uint32_t> truth(size, ~0u);
    std::vector<Range> lists[2];
    for (std::uint32_t k = 0; k < 2; ++k) {
      for (std::uintptr_t at = random() % 10; at + 20 < size;) {
        const std::uintptr_t end = at + 1 + random() % 20;
        lists[k].push_back({at, end, 10 * k + static_cast<std::uint32_t>(random() % 3)});
        for (auto i = at; i < end; ++i) truth[i] = lists[k].back().tag;
        at = end + random() % 15;
      }
    }
    overlay(lists[0], lists[1]);
    std::vector<std::uint32_t> seen(size, ~0u);
    for (std::size_t i = 0; i < lists[0].size(); ++i) {
      ASSERT_LT(lists[0][i].begin, lists[0][i].end);
      if (i > 0) {
        ASSERT_LE(lists[0][i - 1].end, lists[0][i].begin);
      }
      for (auto at = lists[0][i].begin; at < lists[0][i].end; ++at) seen[at] = lists[0][i].tag;
    }
    ASSERT_EQ(seen, truth) << "round " << round;
  }
}

TEST(Attribution, CountsTouchedPagesOnly) {
  const auto size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t pages = 10'000;
  auto* const memory =
      static_cast<char*>(::mmap(nullptr, pages * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  ::madvise(memory, pages * size, MADV_NOHUGEPAGE);
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  EXPECT_EQ(resident_pages(begin, begin + pages * size), 0u);
  for (std::size_t i = 0; i < pages; i += 7) memory[i * size] = 1;
  EXPECT_EQ(resident_pages(begin, begin + pages * size), (pages + 6) / 7);
  ::munmap(memory, pages * size);
  EXPECT_EQ(resident_pages(begin, begin + pages * size), 0u) << "gone since the mappings were read";
}

}  // namespace
}  // namespace weir::detail
