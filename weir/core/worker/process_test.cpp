#include "weir/core/worker/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/process.hpp"
#include "weir/core/children.hpp"
#include "weir/core/worker/sandbox.hpp"
#include "weir/core/worker/testing/harness.hpp"

namespace weir::worker {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Process, SaysWhatItIsToldAndEndsAsAsked) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  Message said = order(Do::echo, 4711);
  said.put<std::uint64_t>(0x0123456789abcdef);
  Message heard;
  for (int i = 0; i < 1000; ++i) {
    ++said.sequence;
    ASSERT_TRUE((*process)->send(said));
    ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
    ASSERT_EQ(std::memcmp(&said, &heard, sizeof said), 0);
  }
  const End& end = (*process)->end();
  EXPECT_EQ(end.cause, Cause::asked);
  EXPECT_EQ((*process)->pid(), 0);
  EXPECT_FALSE((*process)->send(said));
  EXPECT_EQ((*process)->receive(heard, patiently()), Received::ended);
}

TEST(Process, AnEndThatIsIgnoredIsEnforced) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::hang));
  EXPECT_EQ((*process)->end().cause, Cause::asked);
  EXPECT_FALSE(has_children());
}

TEST(Process, ACrashIsNamed) {
  End end = end_of(Do::crash);
  EXPECT_EQ(end.cause, Cause::crash);
  EXPECT_EQ(end.text, "ended by SIGSEGV");
  end = end_of(Do::trap);
  EXPECT_EQ(end.cause, Cause::crash);
  EXPECT_EQ(end.text, "ended by SIGABRT");
}

TEST(Process, ASignalFromOutsideIsACrash) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  ASSERT_EQ(::kill((*process)->pid(), SIGKILL), 0);
  const End end = wait_for_end(**process);
  EXPECT_EQ(end.cause, Cause::crash);
  EXPECT_EQ(end.text, "ended by SIGKILL");
}

TEST(Process, AnExitIsFinishedOrFailed) {
  EXPECT_EQ(end_of(Do::exit, 0).cause, Cause::finished);
  const End end = end_of(Do::exit, 3);
  EXPECT_EQ(end.cause, Cause::failed);
  EXPECT_EQ(end.text, "exited with status 3");
}

TEST(Process, AnAllocationWithoutEndEndsAtItsMemoryLimit) {
  const End end = end_of(Do::grow);
  EXPECT_EQ(end.cause, Cause::memory);
  EXPECT_EQ(end.text, "needed more than 256 MiB");
}

TEST(Process, OneThatHoldsWorkAndIsSilentIsEndedForHanging) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::hang));
  (*process)->expect_until(Clock::real().now() + 50ms);
  EXPECT_EQ(wait_for_end(**process).cause, Cause::hang);
}

TEST(Process, AStoppedOneThatHoldsWorkIsEndedForHanging) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  ASSERT_EQ(::kill((*process)->pid(), SIGSTOP), 0);
  (*process)->expect_until(Clock::real().now() + 50ms);
  EXPECT_EQ(wait_for_end(**process).cause, Cause::hang);
}

TEST(Process, ADeadlineThatIsMovedOnOrTakenBackEndsNobody) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  Message heard;
  for (int i = 0; i < 20; ++i) {
    (*process)->expect_until(Clock::real().now() + 10s);
    (*process)->send(order(Do::echo));
    ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
    // Close enough for the watcher to wake for it, far enough for this line to come first.
    (*process)->expect_until(Clock::real().now() + 1s);
    (*process)->expect_until(never);
  }
  std::this_thread::sleep_for(1200ms);
  (*process)->send(order(Do::echo));
  EXPECT_EQ((*process)->receive(heard, patiently()), Received::message);
  EXPECT_EQ((*process)->end().cause, Cause::asked);
}

TEST(Process, TheFirstVerdictCounts) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->convict("it said what cannot be");
  (*process)->convict("and more");
  const End& end = (*process)->end();
  EXPECT_EQ(end.cause, Cause::protocol);
  EXPECT_EQ(end.text, "it said what cannot be");
}

TEST(Process, WhatItSaidBeforeItExitedIsHeard) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::say, 10));
  (*process)->send(order(Do::exit, 0));
  Message heard;
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
    EXPECT_EQ(heard.sequence, i);
  }
  EXPECT_EQ(wait_for_end(**process).cause, Cause::finished);
}

