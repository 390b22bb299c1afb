#include "weir/core/ledger.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>
#include <semaphore>
#include <thread>

#include "weir/core/account.hpp"
#include "weir/core/arenas.hpp"
#include "weir/core/children.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/regions.hpp"

namespace weir {
namespace {

constexpr std::uint64_t MiB = 1024 * 1024;

#define WEIR_NEEDS_JEMALLOC()                                                                        \
  do {                                                                                               \
    Account::open("main");                                                                           \
    if (!detail::arenas_available()) GTEST_SKIP() << "no jemalloc in this build: accounts are null"; \
    ASSERT_TRUE(detail::arenas_exact()) << "the test program must link weir_runtime";                \
  } while (false)

// A sanitizer keeps notes about memory in memory, which nobody owns: what is unaccounted says nothing there.
#ifdef WEIR_SANITIZED
constexpr bool shadowed = true;
#else
constexpr bool shadowed = false;
#endif

std::uint64_t sum(const LedgerSample& s) {
  std::uint64_t total = s.file_backed_bytes + s.stack_bytes + s.allocator_bytes + s.unaccounted_bytes;
  for (const auto& [name, bytes] : s.accounts) total += bytes.resident;
  return total;
}

std::span<std::byte> map_touched(std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  std::memset(memory, 0x5a, bytes);
  return {static_cast<std::byte*>(memory), bytes};
}

void unmap(std::span<std::byte> memory) { ::munmap(memory.data(), memory.size()); }

void* touched_block(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  std::memset(block, 1, bytes);
  asm volatile("" : : "r"(block) : "memory");  // or the compiler leaves block and all out
  return block;
}

TEST(Ledger, ClassesAddUpAndNothingIsNegativeWhateverTheProgramDoes) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "[ seed ] " << seed << std::endl;
  std::mt19937_64 random(seed);
  Ledger ledger;
  std::vector<std::span<std::byte>> maps, pools;
  std::vector<std::pair<std::thread, std::unique_ptr<std::binary_semaphore>>> threads;
  std::vector<void*> blocks;
  const std::vector<std::string> owners{"adds.a", "adds.b", "adds.c"};
  const auto one_of = [&](auto& list) { return random() % list.size(); };
  for (int step = 0; step < 150; ++step) {
    const std::size_t bytes = 4096 * (1 + random() % 600);
    const auto& owner = owners[one_of(owners)];
    switch (random() % 8) {
      case 0: maps.push_back(map_touched(bytes)); break;
      case 1:
        pools.push_back(map_touched(bytes));
        register_region(owner, pools.back());
        break;
      case 2: {
        auto stop = std::make_unique<std::binary_semaphore>(0);
        std::thread thread([&account = Account::open(owner), gate = stop.get()] {
          const AccountBinding binding(account);
          void* const block = touched_block(300'000);
          gate->acquire();
          std::free(block);
        });
        threads.emplace_back(std::move(thread), std::move(stop));
        break;
      }
      case 3: {
        const AccountBinding binding(Account::open(owner));
        blocks.push_back(touched_block(bytes));
        blocks.push_back(std::calloc(1, bytes));  // not touched
        break;
      }
      case 4:
        if (!maps.empty()) {
          std::swap(maps[one_of(maps)], maps.back());
          unmap(maps.back());
          maps.pop_back();
        }
        break;
      case 5:
        if (!pools.empty()) {
          std::swap(pools[one_of(pools)], pools.back());
          unregister_region(pools.back());
          unmap(pools.back());
          pools.pop_back();
        }
        break;
      case 6:
        if (!threads.empty()) {
          threads.back().second->release();
          threads.back().first.join();
          threads.pop_back();
        }
        break;
      default:
        if (!blocks.empty()) {
          std::swap(blocks[one_of(blocks)], blocks.back());
          std::free(blocks.back());
          blocks.pop_back();
        }
    }
    if (step % 5 != 0) continue;
    const LedgerSample s = ledger.sample(static_cast<std::uint64_t>(step));
    ASSERT_GT(s.total_bytes, 0u);
    ASSERT_EQ(sum(s), s.total_bytes) << "step " << step;
    for (const auto& [name, account] : s.accounts) ASSERT_LE(account.resident, s.total_bytes) << name;
    ASSERT_LE(s.allocator_bytes, s.total_bytes);
    ASSERT_LE(s.unaccounted_bytes, s.total_bytes);
    ASSERT_GE(s.unaccounted_share, 0);
    ASSERT_LE(s.unaccounted_share, 1);
  }
  for (auto& [thread, stop] : threads) {
    stop->release();
    thread.join();
  }
  for (void* block : blocks) std::free(block);
  for (const auto map : maps) unmap(map);
  for (const auto pool : pools) {
    unregister_region(pool);
    unmap(pool);
  }
}

TEST(Ledger, MemoryMappedBehindItsBackIsUnaccounted) {
  if (shadowed) GTEST_SKIP() << "sanitizers' shadow memory is unaccounted too";
  Ledger ledger;
  ledger.sample(0);
  const LedgerSample before = ledger.sample(0);
  const auto memory = map_touched(32 * MiB);
  const LedgerSample after = ledger.sample(0);
  unmap(memory);
  const LedgerSample gone = ledger.sample(0);
  const auto risen = static_cast<double>(after.unaccounted_bytes) - static_cast<double>(before.unaccounted_bytes);
  EXPECT_NEAR(risen / MiB, 32, 1);
  EXPECT_NEAR(static_cast<double>(gone.unaccounted_bytes) / MiB, static_cast<double>(before.unaccounted_bytes) / MiB,
              1);
  EXPECT_EQ(sum(after), after.total_bytes);
}

// Private memory of a child is its owner's; memory that both map is counted once.
TEST(Ledger, AChildsMemoryIsItsOwnersAndWhatItSharesIsCountedOnce) {
  if (shadowed) GTEST_SKIP() << "sanitizers' shadow memory is shared with a forked child";
  Ledger ledger;
  void* shared = ::mmap(nullptr, 8 * MiB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  std::memset(shared, 1, 8 * MiB);
  register_region("lender", {static_cast<const std::byte*>(shared), 8 * MiB});
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  ledger.sample(0);
  const LedgerSample before = ledger.sample(0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    void* own = ::mmap(nullptr, 16 * MiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    std::memset(shared, 2, 8 * MiB);
    const char done = own == MAP_FAILED ? 0 : 1;
    if (::write(ready[1], &done, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char done = 0;
  ASSERT_EQ(::read(ready[0], &done, 1), 1);
  ASSERT_EQ(done, 1);
  register_child("hosted", child);
  const LedgerSample after = ledger.sample(0);
  unregister_child(child);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  const LedgerSample gone = ledger.sample(0);
  const auto risen = static_cast<double>(after.total_bytes) - static_cast<double>(before.total_bytes);
  EXPECT_NEAR(risen / MiB, 16, 2);
  EXPECT_GE(after.accounts.at("hosted").live, 16 * MiB);
  EXPECT_NEAR(static_cast<double>(after.accounts.at("hosted").resident + after.accounts.at("lender").resident) / MiB,
              16 + 8 + static_cast<double>(after.accounts.at("hosted").live) / MiB - 16, 1);
  EXPECT_EQ(sum(after), after.total_bytes);
  EXPECT_EQ(gone.accounts.at("hosted").live, 0u);
  unregister_region({static_cast<const std::byte*>(shared), 8 * MiB});
  ::munmap(shared, 8 * MiB);
  ::close(ready[0]);
  ::close(ready[1]);
}

volatile char in_the_image[6 * MiB];

TEST(Ledger, UninitialisedDataOfProgramsAndLibrariesIsFileBacked) {
  if (shadowed) GTEST_SKIP() << "sanitizers' shadow memory is unaccounted too";
  Ledger ledger;
  const LedgerSample before = ledger.sample(0);
  for (std::size_t i = 0; i < sizeof in_the_image; i += 512) in_the_image[i] = 1;
  const LedgerSample after = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(after.file_backed_bytes - before.file_backed_bytes) / MiB, 6, 0.7);
  EXPECT_LT(after.unaccounted_bytes, before.unaccounted_bytes + MiB / 2);
}

TEST(Ledger, ARegionIsItsOwnersWhileItIsRegistered) {
  Ledger ledger;
  const auto memory = map_touched(20 * MiB);
  register_region("region.owner", memory);
  const LedgerSample with = ledger.sample(0);
  EXPECT_EQ(with.accounts.at("region.owner").resident, 20 * MiB);
  EXPECT_EQ(with.accounts.at("region.owner").live, 20 * MiB);
  unregister_region(memory);
  const LedgerSample without = ledger.sample(0);
  EXPECT_EQ(without.accounts.at("region.owner").resident, 0u);
  if (!shadowed)
    EXPECT_NEAR(static_cast<double>(without.unaccounted_bytes) / MiB,
                static_cast<double>(with.unaccounted_bytes) / MiB + 20, 1);
  unmap(memory);
}

TEST(Ledger, APoolIsItsOwnersUntilItGoes) {
  Ledger ledger;
  const auto before = ledger.sample(0);
  auto pool = Pool::make({.id = "pool.owner/frames", .owner = "pool.owner", .slot_bytes = 4 * MiB, .capacity = 5});
  ASSERT_TRUE(pool) << pool.error().line();
  const auto with = ledger.sample(0);
  EXPECT_EQ(with.accounts.at("pool.owner").resident, 20 * MiB);
  if (!shadowed) EXPECT_LT(with.unaccounted_bytes, before.unaccounted_bytes + MiB);
  pool->reset();
  EXPECT_EQ(ledger.sample(0).accounts.at("pool.owner").resident, 0u);
}

TEST(Ledger, ASharedMappingSeenTwiceIsCountedOnce) {
  Ledger ledger;
  const LedgerSample before = ledger.sample(0);
  const int file = ::memfd_create("ring", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(file, 8 * MiB), 0);
  std::span<std::byte> views[2];
  for (auto& view : views) {
    void* const memory = ::mmap(nullptr, 8 * MiB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ASSERT_NE(memory, MAP_FAILED);
    view = {static_cast<std::byte*>(memory), 8 * MiB};
    std::memset(memory, 7, 8 * MiB);
    register_region("ring.owner", view);
  }
  const LedgerSample after = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(after.accounts.at("ring.owner").resident) / MiB, 8, 0.1);
  if (!shadowed) EXPECT_LT(after.unaccounted_bytes, before.unaccounted_bytes + MiB);
  for (const auto view : views) {
    unregister_region(view);
    unmap(view);
  }
  ::close(file);
}

TEST(Ledger, BlocksAreChargedToTheAccountThatIsBound) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  Account& a = Account::open("bound.a");
  Account& b = Account::open("bound.b");
  std::vector<void*> blocks;
  {
    const AccountBinding binding(a);
    for (int i = 0; i < 5000; ++i) blocks.push_back(touched_block(2000));
    const AccountBinding inner(b);
    blocks.push_back(touched_block(30 * MiB));
  }
  blocks.push_back(touched_block(5 * MiB));  // main's again
  const LedgerSample s = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(s.accounts.at("bound.a").live) / MiB, 5000 * 2048. / MiB, 0.5);
  EXPECT_NEAR(static_cast<double>(s.accounts.at("bound.a").resident) / MiB, 5000 * 2048. / MiB, 1);
  EXPECT_NEAR(static_cast<double>(s.accounts.at("bound.b").resident) / MiB, 30, 1);
  EXPECT_GE(s.accounts.at("main").live, 5 * MiB);
  EXPECT_EQ(sum(s), s.total_bytes);
  for (void* block : blocks) std::free(block);
}

TEST(Ledger, ALeakOfBlocksRecycledFromAnothersFreesIsTheLeakers) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  Account& former = Account::open("recycled.former");
  Account& leaker = Account::open("recycled.leaker");
  constexpr int blocks = 10'000;
  std::vector<void*> mine(blocks), leaked(blocks);
  std::thread worker([&] {
    for (int round = 0; round < 10; ++round) {
      {
        const AccountBinding binding(former);
        for (auto& block : mine) block = std::malloc(200);
        for (void* block : mine) std::free(block);
      }
      // The same sizes at once: a thread cache would hand out what the former owner has just freed.
      const AccountBinding binding(leaker);
      for (int i = round * blocks / 10; i < (round + 1) * blocks / 10; ++i)
        leaked[static_cast<std::size_t>(i)] = touched_block(200);
    }
  });
  worker.join();
  const LedgerSample s = ledger.sample(0);
  EXPECT_LT(s.accounts.at("recycled.former").live, 100'000u);
  EXPECT_NEAR(static_cast<double>(s.accounts.at("recycled.leaker").live), blocks * 224., 100'000.);
  for (void* block : leaked) std::free(block);
}

void* allocate_in_c_thread(void* argument) {
  *static_cast<void**>(argument) = touched_block(6 * MiB);
  return nullptr;
}

TEST(Ledger, ThreadsOfLibrariesLandInTheirCreatorsAccount) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  void* from_c = nullptr;
  void* from_cpp = nullptr;
  void* from_grandchild = nullptr;
  {
    const AccountBinding binding(Account::open("creator"));
    pthread_t thread;
    ASSERT_EQ(::pthread_create(&thread, nullptr, allocate_in_c_thread, &from_c), 0);
    ::pthread_join(thread, nullptr);
    std::thread([&] {
      from_cpp = touched_block(7 * MiB);
      std::thread([&] { from_grandchild = touched_block(8 * MiB); }).join();
    }).join();
  }
  const LedgerSample s = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(s.accounts.at("creator").live) / MiB, 21, 1);
  for (void* block : {from_c, from_cpp, from_grandchild}) std::free(block);
}

TEST(Ledger, StacksOfThreadsAreStackAndNothingAfterTheirEnd) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  const LedgerSample before = ledger.sample(0);
  std::binary_semaphore ready(0), stop(0);
  std::thread thread([&] {
    volatile char deep[4 * MiB];
    for (std::size_t i = 0; i < sizeof deep; i += 512) deep[i] = 1;
    ready.release();
    stop.acquire();
    deep[0] = deep[1];
  });
  ready.acquire();
  const LedgerSample during = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(during.stack_bytes) / MiB, static_cast<double>(before.stack_bytes) / MiB + 4, 0.5);
  EXPECT_NEAR(static_cast<double>(during.unaccounted_bytes) / MiB, static_cast<double>(before.unaccounted_bytes) / MiB,
              0.5);
  stop.release();
  thread.join();
  EXPECT_LT(ledger.sample(0).stack_bytes, before.stack_bytes + MiB / 2);
}

bool is_stack(std::uintptr_t address) {
  std::vector<detail::Range> stacks;
  detail::stack_ranges(stacks);
  return std::any_of(stacks.begin(), stacks.end(),
                     [&](const auto& range) { return range.begin <= address && address < range.end; });
}

// Writes down where its stack is, and ends in the three ways there are.
struct Ending {
  enum { returns, exits, is_cancelled } way;
  std::uintptr_t stack = 0;
  bool known = false;
};
void* end(void* argument) {
  auto& ending = *static_cast<Ending*>(argument);
  ending.stack = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  ending.known = is_stack(ending.stack);
  if (ending.way == Ending::exits) ::pthread_exit(nullptr);
  while (ending.way == Ending::is_cancelled) ::pause();
  return nullptr;
}

TEST(Ledger, AStackIsForgottenHoweverItsThreadEnds) {
  WEIR_NEEDS_JEMALLOC();
  for (const auto way : {Ending::returns, Ending::exits, Ending::is_cancelled}) {
    Ending ending{way};
    pthread_t thread;
    ASSERT_EQ(::pthread_create(&thread, nullptr, end, &ending), 0);
    if (way == Ending::is_cancelled) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // into pause(): earlier it would not know its stack
      ::pthread_cancel(thread);
    }
    ::pthread_join(thread, nullptr);
    if (ending.stack == 0) continue;  // cancelled before its first line
    EXPECT_TRUE(ending.known) << way;
    EXPECT_FALSE(is_stack(ending.stack)) << way;
  }
}

