#include "weir/core/worker/lending.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>

namespace weir::worker {
namespace {

std::unique_ptr<Pool> make(std::size_t capacity) {
  auto pool = Pool::make({.id = "test/lent", .owner = "test", .slot_bytes = 64, .capacity = capacity, .shared = true});
  EXPECT_TRUE(pool.has_value()) << (pool ? "" : pool.error().line());
  return std::move(*pool);
}

std::vector<Loan> collected(Lending& lending) {
  std::vector<Loan> loans;
  lending.collect([&](Loan loan) { loans.push_back(loan); });
  return loans;
}

void expect_corrupt(Lending& lending, Loan loan) {
  const auto taken = lending.take_back(loan);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::corrupt);
  const auto shared = lending.share(loan, Role::client);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, Code::corrupt);
}

TEST(Lending, ALentSlotIsNobodyElsesUntilItIsTakenBack) {
  auto pool = make(1);
  Lending lending(*pool);
  const Loan loan = lending.lend(pool->try_acquire(Role::source));
  EXPECT_EQ(loan.generation, 1u);
  EXPECT_EQ(lending.lent(), 1u);
  EXPECT_EQ(pool->holders(), "source 1");
  EXPECT_FALSE(pool->try_acquire(Role::source));
  EXPECT_TRUE(lending.take_back(loan));
  EXPECT_EQ(lending.lent(), 0u);
  EXPECT_EQ(pool->outstanding(), 0u);
  EXPECT_EQ(lending.lend(pool->try_acquire(Role::source)).generation, 2u);
}

TEST(Lending, WhatTheChildGivesIsItsAgainOnlyWhenItsReadersAreGone) {
  auto pool = make(2);
  Lending lending(*pool);
  const Loan first = lending.lend(pool->try_acquire(Role::decoder));
  const Loan second = lending.lend(pool->try_acquire(Role::decoder));
  auto reader = lending.share(first, Role::engine);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->handle().index, first.slot);
  EXPECT_TRUE(collected(lending).empty());
  Lease another = reader->share(Role::client);
  reader->release();
  EXPECT_TRUE(collected(lending).empty());
  another.release();
  const auto loans = collected(lending);
  ASSERT_EQ(loans.size(), 1u);
  EXPECT_EQ(loans[0].slot, first.slot);
  EXPECT_EQ(loans[0].generation, first.generation + 1);
  EXPECT_TRUE(collected(lending).empty()) << "told once";
  EXPECT_EQ(lending.lent(), 2u);
  expect_corrupt(lending, first);
  EXPECT_TRUE(lending.share(loans[0], Role::engine));
  EXPECT_TRUE(lending.take_back(second));
}

TEST(Lending, WhatCannotBeIsRefusedAndChangesNothing) {
  auto pool = make(3);
  Lending lending(*pool);
  const Loan held = lending.lend(pool->try_acquire(Role::decoder));
  const Loan given = lending.lend(pool->try_acquire(Role::decoder));
  auto reader = lending.share(given, Role::engine);
  ASSERT_TRUE(reader);
  const Loan back = lending.lend(pool->try_acquire(Role::decoder));
  ASSERT_TRUE(lending.take_back(back));
  const std::string before = pool->holders();
  expect_corrupt(lending, {held.slot, held.generation + 1});
  expect_corrupt(lending, {held.slot, held.generation - 1});
  expect_corrupt(lending, {3, 1});
  expect_corrupt(lending, {~0u, 1});
  expect_corrupt(lending, given);
  expect_corrupt(lending, {given.slot, given.generation + 1});
  expect_corrupt(lending, back);
  expect_corrupt(lending, {});
  EXPECT_EQ(pool->holders(), before);
  EXPECT_EQ(lending.lent(), 2u);
  EXPECT_TRUE(lending.take_back(held)) << "what the child says next is taken by itself";
}

TEST(Lending, ASlotWhoseRoleIsFullIsNotGiven) {
  auto pool = make(1);
  Lending lending(*pool);
  const Loan loan = lending.lend(pool->try_acquire(Role::decoder));
  std::vector<Lease> readers;
  // Leases in one role run out at 128: some are left over by a way around the table.
  while (Lease lease = pool->share_handle({loan.slot, 1}, Role::client)) readers.push_back(std::move(lease));
  EXPECT_EQ(readers.size(), 128u);
  const auto refused = lending.share(loan, Role::client);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::exhausted);
  readers.clear();
  EXPECT_TRUE(collected(lending).empty()) << "it was not given";
  EXPECT_TRUE(lending.share(loan, Role::client)) << "it is the child's as before";
}