TEST(Process, ReceivingEndsAtTheDeadlineAndAtTheStop) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  Message heard;
  EXPECT_EQ((*process)->receive(heard, Clock::real().now() + 5ms), Received::deadline);
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  EXPECT_EQ((*process)->receive(heard, patiently(), stop.get_token()), Received::stopped);
}

TEST(Process, GetsItsDescriptorsAndNoOther) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  // One that was opened without care, and would be inherited.
  const int careless = ::open("/dev/null", O_RDONLY);
  auto process = begin(Start::boxed, options(), std::span(pipe.data(), 1));
  ASSERT_TRUE(process) << process.error().line();
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  (*process)->send(order(Do::descriptor, 0));
  Message heard;
  ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
  EXPECT_EQ(heard.slot, static_cast<std::uint32_t>('x'));
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string((*process)->pid()) + "/fd")) {
    open.push_back(std::filesystem::read_symlink(entry.path()).string());
  }
  // Standard input and output, its socket, and the pipe; a sanitizer leaves it standard error too.
  EXPECT_EQ(open.size(), 5U) << ::testing::PrintToString(open);
  for (const int fd : {pipe[0], pipe[1], careless}) ::close(fd);
}

TEST(Process, IsLentMemoryThatBothSee) {
  PoolOptions shape;
  shape.id = "test/lent";
  shape.owner = "worker test";
  shape.slot_bytes = 5000;
  shape.capacity = 3;
  shape.shared = true;
  auto pool = Pool::make(shape);
  ASSERT_TRUE(pool) << pool.error().line();
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  shape.slot_bytes = 64;
  auto smaller = Pool::make(shape);
  ASSERT_TRUE((*process)->send_memory(order(Do::echo), **smaller));  // memory that nobody takes
  ASSERT_TRUE((*process)->send_memory(order(Do::map, 0x5a), **pool));
  Message heard;
  ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
  ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
  EXPECT_EQ(heard.get<std::uint64_t>(), (*pool)->memory().size());
  const Lease lease = (*pool)->try_acquire(Role::source);
  EXPECT_THAT(lease.bytes(), ::testing::Each(std::byte{0x5a}));
  shape.shared = false;
  auto unshared = Pool::make(shape);
  EXPECT_EQ((*process)->send_memory(order(Do::map), **unshared).error().code, Code::invalid);
}

TEST(Process, OneThatDoesNotReadCostsNobodyAnything) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  ASSERT_EQ(::kill((*process)->pid(), SIGSTOP), 0);
  std::size_t taken = 0;
  while ((*process)->send(order(Do::echo))) ASSERT_LE(++taken, 256U);
  EXPECT_EQ(taken, 256U);
  PoolOptions shape;
  shape.id = "test/unread";
  shape.owner = "worker test";
  shape.slot_bytes = 64;
  shape.capacity = 1;
  shape.shared = true;
  auto pool = Pool::make(shape);
  EXPECT_EQ((*process)->send_memory(order(Do::map), **pool).error().code, Code::exhausted);
}

TEST(Process, WhatGoesWrongWhileItStartsIsSaid) {
  ProcessOptions missing = options();
  missing.executable = "/nowhere/weir-worker-none";
  EXPECT_EQ(begin(Start::boxed, missing).error().code, Code::not_found);

  auto left = begin(Start::exit_before);
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, Code::failed);
  EXPECT_EQ(left.error().detail, "exited with status 5");

  auto crashed = begin(Start::crash_before);
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.error().detail, "ended by SIGSEGV");

  ProcessOptions hasty = options();
  hasty.start_timeout = 50ms;
  auto silent = begin(Start::silent_before, hasty);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Code::unreachable);

  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  auto stopped = begin(Start::silent_before, options(), {}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::cancelled);

  const std::vector<std::byte> long_job((60 << 10) + 1);
  EXPECT_EQ(Process::start(options(), long_job, {}, {}).error().code, Code::invalid);
  EXPECT_FALSE(has_children());
}

