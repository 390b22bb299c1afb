// A worker that was taken over: whatever it says and writes, its parent is unharmed and it is ended for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <random>

#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/testing/harness.hpp"

namespace weir::worker {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Hostile, RubbishInTheSharedMemoryEndsItForProtocol) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 10; ++i) {
    auto process = begin();
    ASSERT_TRUE(process) << process.error().line();
    (*process)->send(order(Do::scribble, random()));
    Message message;
    std::uint64_t heard = 0;
    Received received = Received::message;
    while ((received = (*process)->receive(message, patiently())) == Received::message) {
      (*process)->send(order(Do::echo));
      ++heard;
    }
    ASSERT_EQ(received, Received::ended) << "after " << heard << " messages";
    EXPECT_EQ((*process)->end().cause, Cause::protocol) << (*process)->end().text;
  }
  EXPECT_FALSE(has_children());
}

TEST(Hostile, OneThatScribblesCanStillBeStoppedAndEnded) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::scribble, 1));
  EXPECT_EQ((*process)->end().cause, Cause::asked);
}

TEST(Hostile, AFloodIsBoundedByTheRing) {
  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::say, std::numeric_limits<std::uint64_t>::max()));
  Message message;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ((*process)->receive(message, patiently()), Received::message);
    ASSERT_EQ(message.sequence, i);
  }
  (*process)->convict("it spoke without being asked");
  EXPECT_EQ((*process)->receive(message, patiently()), Received::ended) << "what a convict says is not heard";
  EXPECT_EQ((*process)->end().cause, Cause::protocol);
}

TEST(Hostile, NoDescriptorCanBeSlippedToTheParent) {
  const std::size_t before = open_descriptors();
  auto too_many = begin(Start::two_descriptors);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().detail, "its first words make no sense");
  EXPECT_EQ(open_descriptors(), before);

  auto process = begin();
  ASSERT_TRUE(process) << process.error().line();
  (*process)->send(order(Do::send_descriptor));
  Message heard;
  ASSERT_EQ((*process)->receive(heard, patiently()), Received::message);
  EXPECT_EQ(heard.slot, static_cast<std::uint32_t>(EPIPE));
}

// What a worker says of slots goes through its parent's table; what the table refuses is what it is convicted for.
class HostileLoans : public ::testing::Test {
 protected:
  void SetUp() override {
    PoolOptions shape;
    shape.id = "test/hostile";
    shape.owner = "worker test";
    shape.slot_bytes = 4096;
    shape.capacity = 4;
    shape.shared = true;
    pool = std::move(*Pool::make(shape));
    lending = std::make_unique<Lending>(*pool);
    auto started = begin();
    ASSERT_TRUE(started) << started.error().line();
    process = std::move(*started);
    while (Lease lease = pool->try_acquire(Role::decoder)) loans.push_back(lending->lend(std::move(lease)));
  }
  // The child says it, with its own mouth.
  Loan say(Loan loan) {
    Message message = order(Do::echo);
    message.slot = loan.slot;
    message.generation = loan.generation;
    process->send(message);
    EXPECT_EQ(process->receive(message, patiently()), Received::message);
    return {message.slot, message.generation};
  }
  void convicted_for(const Error& error) {
    EXPECT_EQ(error.code, Code::corrupt);
    process->convict(error.message());
    EXPECT_EQ(process->end().cause, Cause::protocol);
    process->count_revoked(lending->revoke());
    lending.reset();
    EXPECT_EQ(pool->outstanding(), 0U);
  }
  std::unique_ptr<Pool> pool;
  std::unique_ptr<Lending> lending;
  std::unique_ptr<Process> process;
  std::vector<Loan> loans;
};

TEST_F(HostileLoans, AWrongIndex) { convicted_for(lending->share(say({4, 1}), Role::client).error()); }
TEST_F(HostileLoans, AnIndexFarAway) { convicted_for(lending->share(say({0xffffffff, 1}), Role::client).error()); }
TEST_F(HostileLoans, AForeignGeneration) {
  convicted_for(lending->take_back(say({loans[0].slot, loans[0].generation + 1})).error());
}
TEST_F(HostileLoans, ADoubleRelease) {
  EXPECT_TRUE(lending->take_back(say(loans[0])));
  convicted_for(lending->take_back(say(loans[0])).error());
}
TEST_F(HostileLoans, ASlotThatItGaveAwayAlready) {
  const auto given = lending->share(say(loans[1]), Role::client);
  EXPECT_TRUE(given);
  EXPECT_FALSE(lending->take_back(say(loans[1])));
  const auto again = lending->share(say(loans[1]), Role::client);
  EXPECT_EQ(again.error().code, Code::corrupt);
  // The readers of what it gave keep it, whatever becomes of the worker.
  process->convict(again.error().message());
  process->end();
  EXPECT_EQ(lending->revoke(), loans.size());
  EXPECT_EQ(pool->outstanding(), 1U);
}

}  // namespace
}  // namespace weir::worker
