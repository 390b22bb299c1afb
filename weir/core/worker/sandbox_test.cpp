#include "weir/core/worker/sandbox.hpp"

#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/process.hpp"
#include "weir/core/worker/testing/harness.hpp"

namespace weir::worker {
namespace {

using namespace test;
using ::testing::HasSubstr;

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!sandbox_available()) GTEST_SKIP() << "no sandbox in builds with a sanitizer";
  }
  // What it tried is stopped before it happens, and named.
  static void stopped(Do what, const std::string& text, Start how = Start::boxed) {
    const End end = end_of(what, 0, how);
    EXPECT_EQ(end.cause, Cause::sandbox) << end.text;
    EXPECT_EQ(end.text, text);
  }
  static Message heard_after(Do what, Start how = Start::boxed) {
    Message heard;
    auto process = begin(how);
    EXPECT_TRUE(process);
    if (!process) return heard;
    (*process)->send(order(what));
    const Received received = (*process)->receive(heard, patiently());
    EXPECT_EQ(received, Received::message) << (*process)->end().text;
    EXPECT_EQ((*process)->end().cause, Cause::asked);
    return heard;
  }
};

TEST_F(Sandbox, OpeningAFileIsStoppedAndNamed) { stopped(Do::open_file, "tried openat(\"/etc/passwd\")"); }
TEST_F(Sandbox, RemovingAFileIsStoppedAndNamed) { stopped(Do::unlink, "tried unlink(\"/tmp/weir-test-nothing\")"); }
TEST_F(Sandbox, ForkingIsStoppedAndNamed) { stopped(Do::fork, "tried fork"); }
TEST_F(Sandbox, ExecutingIsStoppedAndNamed) { stopped(Do::exec, "tried execve(\"/bin/true\")"); }
TEST_F(Sandbox, MappingCodeIsStoppedAndNamed) { stopped(Do::map_code, "tried mmap with PROT_EXEC"); }
TEST_F(Sandbox, MakingMemoryCodeIsStoppedAndNamed) { stopped(Do::protect_code, "tried mprotect with PROT_EXEC"); }
TEST_F(Sandbox, ConnectingIsStoppedAndNamed) {
  stopped(Do::connect, "tried socket(AF_INET)");
  stopped(Do::connect_own, "tried connect(127.0.0.1:80)");
}
TEST_F(Sandbox, TracingIsStoppedAndNamed) { stopped(Do::trace, "tried ptrace"); }
TEST_F(Sandbox, HidingFromTheLedgerIsStoppedAndNamed) { stopped(Do::become_undumpable, "tried prctl"); }
TEST_F(Sandbox, KillingTheParentIsStoppedAndNamed) {
  stopped(Do::kill_parent, "tried kill(" + std::to_string(::getpid()) + ", SIGKILL)");
}

TEST_F(Sandbox, WithTheNetworkItMayConnectButNotListenAndStillOpensNoFile) {
  EXPECT_EQ(heard_after(Do::connect, Start::boxed_with_network).type, static_cast<std::uint32_t>(Do::connect));
  stopped(Do::listen, "tried listen", Start::boxed_with_network);
  stopped(Do::unix_socket, "tried socket(AF_UNIX)", Start::boxed_with_network);
  stopped(Do::open_file, "tried openat(\"/etc/passwd\")", Start::boxed_with_network);
}

TEST_F(Sandbox, AQuestionForRandomNumbersIsAnsweredNotPunished) {
  EXPECT_EQ(heard_after(Do::open_random).slot, static_cast<std::uint32_t>(ENOENT));
}

TEST_F(Sandbox, ThreadsMayBeMade) { EXPECT_EQ(heard_after(Do::thread).type, static_cast<std::uint32_t>(Do::thread)); }

TEST_F(Sandbox, TheKernelSaysThatItIsInForce) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  std::ifstream status("/proc/" + std::to_string((*process)->pid()) + "/status");
  const std::string text((std::istreambuf_iterator<char>(status)), {});
  EXPECT_THAT(text, HasSubstr("Seccomp:\t2\n"));
  EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1\n"));
  std::ifstream limits("/proc/" + std::to_string((*process)->pid()) + "/limits");
  const std::string rows((std::istreambuf_iterator<char>(limits)), {});
  EXPECT_THAT(rows, ::testing::ContainsRegex("Max data size +268435456 +268435456"));
  EXPECT_THAT(rows, ::testing::ContainsRegex("Max open files +64 +64"));
  EXPECT_THAT(rows, ::testing::ContainsRegex("Max core file size +0 +0"));
}

TEST_F(Sandbox, WorksAsAnOrdinaryUser) {
  // As root, a program that becomes nobody first; else this user is one.
  const auto outcome = weir::test::run({.argv = {worker_executable("test").string(), "--parent", "nobody"}});
  if (outcome.exit_code == 3) GTEST_SKIP() << "this process may not become another user";
  EXPECT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(outcome.out, "sandbox: tried openat(\"/etc/passwd\")\n");
}

}  // namespace
}  // namespace weir::worker