TEST(Ledger, FreedMemoryIsIdleUntilItDecays) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  // A thread that stays bound: the allocator purges by itself what no thread is bound to.
  std::binary_semaphore freed(0), stop(0);
  std::thread thread([&] {
    const AccountBinding binding(Account::open("idler"));
    std::free(touched_block(24 * MiB));
    freed.release();
    stop.acquire();
  });
  freed.acquire();
  const AccountBytes kept = ledger.sample(0).accounts.at("idler");
  EXPECT_NEAR(static_cast<double>(kept.idle) / MiB, 24, 1);
  EXPECT_LT(kept.live, MiB);
  EXPECT_GE(kept.resident, kept.idle);
  // Nobody allocates there any more, so that nothing but decay() gives the pages back.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  AccountBytes now = kept;
  while (now.idle > MiB && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ledger.decay();
    now = ledger.sample(0).accounts.at("idler");
  }
  EXPECT_LE(now.idle, MiB);
  EXPECT_LT(now.resident, 2 * MiB);
  stop.release();
  thread.join();
}

TEST(Ledger, AccountsHaveAnEnd) {
  WEIR_NEEDS_JEMALLOC();
  for (int i = 0; i < 200; ++i) Account::open("crowd." + std::to_string(i));
  EXPECT_EQ(Account::open("crowd.199").name(), "other");
  EXPECT_EQ(Account::open("main").name(), "main");
  EXPECT_LE(detail::AccountList::all().size(), detail::max_accounts);
  Ledger ledger;
  const auto before = ledger.sample(0);
  void* block = nullptr;
  {
    const AccountBinding binding(Account::open("crowd.198"));
    block = touched_block(10 * MiB);
  }
  const auto after = ledger.sample(0);
  EXPECT_NEAR(static_cast<double>(after.accounts.at("other").live - before.accounts.at("other").live) / MiB, 10, 0.5);
  std::free(block);
}