TEST(Lending, RevokedSlotsComeBackOnceThoseOfReadersWhenTheyLetGo) {
  auto pool = make(4);
  Lending lending(*pool);
  const Loan a = lending.lend(pool->try_acquire(Role::decoder));
  const Loan b = lending.lend(pool->try_acquire(Role::decoder));
  lending.lend(pool->try_acquire(Role::decoder));
  auto reader = lending.share(b, Role::client);
  ASSERT_TRUE(reader);
  std::memset(reader->bytes().data(), 5, reader->bytes().size());
  EXPECT_EQ(lending.revoke(), 3u);
  EXPECT_EQ(pool->outstanding(), 1u);
  EXPECT_EQ(pool->holders(), "client 1");
  EXPECT_EQ(reader->bytes()[63], std::byte{5});
  expect_corrupt(lending, a);
  expect_corrupt(lending, b);
  EXPECT_TRUE(collected(lending).empty());
  EXPECT_EQ(lending.revoke(), 0u) << "once";
  reader->release();
  EXPECT_EQ(pool->outstanding(), 0u);
}

TEST(Lending, GenerationsGoOnAfterARevocation) {
  auto pool = make(1);
  Lending lending(*pool);
  const Loan old = lending.lend(pool->try_acquire(Role::decoder));
  lending.revoke();
  const Loan now = lending.lend(pool->try_acquire(Role::decoder));
  EXPECT_EQ(now.slot, old.slot);
  expect_corrupt(lending, old);
  EXPECT_TRUE(lending.take_back(now));
}

TEST(Lending, DestroyingItGivesEverythingBack) {
  auto pool = make(3);
  {
    Lending lending(*pool);
    for (int i = 0; i < 3; ++i) lending.lend(pool->try_acquire(Role::decoder));
    EXPECT_EQ(pool->outstanding(), 3u);
  }
  EXPECT_EQ(pool->outstanding(), 0u);
}

TEST(LendingDeathTest, LendingWhatIsNotOnesOwnEndsTheProgram) {
  auto pool = make(2), other = make(1);
  Lending lending(*pool);
  EXPECT_DEATH(lending.lend(Lease()), "another pool");
  EXPECT_DEATH(lending.lend(other->try_acquire(Role::decoder)), "another pool");
  Lease lease = pool->try_acquire(Role::decoder);
  Lease reader = lease.share(Role::client);
  EXPECT_DEATH(lending.lend(std::move(lease)), "somebody else holds it");
}

// What the parent's table must hold about one slot.
struct Expected {
  enum { ours, lent, given } state = ours;
  std::uint32_t generation = 0;
  std::vector<Lease> readers;
};

