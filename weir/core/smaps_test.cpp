#include "weir/core/smaps.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace weir::detail {
namespace {

TEST(Smaps, ReadsWhatTheKernelWrites) {
  std::vector<Mapping> mappings;
  const auto parsed = parse_smaps(
      "55cfa476f000-55cfa4771000 r--p 00000000 fe:00 247134                     /usr/bin/a b\n"
      "Size:                  8 kB\nRss:                   8 kB\nPss:                   4 kB\nPss_Dirty:   99 kB\n"
      "VmFlags: rd mr mw me \n"
      "7f0d8a000000-7f0d8a800000 rw-p 00000000 00:00 0 \nRss:  2048 kB\nPss:  2044 kB\nSomethingNew: x\n"
      "7f0d8b000000-7f0d8b001000 rw-s 00000000 00:01 77                         /memfd:frames (deleted)\nRss: 4 "
      "kB\nPss: 2 kB\n"
      "7f0d8b1c9000-7f0d8b1cb000 r-xp 00000000 00:00 0                          [vdso]\nRss: 4 kB\nPss: 0 kB\n"
      "7ffe9cf49000-7ffe9cf6a000 rw-p 00000000 00:00 0                          [stack]\nRss: 12 kB\nPss: 12 kB\n"
      "7ffeacf49000-7ffeacf6a000 rw-p 00000000 00:00 0                          [anon:weir pool]\n",
      mappings);
  ASSERT_TRUE(parsed) << parsed.error().line();
  ASSERT_EQ(mappings.size(), 6u);
  EXPECT_EQ(mappings[0].begin, 0x55cfa476f000u);
  EXPECT_EQ(mappings[0].end, 0x55cfa4771000u);
  EXPECT_EQ(mappings[0].rss_bytes, 8192u);
  EXPECT_EQ(mappings[0].pss_bytes, 4096u);
  EXPECT_EQ(mappings[0].kind, Mapping::Kind::file);
  EXPECT_EQ(mappings[1].pss_bytes, 2044u * 1024);
  EXPECT_EQ(mappings[1].kind, Mapping::Kind::anonymous);
  EXPECT_EQ(mappings[2].kind, Mapping::Kind::anonymous);
  EXPECT_EQ(mappings[3].kind, Mapping::Kind::kernel);
  EXPECT_EQ(mappings[4].kind, Mapping::Kind::stack);
  EXPECT_EQ(mappings[5].kind, Mapping::Kind::anonymous);
}

TEST(Smaps, RefusesWhatCannotBeRead) {
  std::vector<Mapping> mappings;
  for (const char* text : {"Rss: 4 kB\n", "zz-10 rw-p 0 0:0 0\n", "20-10 rw-p 0 0:0 0\n", "10-20\n", "10-20 rw-p 0\n",
                           "10-20 rw-p 0 0:0 0\nRss: many kB\n", "10-20 rw-p 0 0:0 0\nPss: 4 MB\n", "\xff\n", "-\n"}) {
    EXPECT_FALSE(parse_smaps(text, mappings)) << text;
  }
  EXPECT_TRUE(parse_smaps("", mappings));
  EXPECT_TRUE(mappings.empty());
}

TEST(Smaps, FindsOwnMemory) {
  constexpr std::size_t bytes = 3 << 20;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, bytes);
  std::string text;
  std::vector<Mapping> mappings;
  const auto read = read_smaps(text, mappings);
  ASSERT_TRUE(read) << read.error().line();
  const auto at = reinterpret_cast<std::uintptr_t>(memory);
  const auto found = std::find_if(mappings.begin(), mappings.end(),
                                  [&](const Mapping& m) { return m.begin <= at && m.end >= at + bytes; });
  ASSERT_NE(found, mappings.end());
  EXPECT_GE(found->rss_bytes, bytes);
  EXPECT_TRUE(std::is_sorted(mappings.begin(), mappings.end(), [](auto& a, auto& b) { return a.begin < b.begin; }));
  ::munmap(memory, bytes);
}

TEST(Smaps, ARollupHasAllThreeFiguresOrIsRefused) {
  const auto rollup =
      parse_rollup("1-2 ---p 0 0 0 [rollup]\nPss: 9 kB\nPss_Anon: 4 kB\nPss_File: 3 kB\nPss_Shmem: 2 kB\n");
  ASSERT_TRUE(rollup) << rollup.error().line();
  EXPECT_EQ(rollup->private_bytes, 4096u);
  EXPECT_EQ(rollup->file_bytes, 3072u);
  EXPECT_EQ(rollup->shared_bytes, 2048u);
  EXPECT_FALSE(parse_rollup("Pss_Anon: 4 kB\nPss_File: 3 kB\n"));
  EXPECT_FALSE(parse_rollup("Pss_Anon: 4 kB\nPss_File: x kB\nPss_Shmem: 2 kB\n"));
}

TEST(Smaps, TheRollupOfAProcessThatIsGoneIsNotFound) {
  std::string text;
  EXPECT_TRUE(read_rollup(::getpid(), text));
  const auto gone = read_rollup(0x3fffffff, text);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::not_found);
}

}  // namespace
}  // namespace weir::detail
