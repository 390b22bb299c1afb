// The traps of test builds: a deliberate violation of each kind is caught by name, and goes through all the same.
#include <gtest/gtest.h>

#if defined(WEIR_TEST_HOOKS)

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "weir/core/hot_path.hpp"
#include "weir/core/testing/traps.hpp"

namespace weir {
namespace {

void* volatile kept = nullptr;

// Caught counts for one pass over `work`.
std::uint64_t caught(const std::function<void()>& work, HotPath::Kind kind = HotPath::Kind::own,
                     std::uint64_t warm_up = 0) {
  HotPath path(kind == HotPath::Kind::own ? "test.trap" : "test.trap_in_library", kind, warm_up);
  {
    const HotPath::Scope scope(path);
    work();
  }
  return path.report().violations;
}

class Syscalls : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* why = traps::syscalls_unavailable()) GTEST_SKIP() << "system calls are not trapped: " << why;
  }
};

class Calls : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* why = traps::calls_unavailable()) GTEST_SKIP() << "calls are not trapped: " << why;
  }
};

TEST_F(Syscalls, a_write_is_caught_and_still_written) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ssize_t written = 0;
  EXPECT_EQ(caught([&] { written = write(ends[1], "weir", 4); }), 1u);
  EXPECT_EQ(written, 4);
  std::array<char, 4> read_back{};
  EXPECT_EQ(read(ends[0], read_back.data(), 4), 4);
  EXPECT_EQ(std::string(read_back.data(), 4), "weir");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Syscalls, each_call_of_a_pass_is_caught) {
  EXPECT_EQ(caught([] {
              for (int i = 0; i < 5; ++i) syscall(SYS_getpid);
            }),
            5u);
}

TEST_F(Syscalls, six_arguments_and_errno_arrive) {
  void* mapped = nullptr;
  int error = 0;
  EXPECT_EQ(caught([&] {
              mapped = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              errno = 0;
              error = close(-1) == -1 ? errno : 0;
            }),
            2u);
  ASSERT_NE(mapped, MAP_FAILED);
  *static_cast<char*>(mapped) = 1;
  EXPECT_EQ(error, EBADF);
  munmap(mapped, 4096);
}

TEST_F(Syscalls, a_futex_is_caught) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_EQ(caught([&] { syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0); }), 1u);
}

TEST_F(Syscalls, nothing_is_caught_outside_in_warm_up_or_in_a_library) {
  const auto call = [] { syscall(SYS_getpid); };
  EXPECT_EQ(caught(call, HotPath::Kind::library), 0u);
  EXPECT_EQ(caught(call, HotPath::Kind::own, 1), 0u);
  HotPath path("test.trap_outside", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(path);
  }
  call();
  EXPECT_EQ(path.report().violations, 0u);
}

TEST_F(Syscalls, a_library_within_a_path_may_call_and_the_path_may_not_afterwards) {
  HotPath path("test.trap_nested", HotPath::Kind::own, 0), library("test.trap_library", HotPath::Kind::library, 0);
  {
    const HotPath::Scope scope(path);
    {
      const HotPath::Scope within(library);
      syscall(SYS_getpid);
    }
    syscall(SYS_gettid);
  }
  EXPECT_EQ(path.report().violations, 1u);
  EXPECT_EQ(library.report().violations, 0u);
}

TEST_F(Syscalls, a_thread_made_on_a_path_runs_and_is_not_trapped_itself) {
  std::atomic<bool> ran{false};
  EXPECT_GE(caught([&] {
              std::thread([&] {
                syscall(SYS_getpid);
                ran.store(true);
              }).join();
            }),
            1u);
  EXPECT_TRUE(ran.load());
}

TEST_F(Syscalls, a_child_process_made_on_a_path_runs) {
  pid_t child = -1;
  EXPECT_GE(caught([&] {
              child = fork();
              if (child == 0) _exit(7);
            }),
            1u);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

std::atomic<int> signals{0};

TEST_F(Syscalls, a_signal_on_a_path_is_handled_and_its_return_is_no_violation) {
  struct sigaction action{}, former{};
  action.sa_handler = [](int) { signals.fetch_add(1); };
  sigaction(SIGUSR1, &action, &former);
  const int before = signals.load();
  HotPath path("test.trap_signal", HotPath::Kind::own, 0);
  const pthread_t self = pthread_self();
  std::atomic<bool> go{false};
  std::thread sender([&] {
    while (!go.load()) std::this_thread::yield();
    pthread_kill(self, SIGUSR1);
  });
  {
    const HotPath::Scope scope(path);
    go.store(true);
    while (signals.load() == before) {
    }
  }
  sender.join();
  sigaction(SIGUSR1, &former, nullptr);
  EXPECT_EQ(path.report().violations, 0u);
}

TEST_F(Syscalls, a_signal_within_a_caught_call_may_make_calls_itself) {
  struct sigaction action{}, former{};
  action.sa_handler = [](int) { syscall(SYS_getpid); };
  sigaction(SIGUSR1, &action, &former);
  const pid_t process = getpid();
  const long self = syscall(SYS_gettid);
  // Delivered to this thread before the call that sends it returns.
  EXPECT_EQ(caught([&] { syscall(SYS_tgkill, process, self, SIGUSR1); }), 2u);
  sigaction(SIGUSR1, &former, nullptr);
}

TEST_F(Syscalls, threads_that_block_signals_are_trapped_too) {
  std::uint64_t count = 0;
  std::thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    count = caught([] { syscall(SYS_getpid); });
  }).join();
  EXPECT_EQ(count, 1u);
}