// A child that says anything at all, against a model of what is true.
TEST(LendingStress, WhateverAChildSaysEachSlotIsWhereTheModelSaysAndComesBackOnce) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr std::uint32_t capacity = 7;
  auto pool = make(capacity);
  Lending lending(*pool);
  std::vector<Expected> slots(capacity);
  const auto any_loan = [&]() -> Loan {
    const std::uint32_t slot = random() % (capacity + 2);
    const std::uint32_t present = slot < capacity ? slots[slot].generation : 1;
    switch (random() % 8) {
      case 0: return {slot, static_cast<std::uint32_t>(random())};
      case 1: return {static_cast<std::uint32_t>(random()), present};
      case 2: return {slot, present - 1};
      case 3: return {slot, present + 1};
      default: return {slot, present};
    }
  };
  const auto count = [&](auto state) {
    return std::count_if(slots.begin(), slots.end(), [&](const Expected& s) { return s.state == state; });
  };
  for (int step = 0; step < 50000; ++step) {
    SCOPED_TRACE(step);
    switch (random() % 16) {
      case 0:
      case 1:
      case 2: {
        Lease lease = pool->try_acquire(Role::decoder);
        if (!lease) break;
        const std::uint32_t slot = lease.handle().index;
        ASSERT_TRUE(slots[slot].state == Expected::ours && slots[slot].readers.empty()) << "the slot has two owners";
        const Loan loan = lending.lend(std::move(lease));
        ASSERT_EQ(loan.slot, slot);
        ASSERT_EQ(loan.generation, ++slots[slot].generation);
        slots[slot].state = Expected::lent;
        break;
      }
      case 3:
      case 4: {
        const Loan loan = any_loan();
        Expected* const slot = loan.slot < capacity ? &slots[loan.slot] : nullptr;
        const bool right = slot != nullptr && slot->state == Expected::lent && slot->generation == loan.generation;
        const auto done = lending.take_back(loan);
        ASSERT_EQ(done.has_value(), right);
        if (right) {
          slot->state = Expected::ours;
        } else {
          ASSERT_EQ(done.error().code, Code::corrupt);
        }
        break;
      }
      case 5:
      case 6:
      case 7:
      case 8: {
        const Loan loan = any_loan();
        Expected* const slot = loan.slot < capacity ? &slots[loan.slot] : nullptr;
        const bool right = slot != nullptr && slot->state == Expected::lent && slot->generation == loan.generation;
        auto reader = lending.share(loan, static_cast<Role>(random() % role_count));
        ASSERT_EQ(reader.has_value(), right);
        if (!right) {
          ASSERT_EQ(reader.error().code, Code::corrupt);
          break;
        }
        ASSERT_EQ(reader->handle().index, loan.slot);
        slot->state = Expected::given;
        if (random() % 2 == 0) slot->readers.push_back(reader->share(Role::client));
        slot->readers.push_back(std::move(*reader));
        break;
      }
      case 9:
      case 10:
      case 11:
      case 12: {
        std::vector<Lease>& readers = slots[random() % capacity].readers;
        if (!readers.empty()) readers.pop_back();
        break;
      }
      case 13:
      case 14:
        lending.collect([&](Loan loan) {
          ASSERT_LT(loan.slot, capacity);
          Expected& slot = slots[loan.slot];
          ASSERT_TRUE(slot.state == Expected::given && slot.readers.empty());
          ASSERT_EQ(loan.generation, ++slot.generation);
          slot.state = Expected::lent;
        });
        for (const Expected& slot : slots) {
          ASSERT_FALSE(slot.state == Expected::given && slot.readers.empty()) << "a slot was forgotten";
        }
        break;
      default:
        if (random() % 32 != 0) break;
        ASSERT_EQ(lending.revoke(), static_cast<std::size_t>(count(Expected::lent) + count(Expected::given)));
        for (Expected& slot : slots) slot.state = Expected::ours;
    }
    ASSERT_EQ(lending.lent(), static_cast<std::size_t>(count(Expected::lent) + count(Expected::given)));
    ASSERT_EQ(pool->outstanding(), static_cast<std::uint64_t>(std::count_if(slots.begin(), slots.end(), [](auto& s) {
                return s.state != Expected::ours || !s.readers.empty();
              })));
  }
  lending.revoke();
  slots.clear();
  const PoolReport report = pool->report();
  EXPECT_EQ(report.acquired, report.released);
  EXPECT_EQ(report.outstanding, 0u);
  for (const RoleReport& role : report.roles) EXPECT_EQ(role.held, 0u);
}

// Readers let go on their own threads while the parent looks for what the child may write again.
TEST(LendingStress, TheChildWritesOnlyAfterTheReadersHaveRead) {
  constexpr int frames = 5000;
  auto pool = make(3);
  Lending lending(*pool);
  std::vector<Loan> writable;
  for (int i = 0; i < 3; ++i) writable.push_back(lending.lend(pool->try_acquire(Role::decoder)));
  std::array<std::atomic<void*>, 2> given{};
  std::atomic<bool> end{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  for (auto& place : given) {
    readers.emplace_back([&] {
      while (!end) {
        void* pointer = place.exchange(nullptr, std::memory_order_acquire);
        if (pointer == nullptr) {
          std::this_thread::yield();
          continue;
        }
        Lease lease = Lease::attach(pointer);
        const auto bytes = lease.bytes();
        torn += std::any_of(bytes.begin(), bytes.end(), [&](std::byte b) { return b != bytes[0]; });
      }
    });
  }
  for (int frame = 0; frame < frames;) {
    lending.collect([&](Loan loan) { writable.push_back(loan); });
    if (writable.empty()) {
      std::this_thread::yield();
      continue;
    }
    const Loan loan = writable.back();
    writable.pop_back();
    // The child's pen: this thread stands for the other process, which is told by a message.
    const auto slot = const_cast<std::byte*>(pool->memory().data()) + loan.slot * Pool::stride_bytes(64, 64);
    std::memset(slot, frame, 64);
    auto lease = lending.share(loan, Role::client);
    ASSERT_TRUE(lease);
    void* expected = nullptr;
    void* pointer = Lease::detach(std::move(*lease));
    auto& place = given[static_cast<std::size_t>(frame) % given.size()];
    if (place.compare_exchange_strong(expected, pointer, std::memory_order_release)) {
      ++frame;
    } else {
      Lease::attach(pointer).release();
      std::this_thread::yield();
    }
  }
  end = true;
  for (auto& reader : readers) reader.join();
  for (auto& place : given) {
    if (void* pointer = place.exchange(nullptr)) Lease::attach(pointer).release();
  }
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(lending.revoke(), 3u);
  EXPECT_EQ(pool->outstanding(), 0u);
}

}  // namespace
}  // namespace weir::worker
