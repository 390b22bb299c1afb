#include "weir/core/worker/call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <numeric>
#include <thread>

#include "weir/core/worker/testing/harness.hpp"

namespace weir::worker {
namespace {

using namespace std::chrono_literals;
using namespace test;

CallerOptions caller_options(const std::string& id, Start how = Start::serving) {
  CallerOptions o;
  o.process = options(id);
  o.job = {static_cast<std::byte>(how)};
  o.request_bytes = 100'000;
  o.answer_bytes = 100'000;
  o.grace = 100ms;
  return o;
}

std::unique_ptr<Caller> caller(const std::string& id, Start how = Start::serving) {
  auto made = Caller::make(caller_options(id, how));
  EXPECT_TRUE(made) << made.error().line();
  return std::move(*made);
}

Result<Reply<Answer>> ask(Caller& caller, Question question = {}, std::span<const std::byte> payload = {},
                          Instant deadline = patiently(), const std::stop_token& stop = {}) {
  return caller.call<Answer>(question, payload, deadline, stop);
}

TEST(Call, IsAnsweredInALeasedSlot) {
  auto line = caller("test/answers");
  std::vector<std::byte> payload(100'000);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::byte>(i * 7);
  for (std::uint32_t n = 0; n < 50; ++n) {
    const std::size_t size = n * 2000;
    auto reply = ask(*line, {Question::reverse, n}, std::span(payload).first(size));
    ASSERT_TRUE(reply) << reply.error().line();
    EXPECT_EQ(reply->head.number, n + 1);
    ASSERT_EQ(reply->payload().size(), size);
    EXPECT_TRUE(
        std::equal(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size), reply->payload().rbegin()));
  }
  EXPECT_EQ(report_of("test/answers").starts, 1U);
}

TEST(Call, AnErrorReachesTheCallerAsOneLine) {
  auto line = caller("test/refuses");
  const auto reply = ask(*line, {Question::refuse, 0});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::unsupported);
  EXPECT_EQ(reply.error().owner, "test/refuses");
  EXPECT_THAT(reply.error().detail, ::testing::StartsWith("not"));
  EXPECT_THAT(reply.error().detail, ::testing::Not(::testing::HasSubstr("\n")));
  EXPECT_TRUE(ask(*line)) << "the worker goes on";
  EXPECT_EQ(report_of("test/refuses").starts, 1U);
}

TEST(Call, APayloadThatIsTooLongIsRefused) {
  auto line = caller("test/long");
  const std::vector<std::byte> payload(100'001);
  EXPECT_EQ(ask(*line, {}, payload).error().code, Code::invalid);
}

TEST(Call, AnswersThatAreHeldAreNotOverwrittenAndBounded) {
  auto line = caller("test/held");
  const std::array<std::byte, 1> a{std::byte{'a'}}, b{std::byte{'b'}};
  auto first = ask(*line, {}, a);
  auto second = ask(*line, {}, b);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(ask(*line).error().code, Code::exhausted);
  EXPECT_EQ(first->payload()[0], a[0]);
  EXPECT_EQ(second->payload()[0], b[0]);
  first->lease.release();
  EXPECT_TRUE(ask(*line));
}

TEST(Call, OneThatGivesUpWhenToldIsKept) {
  CallerOptions generous = caller_options("test/gives-up");
  generous.grace = 60s;
  auto line = std::move(*Caller::make(generous));
  ASSERT_TRUE(ask(*line));
  auto late = ask(*line, {Question::wait_for_cancellation, 0}, {}, Clock::real().now() + 50ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::unreachable);
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  auto cancelled = ask(*line, {Question::wait_for_cancellation, 0}, {}, patiently(), stop.get_token());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, Code::cancelled);
  EXPECT_TRUE(ask(*line));
  EXPECT_EQ(report_of("test/gives-up").starts, 1U);
}

TEST(Call, OneThatDoesNotGiveUpIsEndedForHangingAndTheNextCallHasASuccessor) {
  auto line = caller("test/hangs");
  auto late = ask(*line, {Question::ignore_cancellation, 0}, {}, Clock::real().now() + 50ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::unreachable);
  EXPECT_TRUE(ask(*line));
  const ProcessReport report = report_of("test/hangs");
  EXPECT_EQ(report.starts, 2U);
  EXPECT_EQ(count_of(report, Cause::hang), 1U);
  EXPECT_GE(report.revoked_leases, 1U);
}

TEST(Call, ACrashFailsItsOwnCallAndTheNextOneHasASuccessor) {
  auto line = caller("test/crashes");
  auto held = ask(*line, {}, std::array<std::byte, 1>{std::byte{'x'}});
  ASSERT_TRUE(held);
  auto crashed = ask(*line, {Question::crash, 0});
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.error().code, Code::failed);
  EXPECT_EQ(crashed.error().detail, "ended by SIGSEGV");
  EXPECT_EQ(held->payload()[0], std::byte{'x'}) << "an answer outlives the worker that gave it";
  auto next = ask(*line);
  ASSERT_TRUE(next) << next.error().line();
  // One that dies between calls is replaced without anybody noticing.
  ASSERT_EQ(::kill(next->head.pid, SIGKILL), 0);
  while (report_of("test/crashes").pid != 0) std::this_thread::sleep_for(1ms);
  next->lease.release();
  EXPECT_TRUE(ask(*line));
  EXPECT_EQ(report_of("test/crashes").starts, 3U);
}

