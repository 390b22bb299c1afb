#include "weir/core/hot_path.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/thread_bytes.hpp"

namespace weir {
namespace {

// Keeps the compiler from pairing an allocation with its free and removing both.
thread_local void* volatile kept = nullptr;

HotPathReport one_pass(const std::function<void()>& work) {
  HotPath path("test.one_pass", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(path);
    work();
  }
  return path.report();
}

const HotPathReport* find(const std::vector<HotPathReport>& reports, const std::string& id) {
  for (const HotPathReport& report : reports) {
    if (report.id == id) return &report;
  }
  return nullptr;
}

TEST(HotPath, a_clean_pass_shows_nothing) {
  std::atomic<int> sum{0};
  const HotPathReport report = one_pass([&] {
    for (int i = 0; i < 1000; ++i) sum.fetch_add(i);
  });
  EXPECT_EQ(report.passes, 1u);
  EXPECT_EQ(report.allocations, 0u);
  EXPECT_EQ(report.frees, 0u);
  EXPECT_EQ(report.bytes, 0u);
  EXPECT_EQ(report.violations, 0u);
}

struct HeapCall {
  const char* name;
  void (*call)(void* given);  // `given` was allocated before the pass
  bool allocates, frees;
};

class HotPathHeap : public testing::TestWithParam<HeapCall> {};

TEST_P(HotPathHeap, each_call_is_counted_as_what_it_is) {
  ASSERT_TRUE(thread_bytes_counted());
  void* const given = std::malloc(100);
  kept = given;
  const HotPathReport report = one_pass([&] { GetParam().call(given); });
  EXPECT_EQ(report.allocations, GetParam().allocates ? 1u : 0u);
  EXPECT_EQ(report.frees, GetParam().frees ? 1u : 0u);
  EXPECT_EQ(report.bytes > 0, GetParam().allocates);
  if (GetParam().allocates) std::free(kept);
  if (!GetParam().frees) std::free(given);
}

constexpr HeapCall heap_calls[] = {
    {"malloc", [](void*) { kept = std::malloc(64); }, true, false},
    {"calloc", [](void*) { kept = std::calloc(4, 16); }, true, false},
    {"realloc", [](void* given) { kept = std::realloc(given, 100'000); }, true, true},
    {"free", [](void* given) { std::free(given); }, false, true},
#if !defined(__SANITIZE_THREAD__)  // TSan's hooks do not see it
    {"aligned_alloc", [](void*) { kept = std::aligned_alloc(64, 128); }, true, false},
#endif
};
INSTANTIATE_TEST_SUITE_P(calls, HotPathHeap, testing::ValuesIn(heap_calls),
                         [](const auto& call) { return call.param.name; });

TEST(HotPath, operator_new_and_delete_are_counted) {
  std::vector<int>* volatile made = nullptr;
  const HotPathReport grown = one_pass([&] { made = new std::vector<int>(100); });
  EXPECT_EQ(grown.allocations, 1u);
  EXPECT_GE(grown.bytes, 100 * sizeof(int));
  EXPECT_EQ(grown.frees, 0u);
  const HotPathReport gone = one_pass([&] { delete made; });
  EXPECT_EQ(gone.frees, 1u);
  EXPECT_EQ(gone.allocations, 0u);
}

TEST(HotPath, what_is_allocated_and_freed_within_one_pass_counts) {
  const HotPathReport report = one_pass([] {
    kept = std::malloc(32);
    std::free(kept);
  });
  EXPECT_EQ(report.allocations, 1u);
  EXPECT_EQ(report.frees, 1u);
}

TEST(HotPath, what_other_threads_allocate_does_not_count) {
  std::atomic<int> turn{0};
  std::thread other([&] {
    while (turn.load() != 1) std::this_thread::yield();
    kept = std::malloc(1000);
    std::free(kept);
    turn.store(2);
  });
  const HotPathReport report = one_pass([&] {
    turn.store(1);
    while (turn.load() != 2) {
    }
  });
  other.join();
  EXPECT_EQ(report.allocations, 0u);
  EXPECT_EQ(report.frees, 0u);
}

TEST(HotPath, warm_up_passes_count_but_what_they_allocate_does_not) {
  HotPath path("test.warm_up", HotPath::Kind::own, 3);
  for (int pass = 0; pass < 5; ++pass) {
    const HotPath::Scope scope(path);
    kept = std::malloc(10);
    std::free(kept);
  }
  const HotPathReport report = path.report();
  EXPECT_EQ(report.passes, 5u);
  EXPECT_EQ(report.allocations, 2u);
  EXPECT_EQ(report.frees, 2u);
}

TEST(HotPath, an_inner_scope_counts_for_the_outer_one_too) {
  HotPath outer("test.outer", HotPath::Kind::own, 0), inner("test.inner", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(outer);
    const HotPath::Scope within(inner);
    kept = std::malloc(10);
    std::free(kept);
  }
  EXPECT_EQ(outer.report().allocations, 1u);
  EXPECT_EQ(inner.report().allocations, 1u);
}

TEST(HotPath, a_librarys_allocations_are_shown_on_its_own_line_alone) {
  HotPath outer("test.calls_library", HotPath::Kind::own, 0), library("test.library", HotPath::Kind::library, 0);
  HotPath between("test.between", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(outer);
    const HotPath::Scope within(between);
    {
      const HotPath::Scope call(library);
      EXPECT_FALSE(HotPath::active());
      kept = std::malloc(10);
      std::free(kept);
    }
  }
  EXPECT_EQ(library.report().allocations, 1u);
  EXPECT_EQ(library.report().frees, 1u);
  EXPECT_TRUE(library.report().library);
  EXPECT_EQ(outer.report().allocations, 0u);
  EXPECT_EQ(outer.report().frees, 0u);
  EXPECT_EQ(between.report().allocations, 0u);
}

TEST(HotPath, what_a_callback_does_within_a_library_is_the_callbacks) {
  HotPath outer("test.decode", HotPath::Kind::own, 0), library("test.avcodec", HotPath::Kind::library, 0);
  HotPath callback("test.callback", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(outer);
    const HotPath::Scope call(library);
    const HotPath::Scope within(callback);
    EXPECT_TRUE(HotPath::active());
    kept = std::malloc(10);
  }
  std::free(kept);
  EXPECT_EQ(callback.report().allocations, 1u);
  EXPECT_EQ(outer.report().allocations, 0u);
}

TEST(HotPath, active_says_whether_the_calling_thread_is_inside) {
  HotPath own("test.active", HotPath::Kind::own, 1), library("test.active_library", HotPath::Kind::library, 0);
  EXPECT_FALSE(HotPath::active());
  {
    const HotPath::Scope scope(own);
    EXPECT_TRUE(HotPath::active());
    EXPECT_FALSE(HotPath::promised());  // still warming up
    bool elsewhere = true;
    std::thread([&] { elsewhere = HotPath::active(); }).join();
    EXPECT_FALSE(elsewhere);
  }
  {
    const HotPath::Scope scope(own);
    EXPECT_TRUE(HotPath::promised());
  }
  {
    const HotPath::Scope scope(library);
    EXPECT_FALSE(HotPath::active());
  }
  EXPECT_FALSE(HotPath::active());
}

TEST(HotPath, many_threads_lose_no_pass) {
  constexpr int threads = 4, passes = 5000;
  HotPath path("test.many", HotPath::Kind::own, 0);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      for (int i = 0; i < passes; ++i) {
        void* block = nullptr;
        {
          const HotPath::Scope scope(path);
          if (i % 100 == t) block = std::malloc(16);
          kept = block;
        }
        std::free(block);
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_LE(path.report().passes, std::uint64_t{threads} * passes);
  for (std::thread& thread : running) thread.join();
  const HotPathReport report = path.report();
  EXPECT_EQ(report.passes, std::uint64_t{threads} * passes);
  EXPECT_EQ(report.allocations, std::uint64_t{threads} * passes / 100);
  EXPECT_EQ(report.frees, 0u);
}

TEST(HotPath, paths_come_and_go_while_others_report) {
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done.load()) {
      for (const HotPathReport& report : HotPath::report_all()) EXPECT_FALSE(report.id.empty());
    }
  });
  for (int i = 0; i < 200; ++i) {
    HotPath path("test.restarted", HotPath::Kind::own, 0);
    const HotPath::Scope scope(path);
  }
  done.store(true);
  reader.join();
  EXPECT_EQ(find(HotPath::report_all(), "test.restarted")->passes, 200u);
}

TEST(HotPath, figures_of_one_id_are_summed_and_outlast_the_path) {
  {
    HotPath first("test.camera", HotPath::Kind::own, 0);
    HotPath second("test.camera", HotPath::Kind::own, 0);
    for (int i = 0; i < 3; ++i) const HotPath::Scope scope(first);
    const HotPath::Scope scope(second);
    kept = std::malloc(10);
  }
  std::free(kept);
  HotPath again("test.camera", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(again);
  }
  EXPECT_EQ(again.report().passes, 1u);
  const auto all = HotPath::report_all();
  const HotPathReport* const sum = find(all, "test.camera");
  ASSERT_NE(sum, nullptr);
  EXPECT_EQ(sum->passes, 5u);
  EXPECT_EQ(sum->allocations, 1u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; }));
}

TEST(HotPath, durations_are_those_of_the_steady_clock) {
  HotPath path("test.duration", HotPath::Kind::own, 0);
  std::chrono::steady_clock::duration least = std::chrono::hours(1), most{0};
  for (int i = 0; i < 20; ++i) {
    const auto before = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration inside;
    {
      const HotPath::Scope scope(path);
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(i == 0 ? 20 : 2)) {
      }
      inside = std::chrono::steady_clock::now() - begin;
    }
    most = std::max(most, std::chrono::steady_clock::now() - before);
    least = std::min(least, inside);
  }
  const HotPathReport report = path.report();
  const auto ns = [](auto d) { return static_cast<double>(std::chrono::nanoseconds(d).count()); };
  EXPECT_GE(static_cast<double>(report.max_ns), 20e6 * 0.99);
  EXPECT_LE(static_cast<double>(report.max_ns), ns(most) * 1.01);
  EXPECT_GE(static_cast<double>(report.p50_ns), ns(least) * 0.99);
  EXPECT_LE(report.p50_ns, report.p95_ns);
  EXPECT_LE(report.p95_ns, report.p99_ns);
  EXPECT_LE(report.p99_ns, report.max_ns);
  EXPECT_LT(report.p50_ns, report.max_ns);
}