TEST(Ledger, TheUnaccountedShareOfAPlainProgramIsSmall) {
  WEIR_NEEDS_JEMALLOC();
  Ledger ledger;
  const auto memory = map_touched(16 * MiB);
  register_region("region.owner", memory);
  const LedgerSample s = ledger.sample(0);
  EXPECT_LE(s.unaccounted_share, 0.05) << s.unaccounted_bytes << " of " << s.total_bytes - s.file_backed_bytes;
  unregister_region(memory);
  unmap(memory);
}

TEST(Ledger, KeepsBoundedHistoryAndTheVerdictOnTheVirtualClock) {
  VirtualClock clock;
  Ledger ledger(clock);
  EXPECT_EQ(ledger.verdict().verdict, Verdict::warming);
  const auto leak = map_touched(200 * 4096);
  for (int i = 0; i < 100; ++i) {
    const std::size_t grown = static_cast<std::size_t>(2 * i + 2) * 4096;
    unregister_region(leak);
    register_region("history.leaker", leak.first(grown));
    ledger.sample(static_cast<std::uint64_t>(25 * i));
    clock.advance(std::chrono::seconds(1));
  }
  const LedgerHistory history = ledger.history();
  ASSERT_GE(history.owners.size(), 5u);
  EXPECT_EQ(history.owners.back(), "unaccounted");
  for (const auto* series : {&history.recent, &history.all}) {
    ASSERT_EQ(series->seconds.size(), 100u);
    ASSERT_EQ(series->bytes.size(), history.owners.size());
    for (const auto& bytes : series->bytes) ASSERT_EQ(bytes.size(), series->seconds.size());
  }
  const VerdictReport verdict = ledger.verdict();
  if (!shadowed)
    EXPECT_EQ(verdict.verdict, Verdict::level) << "8 kB a second is slower than what one can tell in a minute";
  unregister_region(leak);
  unmap(leak);
  const Instant last = ledger.latest().at;
  EXPECT_EQ(ledger.sample(0).at, last + std::chrono::seconds(1));
}

}  // namespace
}  // namespace weir
