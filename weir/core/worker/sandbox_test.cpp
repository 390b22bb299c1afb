#include "weir/core/worker/sandbox.hpp"

#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
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

// A folder that a worker may read, and one beside it that it may not.
class SandboxFiles : public Sandbox {
 protected:
  void SetUp() override {
    Sandbox::SetUp();
    std::filesystem::create_directories(open / "inner");
    std::filesystem::create_directories(closed);
    std::ofstream(open / "inner/a") << "a";
    std::ofstream(closed / "b") << "b";
    std::filesystem::create_symlink(closed / "b", open / "out");
    std::filesystem::create_symlink(open / "inner/a", open / "in");
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  Result<std::unique_ptr<Process>> begin_reading() const {
    const std::string job = static_cast<char>(Start::boxed_with_files) + open.string();
    return Process::start(options(), std::as_bytes(std::span(job)), {}, {});
  }
  static Message order_at(Do what, const std::filesystem::path& path) {
    Message message = order(what);
    std::array<char, 160> text{};
    EXPECT_LT(path.native().size(), text.size());
    std::copy(path.native().begin(), path.native().end(), text.begin());
    message.put(text);
    return message;
  }
  static Message answer(Process& process, Do what, const std::filesystem::path& path) {
    Message heard = order_at(what, path);
    process.send(heard);
    EXPECT_EQ(process.receive(heard, patiently()), Received::message) << path << ": " << process.end().text;
    return heard;
  }
  const std::filesystem::path root =
      std::filesystem::canonical(::testing::TempDir()) / ("weir_sandbox_" + std::to_string(::getpid()));
  const std::filesystem::path open = root / "open", closed = root / "closed";
};

TEST_F(SandboxFiles, WhatIsReadableIsReadAndListed) {
  auto process = begin_reading();
  ASSERT_TRUE(process) << process.error().line();
  for (const auto& path : {open / "inner/a", open / "in", open / "inner/../in"}) {
    const Message heard = answer(**process, Do::read_path, path);
    EXPECT_EQ(heard.slot, 0U) << path;
    EXPECT_EQ(heard.generation, static_cast<std::uint32_t>('a')) << path;
  }
  EXPECT_EQ(answer(**process, Do::list_path, open).slot, 0U);
  EXPECT_EQ(answer(**process, Do::stat_path, open / "inner/a").slot, 0U);
  EXPECT_EQ(answer(**process, Do::read_path, open / "none").slot, static_cast<std::uint32_t>(ENOENT));
}

TEST_F(SandboxFiles, EveryOtherFileIsDeniedAlsoThroughALinkOrUpwards) {
  auto process = begin_reading();
  ASSERT_TRUE(process) << process.error().line();
  for (const auto& path : {std::filesystem::path("/etc/passwd"), closed / "b", open / "out", open / "../closed/b",
                           std::filesystem::path("/proc/self/mem"), std::filesystem::path("/dev/null")}) {
    const Message heard = answer(**process, Do::read_path, path);
    EXPECT_EQ(heard.slot, static_cast<std::uint32_t>(EACCES)) << path;
    EXPECT_EQ(heard.generation, 0U) << path;
  }
  for (const auto& path : {closed, open / "..", std::filesystem::path("/")}) {
    EXPECT_EQ(answer(**process, Do::list_path, path).slot, static_cast<std::uint32_t>(EACCES)) << path;
  }
}

TEST_F(SandboxFiles, WritingIsStoppedAndNamedEvenWhereItMayRead) {
  for (const Do what : {Do::write_path, Do::create_path, Do::locate_path}) {
    const auto path = what == Do::create_path ? open / "new" : open / "inner/a";
    auto process = begin_reading();
    ASSERT_TRUE(process) << process.error().line();
    (*process)->send(order_at(what, path));
    const End end = wait_for_end(**process);
    EXPECT_EQ(end.cause, Cause::sandbox) << end.text;
    EXPECT_EQ(end.text, "tried openat(\"" + path.string() + "\")");
  }
  EXPECT_FALSE(std::filesystem::exists(open / "new"));
  auto process = begin_reading();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::unlink));
  EXPECT_EQ(wait_for_end(**process).text, "tried unlink(\"/tmp/weir-test-nothing\")");
}

TEST_F(SandboxFiles, TheReportNamesThem) {
  auto process = begin_reading();
  ASSERT_TRUE(process) << process.error().line();
  EXPECT_THAT(report_of("test/worker").sandbox, ::testing::StartsWith("reads only " + open.string() + ", no network"));
  EXPECT_EQ(describe({.readable = {"/a", "/b"}}, std::size_t{1} << 20),
            "reads only /a and /b, no network, no new processes, no new code, memory ≤ 1 MiB");
}

TEST_F(SandboxFiles, AKernelWithoutLandlockIsAnErrorThatSaysSo) {
  const auto outcome = weir::test::run({.argv = {worker_executable("test").string(), "--parent", "old-kernel"}});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.line();
  EXPECT_THAT(outcome.err, HasSubstr("this kernel has no Landlock"));
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