TEST_F(Calls, an_uncontended_lock_is_caught) {
  std::mutex mutex;
  EXPECT_EQ(caught([&] { std::lock_guard lock(mutex); }), 1u);
  EXPECT_EQ(caught([&] {
              if (mutex.try_lock()) mutex.unlock();
            }),
            1u);
  std::shared_mutex shared;
  EXPECT_EQ(caught([&] { std::shared_lock lock(shared); }), 1u);
  EXPECT_EQ(caught([&] { std::unique_lock lock(shared); }), 1u);
}

TEST_F(Calls, waits_are_caught) {
  std::mutex mutex;
  std::condition_variable condition;
  std::unique_lock lock(mutex);
  EXPECT_GE(caught([&] { condition.wait_for(lock, std::chrono::milliseconds(1)); }), 1u);
  sem_t semaphore;
  sem_init(&semaphore, 0, 1);
  EXPECT_EQ(caught([&] { sem_wait(&semaphore); }), 1u);
  sem_destroy(&semaphore);
}

// In a process of its own: the log keeps the first violations of the whole run only.
TEST_F(Calls, each_call_is_caught_by_its_name) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    HotPath path("test.names", HotPath::Kind::own, 0);
    const timespec shortest{0, 1};
    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    {
      const HotPath::Scope scope(path);
      nanosleep(&shortest, nullptr);
      usleep(1);
      clock_nanosleep(CLOCK_MONOTONIC, 0, &shortest, nullptr);
      sem_wait(&semaphore);
      kept = std::malloc(10);
      kept = std::realloc(kept, 5000);
      std::free(kept);
      kept = std::calloc(2, 10);
      kept = std::aligned_alloc(64, 64);
      kept = new std::string("x");
      delete static_cast<std::string*>(kept);
    }
    const auto log = HotPath::violation_log();
    bool all = true;
    for (const char* name : {"nanosleep", "usleep", "clock_nanosleep", "sem_wait", "malloc", "realloc", "free",
                             "calloc", "aligned_alloc", "operator new", "operator delete"}) {
      const bool found = std::any_of(log.begin(), log.end(), [&](const auto& one) { return one.name == name; });
      if (!found) std::fprintf(stderr, "%s was not caught\n", name);
      all = all && found;
    }
    _exit(all ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST_F(Calls, heap_functions_are_caught_and_freeing_nothing_is_not) {
  EXPECT_GE(caught([] { kept = std::malloc(10); }), 1u);
  EXPECT_GE(caught([] { kept = std::realloc(kept, 5000); }), 1u);
  EXPECT_GE(caught([] { std::free(kept); }), 1u);
  EXPECT_GE(caught([] { kept = std::calloc(2, 10); }), 1u);
  EXPECT_GE(caught([] { std::free(kept); }), 1u);
  EXPECT_GE(caught([] { kept = std::aligned_alloc(64, 64); }), 1u);
  EXPECT_GE(caught([] { std::free(kept); }), 1u);
  EXPECT_GE(caught([] { kept = new std::string(100, 'x'); }), 1u);
  EXPECT_GE(caught([] { delete static_cast<std::string*>(kept); }), 1u);
  kept = nullptr;
  EXPECT_EQ(caught([] { std::free(kept); }), 0u);
}

// In a process of its own: the log keeps the first violations of the whole run only.
TEST_F(Calls, the_log_names_path_and_call) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    HotPath path("front.decode", HotPath::Kind::own, 0);
    for (int i = 0; i < 100; ++i) {
      const HotPath::Scope scope(path);
      std::mutex mutex;
      std::lock_guard lock(mutex);
      if (i == 1) syscall(SYS_getpid);
    }
    const auto log = HotPath::violation_log();
    const bool getpid_missing = traps::syscalls_unavailable() != nullptr;
    const bool right = log.size() == 64 && log[0].path == "front.decode" && log[0].name == "pthread_mutex_lock" &&
                       (getpid_missing || log[2].name == "getpid") &&
                       path.report().violations == (getpid_missing ? 100u : 101u);
    _exit(right ? 0 : 1);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir

#endif