long switches() {
  rusage use{};
  getrusage(RUSAGE_THREAD, &use);
  return use.ru_nivcsw + use.ru_nvcsw;
}

// Two busy threads on one CPU take it from each other; every pass's loss is compared with the kernel's own count.
void expect_preemption_is_seen() {
  cpu_set_t before;
  ASSERT_EQ(pthread_getaffinity_np(pthread_self(), sizeof(before), &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    CPU_SET(cpu, &one);
    break;
  }
  std::atomic<bool> done{false};
  std::atomic<bool> pinned{false};
  std::thread rival([&] {
    EXPECT_EQ(pthread_setaffinity_np(pthread_self(), sizeof(one), &one), 0);
    pinned.store(true);
    while (!done.load(std::memory_order_relaxed)) {
    }
  });
  while (!pinned.load()) std::this_thread::yield();
  ASSERT_EQ(pthread_setaffinity_np(pthread_self(), sizeof(one), &one), 0);

  // Judged are only passes of which getrusage is sure: the same count right outside and right inside the scope.
  HotPath path("test.preempted", HotPath::Kind::library, 0);  // library: getrusage within is no violation
  std::uint64_t sure = 0, lost = 0, missed = 0, extra = 0;
  const auto watchdog = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (lost < 30 && std::chrono::steady_clock::now() < watchdog) {
    const std::uint64_t flagged_before = path.report().preempted;
    const long outside_before = switches();
    long inside_before, inside_after;
    {
      const HotPath::Scope scope(path);
      inside_before = switches();
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
      }
      inside_after = switches();
    }
    const long outside_after = switches();
    const bool flagged = path.report().preempted != flagged_before;
    if (outside_before != inside_before || inside_after != outside_after) continue;
    ++sure;
    if (inside_after != inside_before) {
      ++lost;
      if (!flagged) ++missed;
    } else if (flagged) {
      ++extra;
    }
  }
  done.store(true);
  rival.join();
  pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(missed, 0u) << "of " << lost << ", by " << HotPath::preemption_source();
  // Signals and work that the kernel does for the thread on its way back to it clear the mark too.
  EXPECT_LE(extra, 2 + sure / 20) << "of " << sure << ", by " << HotPath::preemption_source();
}

