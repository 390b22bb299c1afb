#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "weir/core/pool.hpp"
#include "weir/core/regions.hpp"

namespace weir {
namespace {

std::unique_ptr<Pool> make_shared(std::size_t capacity, std::size_t slot_bytes) {
  auto pool = Pool::make(
      {.id = "test/shared", .owner = "test", .slot_bytes = slot_bytes, .capacity = capacity, .shared = true});
  EXPECT_TRUE(pool.has_value()) << (pool ? "" : pool.error().line());
  return std::move(*pool);
}

TEST(PoolMemory, AnotherProcessSeesAndWritesTheSlotsOfASharedPool) {
  constexpr std::size_t capacity = 5, slot_bytes = 100;
  auto pool = make_shared(capacity, slot_bytes);
  ASSERT_GE(pool->descriptor(), 0);
  std::vector<Lease> held;
  for (std::size_t i = 0; i < capacity; ++i) {
    held.push_back(pool->try_acquire(Role::decoder));
    std::memset(held.back().bytes().data(), 'a' + static_cast<int>(held.back().handle().index), slot_bytes);
  }
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // As a worker does it: a mapping of its own, and a pool of the same shape on it.
    const std::size_t bytes = Pool::memory_bytes(slot_bytes, capacity, 64);
    void* mapping = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pool->descriptor(), 0);
    if (mapping == MAP_FAILED) ::_exit(1);
    const std::span<std::byte> memory(static_cast<std::byte*>(mapping), bytes);
    for (std::size_t i = 0; i < capacity; ++i) {
      std::byte* slot = memory.data() + i * Pool::stride_bytes(slot_bytes, 64);
      for (std::size_t b = 0; b < slot_bytes; ++b) {
        if (slot[b] != static_cast<std::byte>('a' + i)) ::_exit(2);
      }
    }
    auto mine =
        Pool::make({.id = "child", .owner = "child", .slot_bytes = slot_bytes, .capacity = capacity, .memory = memory});
    if (!mine) ::_exit(3);
    for (std::size_t i = 0; i < capacity; ++i) {
      void* lease = Lease::detach((*mine)->try_acquire(Role::decoder));
      Lease again = Lease::attach(lease);
      std::memset(again.bytes().data(), 'A' + static_cast<int>(again.handle().index), slot_bytes);
      Lease::detach(std::move(again));
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  for (const Lease& lease : held) {
    for (const std::byte b : lease.bytes()) EXPECT_EQ(b, static_cast<std::byte>('A' + lease.handle().index));
  }
}

TEST(PoolMemory, NobodyCanChangeTheSizeOfASharedPool) {
  auto pool = make_shared(3, 5000);
  struct stat shape{};
  ASSERT_EQ(::fstat(pool->descriptor(), &shape), 0);
  EXPECT_EQ(static_cast<std::size_t>(shape.st_size), pool->memory().size());
  EXPECT_NE(::ftruncate(pool->descriptor(), 0), 0);
  EXPECT_EQ(errno, EPERM);
  EXPECT_NE(::ftruncate(pool->descriptor(), shape.st_size + 4096), 0);
  EXPECT_EQ(errno, EPERM);
  // Nor can the seals be taken off, or one be put on that would hold writers off.
  EXPECT_NE(::fcntl(pool->descriptor(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
  EXPECT_EQ(errno, EPERM);
  EXPECT_TRUE(::fcntl(pool->descriptor(), F_GETFD) & FD_CLOEXEC) << "a program that is started gets it only on purpose";
}

TEST(PoolMemory, ASharedPoolsDescriptorAndMemoryGoWithIt) {
  auto pool = make_shared(2, 4096);
  const int descriptor = pool->descriptor();
  const std::span<const std::byte> memory = pool->memory();
  std::vector<detail::Range> ranges;
  detail::region_ranges(ranges);
  const std::size_t before = ranges.size();
  pool.reset();
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1);
  ranges.clear();
  detail::region_ranges(ranges);
  EXPECT_EQ(ranges.size() + 1, before);
  unsigned char resident = 0;
  EXPECT_NE(::mincore(const_cast<std::byte*>(memory.data()), 1, &resident), 0);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(Pool::make({"plain", "test", 64, 2}).value()->descriptor(), -1) << "memory of its own has none";
}

TEST(PoolMemory, UsesMemoryThatIsGivenToItAndLeavesItBehind) {
  constexpr std::size_t capacity = 3, slot_bytes = 100;
  const std::size_t bytes = Pool::memory_bytes(slot_bytes, capacity, 64);
  void* mapping = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  const std::span<std::byte> memory(static_cast<std::byte*>(mapping), bytes);
  std::vector<detail::Range> before, during;
  detail::region_ranges(before);
  auto pool =
      Pool::make({.id = "given", .owner = "test", .slot_bytes = slot_bytes, .capacity = capacity, .memory = memory});
  ASSERT_TRUE(pool);
  detail::region_ranges(during);
  EXPECT_EQ(during.size(), before.size()) << "whose memory it is, says who gave it";
  EXPECT_EQ((*pool)->memory().data(), memory.data());
  {
    Lease lease = (*pool)->try_acquire(Role::decoder);
    const std::size_t stride = Pool::stride_bytes(slot_bytes, 64);
    EXPECT_EQ(lease.bytes().data(), memory.data() + lease.handle().index * stride);
    std::memset(lease.bytes().data(), 7, slot_bytes);
  }
  pool->reset();
  EXPECT_EQ(memory[0], std::byte{7});
  std::memset(memory.data(), 1, memory.size());
  ::munmap(mapping, bytes);
}

TEST(PoolMemory, RefusesMemoryThatDoesNotFit) {
  alignas(4096) static std::array<std::byte, 3 * 4096> memory;
  const auto with = [&](std::span<std::byte> given, std::size_t slot_bytes, bool shared = false) {
    return Pool::make({.id = "front/frames",
                       .owner = "o",
                       .slot_bytes = slot_bytes,
                       .capacity = 3,
                       .shared = shared,
                       .memory = given});
  };
  EXPECT_TRUE(with(memory, 4096));
  EXPECT_THAT(with(memory, 4097).error().line(), testing::HasSubstr("front/frames"));
  EXPECT_EQ(with(std::span(memory).first(memory.size() - 1), 4096).error().code, Code::invalid);
  EXPECT_EQ(with(std::span(memory).subspan(0, 0), 4096).error().code, Code::invalid);
  EXPECT_EQ(with(std::span(memory).subspan(1), 2000).error().code, Code::invalid) << "not aligned";
  EXPECT_EQ(with(memory, 4096, true).error().code, Code::invalid) << "its own or another's, not both";
  EXPECT_EQ(with({}, 0, true).error().code, Code::invalid) << "handles cannot be shared";
  EXPECT_EQ(with(memory, 0).error().code, Code::invalid);
}

}  // namespace
}  // namespace weir
