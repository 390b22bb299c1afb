// Handover: what is given arrives once, what is put back is freed on the control side, and nothing is lost.
#include "weir/core/handover.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "weir/core/hot_path.hpp"

namespace weir {
namespace {

// Counts itself, and remembers which thread it was freed on.
struct State : HandoverLink {
  explicit State(std::uint64_t n = 0) : number(n), again(~n) { made.fetch_add(1); }
  ~State() {
    if (std::this_thread::get_id() != control) elsewhere.fetch_add(1);
    number = again = 0;
    freed.fetch_add(1);
  }
  bool whole() const { return again == ~number; }

  std::uint64_t number, again;

  static inline std::atomic<int> made{0}, freed{0}, elsewhere{0};
  static inline std::thread::id control;
};

class HandoverTest : public testing::Test {
 protected:
  HandoverTest() {
    State::made = State::freed = State::elsewhere = 0;
    State::control = std::this_thread::get_id();
  }
  static int alive() { return State::made - State::freed; }
};

TEST_F(HandoverTest, what_is_given_is_taken_once) {
  Handover<State> handover;
  EXPECT_EQ(handover.take(), nullptr);
  handover.give(std::make_unique<State>(7));
  State* const taken = handover.take();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->number, 7u);
  EXPECT_EQ(handover.take(), nullptr);
  EXPECT_EQ(alive(), 1);
  handover.put_back(taken);
  EXPECT_EQ(alive(), 1) << "putting back frees nothing";
  EXPECT_EQ(handover.collect(), 1u);
  EXPECT_EQ(alive(), 0);
  EXPECT_EQ(handover.collect(), 0u);
}

TEST_F(HandoverTest, a_newer_one_replaces_what_was_not_taken) {
  Handover<State> handover;
  for (std::uint64_t i = 0; i < 10; ++i) {
    handover.give(std::make_unique<State>(i));
    EXPECT_EQ(alive(), 1);
  }
  State* const taken = handover.take();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(taken->number, 9u);
  handover.put_back(taken);
}

TEST_F(HandoverTest, any_number_may_be_outstanding) {
  Handover<State> handover;
  std::array<State*, 100> held{};
  for (State*& one : held) {
    handover.give(std::make_unique<State>());
    one = handover.take();
  }
  EXPECT_EQ(alive(), 100);
  for (State* one : held) handover.put_back(one);
  EXPECT_EQ(handover.collect(), 100u);
  EXPECT_EQ(alive(), 0);
}

TEST_F(HandoverTest, its_end_frees_what_lies_in_it_both_ways) {
  {
    Handover<State> handover;
    handover.give(std::make_unique<State>(1));
    handover.put_back(handover.take());
    handover.give(std::make_unique<State>(2));
    EXPECT_EQ(alive(), 2);
  }
  EXPECT_EQ(alive(), 0);
}

// The control side gives and collects as fast as it can, the hot side always holds one and puts back the former.
TEST_F(HandoverTest, two_threads_lose_nothing_and_only_one_of_them_frees) {
  constexpr std::uint64_t rounds = 200'000;
  Handover<State> handover;
  HotPath path("test.handover", HotPath::Kind::own, 0);
  std::atomic<bool> over{false};
  std::uint64_t torn = 0, backwards = 0, taken = 0;
  std::thread hot([&] {
    State* held = nullptr;
    bool last = false;
    while (!last) {
      last = over.load();
      const HotPath::Scope scope(path);
      State* const next = handover.take();
      if (next == nullptr) continue;
      ++taken;
      if (!next->whole()) ++torn;
      if (held != nullptr) {
        if (next->number <= held->number || !held->whole()) ++backwards;
        handover.put_back(held);
      }
      held = next;
    }
    if (held != nullptr) handover.put_back(held);
  });
  std::size_t collected = 0;
  for (std::uint64_t i = 1; i <= rounds; ++i) {
    handover.give(std::make_unique<State>(i));
    if (i % 3 == 0) collected += handover.collect();
  }
  over.store(true);
  hot.join();
  collected += handover.collect();
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(backwards, 0u);
  EXPECT_EQ(collected, taken);
  EXPECT_GT(taken, 0u);
  EXPECT_EQ(State::made, static_cast<int>(rounds));
  EXPECT_EQ(alive(), 0);
  EXPECT_EQ(State::elsewhere, 0) << "freed on the hot thread";
  EXPECT_EQ(path.report().allocations, 0u);
  EXPECT_EQ(path.report().frees, 0u);
  EXPECT_EQ(path.report().violations, 0u);
}

}  // namespace
}  // namespace weir