TEST(HotPath, passes_that_lose_the_cpu_are_counted) { expect_preemption_is_seen(); }

TEST(HotPath, preemption_is_known_by_getrusage_where_rseq_is_switched_off) {
  // The registration happens at a program's start, so this takes another program start.
  if (const char* tunables = std::getenv("GLIBC_TUNABLES");
      tunables != nullptr && std::string(tunables) == "glibc.pthread.rseq=0") {
    EXPECT_STREQ(HotPath::preemption_source(), "getrusage");
    return expect_preemption_is_seen();
  }
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
    const std::string filter = std::string("--gtest_filter=") +
                               testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() + "." +
                               testing::UnitTest::GetInstance()->current_test_info()->name();
    execl("/proc/self/exe", "hot_path_test", filter.c_str(), static_cast<char*>(nullptr));
    _exit(99);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(HotPath, sleeping_within_a_pass_loses_the_cpu_once) {
  HotPath outer("test.sleeps_outer", HotPath::Kind::library, 0), inner("test.sleeps", HotPath::Kind::library, 0);
  {
    const HotPath::Scope scope(outer);
    {
      const HotPath::Scope within(inner);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  EXPECT_EQ(inner.report().preempted, 1u);
  EXPECT_EQ(outer.report().preempted, 1u);  // the inner look must not take it from the outer
}

TEST(HotPathDeathTest, one_id_of_two_kinds_is_refused) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  HotPath own("test.kinds");
  EXPECT_DEATH(HotPath("test.kinds", HotPath::Kind::library), "two kinds");
}

}  // namespace
}  // namespace weir
