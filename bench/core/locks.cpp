// weir::Exclusive beside a mutex, which is not fair, and a ticket lock, which is but burns the CPU while it waits.
#include <memory>
#include <mutex>

#include "bench/core/measure.hpp"
#include "weir/core/exclusive.hpp"

namespace bench {
namespace {

struct Engine {
  std::uint64_t value = 0;
};

struct WeirExclusive {
  weir::Exclusive<Engine> engine{"bench"};
  void work() {
    auto pass = engine.enter();
    ++pass->value;
  }
};

struct Mutex {
  std::mutex mutex;
  Engine engine;
  void work() {
    std::lock_guard lock(mutex);
    keep(++engine.value);
  }
};

struct Ticket {
  alignas(64) std::atomic<std::uint32_t> next{0};
  alignas(64) std::atomic<std::uint32_t> served{0};
  Engine engine;
  void work() {
    const std::uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
    Backoff backoff;
    while (served.load(std::memory_order_acquire) != mine) backoff.pause();
    keep(++engine.value);
    served.store(mine + 1, std::memory_order_release);
  }
};

template <class L>
Subject enter_leave(const char* name) {
  return {name, [lock = std::make_shared<L>()](std::size_t, std::size_t operations) {
            for (std::size_t i = 0; i < operations; ++i) lock->work();
          }};
}

}  // namespace

std::vector<Case> lock_cases() {
  std::vector<Case> all;
  for (std::size_t threads : {1, 2}) {
    all.push_back(
        {"exclusive: enter+leave, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"),
         threads,
         {enter_leave<WeirExclusive>("weir"), enter_leave<Mutex>("std::mutex"), enter_leave<Ticket>("ticket lock")}});
  }
  return all;
}

}  // namespace bench
