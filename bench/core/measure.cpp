#include "bench/core/measure.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <jemalloc/jemalloc.h>
#include <thread>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

template <class T>
T read(const char* name) {
  T value{};
  std::size_t size = sizeof(value);
  if (mallctl(name, &value, &size, nullptr, 0) != 0) std::abort();
  return value;
}

// A CPU for each thread, as far as there are any: for the few milliseconds of a sample the scheduler may otherwise
// leave both on one CPU, and then nothing is contended.
void pin(std::size_t thread) {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof(set), &set);
    return set;
  }();
  std::size_t nth = thread % static_cast<std::size_t>(CPU_COUNT(&allowed));
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || nth-- != 0) continue;
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(cpu, &mine);
    sched_setaffinity(0, sizeof(mine), &mine);
    return;
  }
}

// Requests of all threads that have ended, and of this one: a thread's own are counted in its cache until it is
// flushed.
std::uint64_t requests_so_far() {
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  std::uint64_t epoch = 1;
  std::size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  return read<std::uint64_t>("stats.arenas.4096.small.nrequests") +
         read<std::uint64_t>("stats.arenas.4096.large.nrequests");
}

struct Sample {
  Clock::duration taken;
  bool disturbed;  // a thread lost its CPU meanwhile, or came so late to it that the others worked without it
};

long times_preempted() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

Sample run(const Case& which, const Subject& subject, std::size_t operations) {
  std::atomic<std::size_t> ready{0};
  std::atomic<bool> go{false};
  std::atomic<bool> disturbed{false};
  std::vector<Clock::time_point> begun(which.threads), done(which.threads);
  std::vector<std::thread> threads;
  threads.reserve(which.threads);
  for (std::size_t t = 0; t < which.threads; ++t) {
    threads.emplace_back([&, t] {
      pin(t);
      ready.fetch_add(1, std::memory_order_release);
      while (!go.load(std::memory_order_acquire)) relax();
      const long before = times_preempted();
      begun[t] = Clock::now();
      subject.body(t, operations);
      done[t] = Clock::now();
      if (times_preempted() != before) disturbed.store(true, std::memory_order_relaxed);
    });
  }
  while (ready.load(std::memory_order_acquire) != which.threads) sched_yield();
  const Clock::time_point start = Clock::now();
  go.store(true, std::memory_order_release);
  for (std::thread& thread : threads) thread.join();
  const Clock::duration taken = *std::max_element(done.begin(), done.end()) - start;
  const Clock::duration late = *std::max_element(begun.begin(), begun.end()) - start;
  return {taken, disturbed.load(std::memory_order_relaxed) || late > taken / 20};
}

}  // namespace

double time_once(const Case& which, const Subject& subject, std::size_t operations) {
  Sample sample = run(which, subject, operations);
  for (int again = 0; sample.disturbed && again < 10; ++again) sample = run(which, subject, operations);
  return std::chrono::duration<double, std::nano>(sample.taken).count() / static_cast<double>(operations);
}

std::size_t calibrate(const Case& which, const Subject& subject, double seconds) {
  std::size_t operations = 1000;
  for (;;) {
    const double taken = std::chrono::duration<double>(run(which, subject, operations).taken).count();
    if (taken >= seconds / 4) return static_cast<std::size_t>(static_cast<double>(operations) * seconds / taken) + 1;
    operations *= 4;
  }
}

double allocations_per_operation(const Case& which, const Subject& subject, std::size_t operations) {
  run(which, subject, operations);  // whatever is set up once is set up now
  const auto requests = [&](std::size_t n) {
    const std::uint64_t before = requests_so_far();
    run(which, subject, n);
    return requests_so_far() - before;
  };
  // What starting a thread and its first operation cost is in both, and taken off.
  const std::uint64_t idle = requests(1);
  const std::uint64_t busy = requests(operations);
  return busy > idle ? static_cast<double>(busy - idle) / static_cast<double>(operations - 1) : 0;
}

bool allocator_has_its_defaults() {
  return read<bool>("opt.tcache") && read<unsigned>("opt.narenas") > 1 && read<bool>("config.stats");
}

void Backoff::pause() {
  if (++spins_ < 256) {
    relax();
  } else {
    spins_ = 0;
    sched_yield();
  }
}

}  // namespace bench
