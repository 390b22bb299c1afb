#include "weir/app/signals.hpp"

#include <gtest/gtest.h>

#include <unistd.h>
#include <csignal>

namespace weir::app {
namespace {

// Signals belong to a whole process, so each case runs in one of its own.
void wait_for_stop(const Signals& signals) {
  while (!signals.stop().stop_requested()) ::usleep(1000);
}

TEST(SignalsDeathTest, TheFirstOneAsksToStopAndIsTheExitStatus) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const int signal : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          const Signals signals;
          if (signals.exit_status(7) != 7) ::_exit(1);
          ::kill(::getpid(), signal);
          wait_for_stop(signals);
          ::_exit(signals.exit_status(7));
        },
        testing::ExitedWithCode(128 + signal), "");
  }
}

TEST(SignalsDeathTest, TheSecondOneLeavesAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const Signals signals;
        ::kill(::getpid(), SIGTERM);
        wait_for_stop(signals);
        ::kill(::getpid(), SIGINT);
        for (;;) ::pause();  // a drain that hangs
      },
      testing::ExitedWithCode(130), "");
}

TEST(SignalsDeathTest, AWriteToNobodyDoesNotEndTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const Signals signals;
        ::raise(SIGPIPE);
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Signals, AProgramThatGetsNoneEndsQuietly) {
  const Signals signals;
  EXPECT_EQ(signals.received(), 0);
  EXPECT_EQ(signals.exit_status(1), 1);
}

}  // namespace
}  // namespace weir::app