TEST(Call, ARecycledWorkerEndsAsAskedAndTheNextCallHasASuccessor) {
  auto line = caller("test/recycled");
  EXPECT_EQ(line->pid(), 0);
  const std::byte x{'x'};
  auto held = ask(*line, {}, std::span(&x, 1));
  ASSERT_TRUE(held) << held.error().line();
  EXPECT_EQ(line->pid(), held->head.pid);
  line->recycle();
  EXPECT_EQ(line->pid(), 0);
  EXPECT_EQ(held->payload()[0], x) << "an answer outlives the worker that gave it";
  line->recycle();  // nobody is there, and nothing happens
  auto next = ask(*line);
  ASSERT_TRUE(next) << next.error().line();
  EXPECT_NE(next->head.pid, held->head.pid);
  const ProcessReport report = report_of("test/recycled");
  EXPECT_EQ(report.starts, 2U);
  EXPECT_EQ(count_of(report, Cause::asked), 1U);
  EXPECT_EQ(report.revoked_leases, 0U);
}

TEST(Call, ManyCallersAreServedOneAtATime) {
  auto line = caller("test/many");
  std::atomic<int> wrong{0};
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 50; ++i) {
        const std::uint32_t number = t * 1000 + i;
        const auto payload = std::as_bytes(std::span(&number, 1));
        auto reply = ask(*line, {Question::reverse, number}, payload);
        // The others may hold both answers for a moment.
        if (!reply && reply.error().code == Code::exhausted) continue;
        if (!reply || reply->head.number != number + 1 || reply->payload()[0] != payload[3]) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Call, WaitingInLineEndsAtTheStop) {
  auto line = caller("test/line");
  std::stop_source first, second;
  std::jthread holder(
      [&] { EXPECT_FALSE(ask(*line, {Question::wait_for_cancellation, 0}, {}, patiently(), first.get_token())); });
  while (report_of("test/line").sandbox.empty()) std::this_thread::sleep_for(1ms);
  std::jthread waiter(
      [&] { EXPECT_EQ(ask(*line, {}, {}, patiently(), second.get_token()).error().code, Code::cancelled); });
  std::this_thread::sleep_for(20ms);
  second.request_stop();
  waiter.join();
  first.request_stop();
}

class HostileAnswer : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(HostileAnswer, EndsTheWorkerForProtocolAndHarmsNobody) {
  const std::string id = "test/lie" + std::to_string(GetParam());
  {
    auto line = caller(id, Start::lying);
    ASSERT_TRUE(ask(*line, {Question::reverse, 0})) << "without a lie it is believed";
    auto reply = ask(*line, {Question::reverse, GetParam()});
    if (static_cast<Lie>(GetParam()) == Lie::twice) {
      ASSERT_TRUE(reply);
      // Its second answer is found before the next question or instead of its answer.
      const auto found = ask(*line, {Question::reverse, 0});
      EXPECT_TRUE(found || found.error().code == Code::failed);
    } else {
      ASSERT_FALSE(reply);
      EXPECT_EQ(reply.error().code, Code::failed);
    }
    EXPECT_TRUE(ask(*line, {Question::reverse, 0})) << "its successor is believed again";
  }
  const ProcessReport report = report_of(id);
  EXPECT_EQ(report.starts, 2U);
  EXPECT_EQ(count_of(report, Cause::protocol), 1U) << report.last_end;
  for (const PoolReport& pool : Pool::report_all()) {
    if (pool.id.starts_with(id + "/")) {
      EXPECT_EQ(pool.outstanding, 0U) << pool.id;
      EXPECT_EQ(pool.acquired, pool.released) << pool.id;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryLie, HostileAnswer,
                         ::testing::Range(std::uint32_t{1}, static_cast<std::uint32_t>(Lie::count)));

}  // namespace
}  // namespace weir::worker
