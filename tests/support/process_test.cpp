#include "tests/support/process.hpp"

#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/data.hpp"

namespace weir::test {
namespace {

using namespace std::chrono_literals;

TEST(Process, gives_both_outputs_and_the_exit_status) {
  const auto outcome = run({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_FALSE(outcome.ok());
}

TEST(Process, passes_environment_and_directory) {
  const ScratchDir dir;
  const auto outcome = run({.argv = {"sh", "-c", "echo $WEIR_PROBE; pwd; echo ${HOME-none}"},
                            .env = {{"WEIR_PROBE", "a b"}},
                            .unset = {"HOME"},
                            .cwd = dir.path()});
  EXPECT_EQ(outcome.out, "a b\n" + std::filesystem::canonical(dir.path()).string() + "\nnone\n");
}

TEST(Process, says_when_a_program_cannot_be_started) {
  const auto outcome = run({.argv = {"/no/such/program"}});
  EXPECT_FALSE(outcome.start_error.empty());
  EXPECT_FALSE(outcome.exit_code.has_value());
}

TEST(Process, watchdog_ends_a_hang_and_says_so) {
  const auto outcome = run({.argv = {"sleep", "1000"}}, 1s);
  EXPECT_TRUE(outcome.watchdog);
  EXPECT_EQ(outcome.signal, SIGKILL);
}

TEST(Process, output_is_bounded_and_the_rest_counted) {
  const auto outcome = run({.argv = {"head", "-c", "100000", "/dev/zero"}, .max_output_bytes = 1000});
  EXPECT_EQ(outcome.out.size(), 1000U);
  EXPECT_EQ(outcome.discarded_bytes, 99000U);
}

TEST(Process, waits_for_a_whole_line_and_gives_its_groups) {
  Process process({.argv = {"sh", "-c", "printf 'port 12'; sleep 0.3; echo 34; exec sleep 1000"}});
  const auto match = process.wait_for_output("port ([0-9]+)");
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->at(1), "1234");
  EXPECT_TRUE(process.running());
  EXPECT_TRUE(process.send(SIGTERM));
  EXPECT_EQ(process.wait().signal, SIGTERM);
  EXPECT_FALSE(process.send(SIGTERM));
}

TEST(Process, waiting_for_output_ends_with_the_program) {
  Process process({.argv = {"sh", "-c", "echo nothing of note"}});
  EXPECT_FALSE(process.wait_for_output("port").has_value());
  EXPECT_TRUE(process.wait().ok());
}

TEST(Process, leaves_no_grandchild_behind) {
  pid_t grandchild = 0;
  {
    Process process({.argv = {"sh", "-c", "sleep 1000 & echo pid $!; wait"}});
    const auto match = process.wait_for_output("pid ([0-9]+)");
    ASSERT_TRUE(match.has_value());
    grandchild = std::stoi(match->at(1));
    ASSERT_EQ(::kill(grandchild, 0), 0);
  }
  // It was sent SIGKILL, but dies in its own time, and whoever adopts orphans reaps it in theirs.
  const auto alive = [&] {
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string line;
    return std::getline(stat, line) && line.find(") Z") == std::string::npos;
  };
  const auto deadline = std::chrono::steady_clock::now() + patient;
  while (alive() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(alive());
}

TEST(Data, is_nothing_where_there_is_no_such_file) {
  EXPECT_FALSE(data("no/such/file").has_value());
  EXPECT_NE(no_data("no/such/file").find("no/such/file"), std::string::npos);
}

TEST(Program, is_nothing_where_it_was_not_built) { EXPECT_FALSE(program("no-such-program").has_value()); }

}  // namespace
}  // namespace weir::test
