// The shipped algorithm of slot_words.hpp under a model checker: relacy runs it under thousands of interleavings and
// memory orders and reports a data race on the slot's contents if any of them lets two owners meet.
#include "weir/core/slot_words.hpp"

#include <gtest/gtest.h>

#include <sstream>

// relacy replaces names of the standard library by macros: it comes last.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#include <relacy/relacy.hpp>
#pragma GCC diagnostic pop
#undef new
#undef delete

namespace weir::detail {
namespace {

// rl::atomic with the calls spelled as std::atomic has them.
template <class T>
class CheckedAtomic {
 public:
  CheckedAtomic() = default;
  explicit CheckedAtomic(T value) : value_(value) {}
  T load(rl::memory_order order) const { return value_.load(order, RL_INFO); }
  void store(T value, rl::memory_order order) { value_.store(value, order, RL_INFO); }
  T fetch_and(T value, rl::memory_order order) { return value_.fetch_and(value, order, RL_INFO); }
  T fetch_or(T value, rl::memory_order order) { return value_.fetch_or(value, order, RL_INFO); }
  T fetch_add(T value, rl::memory_order order) { return value_.fetch_add(value, order, RL_INFO); }
  T fetch_sub(T value, rl::memory_order order) { return value_.fetch_sub(value, order, RL_INFO); }

 private:
  rl::atomic<T> value_;
};

template <rl::memory_order Pop, rl::memory_order Push, rl::memory_order Drop>
struct Orders {
  template <class T>
  using atomic = CheckedAtomic<T>;
  static constexpr auto relaxed = rl::mo_relaxed;
  static constexpr auto acquire = Pop;
  static constexpr auto release = Push;
  static constexpr auto acq_rel = Drop;
};
using Shipped = Orders<rl::mo_acquire, rl::mo_release, rl::mo_acq_rel>;
using WithoutPush = Orders<rl::mo_acquire, rl::mo_relaxed, rl::mo_acq_rel>;
using WithoutDrop = Orders<rl::mo_relaxed, rl::mo_release, rl::mo_relaxed>;

// Three threads compete for two slots; who has one writes it.
template <class A>
struct Compete : rl::test_suite<Compete<A>, 3> {
  FreeMask<A> free;
  rl::var<int> content[2];

  void before() {
    free.reset(0b11);
    content[0](RL_INFO) = 0;
    content[1](RL_INFO) = 0;
  }
  void thread(unsigned me) {
    const unsigned slot = free.pop();
    if (slot == FreeMask<A>::none) return;
    content[slot](RL_INFO) = static_cast<int>(me);
    RL_ASSERT(static_cast<int>(content[slot](RL_INFO)) == static_cast<int>(me));
    RL_ASSERT(free.push(slot));
  }
  void after() { RL_ASSERT(free.peek() == 0b11); }
};

// A slot shared by two holders: the last one to drop it returns it, exactly one does, and the next owner that gets it
// may write it.
template <class A>
struct Share : rl::test_suite<Share<A>, 3> {
  FreeMask<A> free;
  HoldWord<A> holds;
  rl::var<int> content;
  rl::atomic<int> returned;

  void before() {
    free.reset(0);
    holds.take(0);
    RL_ASSERT(holds.share(1));
    content(RL_INFO) = 1;
    returned.store(0, rl::mo_relaxed, RL_INFO);
  }
  void thread(unsigned me) {
    if (me == 2) {
      if (free.pop() != FreeMask<A>::none) {
        content(RL_INFO) = 2;  // races with a reader that should have been gone
        RL_ASSERT(returned.load(rl::mo_relaxed, RL_INFO) == 1);
      }
      return;
    }
    static_cast<void>(static_cast<int>(content(RL_INFO)));
    if (me == 1) {
      RL_ASSERT(holds.share(2));
      RL_ASSERT(holds.pass(2, 3));
      RL_ASSERT(holds.drop(3) != Dropped::broken || returned.load(rl::mo_relaxed, RL_INFO) == 0);
    }
    if ((me == 0 ? holds.drop_probably_last(me) : holds.drop(me)) == Dropped::last) {
      RL_ASSERT(returned.fetch_add(1, rl::mo_relaxed, RL_INFO) == 0);
      RL_ASSERT(free.push(0));
    }
  }
  void after() { RL_ASSERT(returned.load(rl::mo_relaxed, RL_INFO) == 1); }
};

template <class Suite>
bool holds_in_every_order(unsigned iterations) {
  rl::test_params params;
  std::ostringstream log;
  params.search_type = rl::sched_random;
  params.iteration_count = iterations;
  params.output_stream = &log;
  params.progress_stream = &log;
  return rl::simulate<Suite>(params);
}

TEST(SlotWordsModel, NoSlotHasTwoOwners) { EXPECT_TRUE(holds_in_every_order<Compete<Shipped>>(200000)); }
TEST(SlotWordsModel, ASharedSlotIsReturnedOnceAndAfterItsReaders) {
  EXPECT_TRUE(holds_in_every_order<Share<Shipped>>(200000));
}
// What the checker is worth: with a weaker order it must object.
TEST(SlotWordsModel, FindsAPushThatDoesNotRelease) { EXPECT_FALSE(holds_in_every_order<Compete<WithoutPush>>(20000)); }
TEST(SlotWordsModel, FindsADropThatDoesNotAcquire) { EXPECT_FALSE(holds_in_every_order<Share<WithoutDrop>>(20000)); }

}  // namespace
}  // namespace weir::detail
