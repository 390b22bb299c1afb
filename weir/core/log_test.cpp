#include "weir/core/log.hpp"

#include <atomic>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/hot_path.hpp"
#include "weir/core/log_deferred.hpp"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Collected final : public LogSink {
 public:
  void write(Level level, std::string_view owner, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(to_string(level)) + " " + std::string(owner) + ": " + std::string(text));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

class Log : public testing::Test {
 protected:
  void TearDown() override { set_log_sink(nullptr); }
};

TEST_F(Log, the_default_writes_one_line_an_event_to_stderr) {
  testing::internal::CaptureStderr();
  log(Level::warn, "front", "no answer,\r\ntrying again");
  log(Level::info, "yard", "up");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warn front: no answer,  trying again\ninfo yard: up\n");
}

TEST_F(Log, a_sink_gets_level_owner_and_text) {
  Collected sink;
  set_log_sink(&sink);
  log(Level::debug, "a", "one");
  log(Level::error, "b", "two");
  set_log_sink(nullptr);
  EXPECT_THAT(sink.lines(), ElementsAre("debug a: one", "error b: two"));
}

TEST_F(Log, many_threads_lose_no_event) {
  Collected sink;
  set_log_sink(&sink);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 250; ++i) log(Level::info, "thread", "event");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sink.lines().size(), 1000u);
}

TEST_F(Log, a_replaced_sink_may_be_destroyed_at_once) {
  struct Quiet final : LogSink {
    std::atomic<int> alive{1};
    ~Quiet() override { alive.store(0); }
    void write(Level, std::string_view, std::string_view) override {
      std::this_thread::sleep_for(std::chrono::microseconds(200));  // long enough to be replaced meanwhile
      EXPECT_EQ(alive.load(), 1);
    }
  };
  Collected last;
  set_log_sink(&last);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    while (!done.load()) log(Level::info, "w", "x");
  });
  for (int i = 0; i < 50; ++i) {
    auto sink = std::make_unique<Quiet>();
    set_log_sink(sink.get());
    std::this_thread::sleep_for(std::chrono::microseconds(300));
    set_log_sink(&last);
  }
  done.store(true);
  writer.join();
}

TEST_F(Log, a_sink_that_logs_reaches_the_default_one) {
  struct Chatty final : LogSink {
    void write(Level, std::string_view, std::string_view) override { log(Level::warn, "sink", "disk full"); }
  } sink;
  set_log_sink(&sink);
  testing::internal::CaptureStderr();
  log(Level::info, "a", "b");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warn sink: disk full\n");
}

#if defined(WEIR_TEST_HOOKS)

using LogDeathTest = Log;

TEST_F(LogDeathTest, logging_in_a_hot_path_stops_a_test_build) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  HotPath path("test.logs_fatal");
  EXPECT_DEATH(
      {
        const HotPath::Scope scope(path);
        log(Level::info, "front", "inside");
      },
      "hot path.*inside");
}

class LogInHotPath : public Log {
 protected:
  void SetUp() override {
    detail::set_log_in_hot_path_fatal(false);
    set_log_sink(&sink);
  }
  void TearDown() override {
    detail::set_log_in_hot_path_fatal(true);
    Log::TearDown();
  }
  Collected sink;
};

TEST_F(LogInHotPath, an_event_is_kept_until_the_outermost_scope_has_ended_and_costs_the_path_nothing_more) {
  HotPath outer("test.logs_outer", HotPath::Kind::own, 0), inner("test.logs", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(outer);
    {
      const HotPath::Scope within(inner);
      log(Level::warn, "front", "late");
    }
    EXPECT_TRUE(sink.lines().empty());
  }
  EXPECT_THAT(sink.lines(), ElementsAre("warn front: late"));
  EXPECT_EQ(inner.report().violations, 1u);
  EXPECT_EQ(inner.report().allocations, 0u);
  EXPECT_EQ(outer.report().allocations, 0u);
}

TEST_F(LogInHotPath, what_does_not_fit_is_cut_or_counted) {
  HotPath path("test.logs_much", HotPath::Kind::own, 0);
  {
    const HotPath::Scope scope(path);
    for (int i = 0; i < 10; ++i) log(Level::info, std::string_view("front"), std::string_view("again"));
  }
  EXPECT_THAT(sink.lines(), ElementsAre("info front: again", "info front: again", "info front: again",
                                        "info front: again", HasSubstr("6 more events")));
  const std::string long_owner(300, 'o'), long_text(1000, 't');
  {
    const HotPath::Scope scope(path);
    log(Level::info, long_owner, long_text);
  }
  ASSERT_FALSE(sink.lines().empty());
  EXPECT_EQ(sink.lines().back(), "info " + long_owner.substr(0, 48) + ": " + long_text.substr(0, 240));
}

#endif

}  // namespace
}  // namespace weir