TEST(Process, LeavesNoZombieNoDescriptorAndNoMappingBehind) {
  begin();  // what is opened once
  const std::size_t before = open_descriptors();
  for (int i = 0; i < 8; ++i) {
    auto process = begin();
    ASSERT_TRUE(process) << process.error().line();
    if (i % 2 == 1) (*process)->send(order(Do::crash));
    if (i % 4 == 3) wait_for_end(**process);
  }
  begin(Start::exit_before);
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_FALSE(has_children());
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) EXPECT_THAT(line, ::testing::Not(HasSubstr("weir worker control")));
}

TEST(Process, ItsMemoryIsItsOwnersUntilItIsReaped) {
  const auto known = [](pid_t wanted) {
    bool found = false;
    weir::detail::for_each_child([&](unsigned, pid_t pid) { found = found || pid == wanted; });
    return found;
  };
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  const pid_t pid = (*process)->pid();
  EXPECT_TRUE(known(pid));
  // What the ledger reads, and a worker could hide.
  EXPECT_TRUE(std::ifstream("/proc/" + std::to_string(pid) + "/smaps").is_open());
  (*process)->end();
  EXPECT_FALSE(known(pid));
}

TEST(Process, TellsItsWorkerNothingOfItsOwnEnvironment) {
  ::setenv("WEIR_CAMERAS__FRONT__PASSWORD", "secret", 1);
  auto process = begin();
  ::unsetenv("WEIR_CAMERAS__FRONT__PASSWORD");
  ASSERT_TRUE(process) << process.error().line();
  std::ifstream environment("/proc/" + std::to_string((*process)->pid()) + "/environ");
  ASSERT_TRUE(environment.is_open());
  const std::string text((std::istreambuf_iterator<char>(environment)), {});
  EXPECT_THAT(text, ::testing::Not(HasSubstr("secret")));
}

TEST(Process, ReportCountsRestartsAndCausesById) {
  const std::string id = "test/report";
  for (const Do what : {Do::crash, Do::trap, Do::exit}) {
    auto process = begin(Start::boxed, options(id));
    ASSERT_TRUE(process) << process.error().line();
    EXPECT_EQ(report_of(id).pid, (*process)->pid());
    (*process)->send(order(what, 3));
    wait_for_end(**process);
    (*process)->count_revoked(2);
  }
  const ProcessReport report = report_of(id);
  EXPECT_EQ(report.owner, "worker test");
  EXPECT_EQ(report.starts, 3U);
  EXPECT_EQ(report.pid, 0);
  EXPECT_EQ(count_of(report, Cause::crash), 2U);
  EXPECT_EQ(count_of(report, Cause::failed), 1U);
  EXPECT_EQ(report.revoked_leases, 6U);
  EXPECT_EQ(report.last_end, "exited with status 3");
  EXPECT_THAT(report.sandbox, StartsWith(sandbox_available() ? "no files, no network" : "none"));
}

// ---- A parent that is killed. This process takes its orphan over, and so learns how that ended.

class Orphan : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }
  void TearDown() override { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }

  static void dies_with_its_parent(int first) {
    weir::test::Process parent({.argv = {worker_executable("test").string(), "--parent", "sleep"}});
    const auto line = parent.wait_for_output("child ([0-9]+)");
    ASSERT_TRUE(line) << parent.wait().line();
    const pid_t child = std::stoi((*line)[1]);
    if (first != 0) ASSERT_EQ(::kill(child, first), 0);
    ASSERT_TRUE(parent.send(SIGKILL));
    parent.wait();
    int status = 0;
    const Instant deadline = patiently();
    pid_t reaped = 0;
    while ((reaped = ::waitpid(child, &status, WNOHANG)) == 0 && Clock::real().now() < deadline) {
      std::this_thread::sleep_for(1ms);
    }
    if (reaped == 0) ::kill(child, SIGKILL);
    ASSERT_EQ(reaped, child) << "the worker outlives its parent";
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }
};

TEST_F(Orphan, DiesWithItsParent) { dies_with_its_parent(0); }
TEST_F(Orphan, DiesWithItsParentEvenIfItIsStopped) { dies_with_its_parent(SIGSTOP); }

TEST(ProcessAlone, AWorkerThatAPersonStartsSaysSo) {
  const auto outcome = weir::test::run({.argv = {worker_executable("test").string()}});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.line();
  EXPECT_THAT(outcome.err, HasSubstr("people do not"));
}

}  // namespace
}  // namespace weir::worker
