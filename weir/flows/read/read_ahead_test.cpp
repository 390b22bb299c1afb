#include "weir/flows/read/read_ahead.hpp"

#include <gtest/gtest.h>

#include <random>

#include "weir/core/account.hpp"
#include "weir/core/ledger.hpp"
#include "weir/flows/read/test_reading.hpp"

namespace weir::read {
namespace {

using test::Lines;
using test::number_of;
using test::Speaker;

const ReadAheadOptions usual{.ahead_s = 1, .cache_bytes = 1 << 16};

std::uint32_t next_number(ReadAhead& ahead) {
  auto next = ahead.next();
  if (!next || !*next) {
    ADD_FAILURE() << (next ? "the end" : next.error().line());
    return ~0U;
  }
  EXPECT_EQ((*next)->speech->samples.front(), static_cast<std::int16_t>(number_of((*next)->line)));
  return number_of((*next)->line);
}

// Until `what` is true; the watchdog of the test program ends what never is.
void wait_until(const std::function<bool()>& what) {
  while (!what()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(ReadAhead, LinesComeInOrderOnceAndThenTheEnd) {
  Lines lines(250);
  ReadAhead ahead(usual, lines, std::make_shared<Speaker>());
  for (std::uint32_t n = 0; n < 250; ++n) ASSERT_EQ(next_number(ahead), n);
  const auto end = ahead.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(ReadAhead, ReadsAheadByTimeAndNoFurther) {
  for (const std::size_t samples : {50, 400}) {
    Lines lines(1000);
    auto voice = std::make_shared<Speaker>();
    voice->samples = samples;
    ReadAhead ahead(usual, lines, voice);
    // One second at 1 kHz, and the line that goes beyond it.
    const std::size_t expected = (1000 + samples - 1) / samples;
    wait_until([&] { return ahead.report().lines == expected; });
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(ahead.report().lines, expected);
    EXPECT_EQ(voice->calls, static_cast<int>(expected));
    ASSERT_EQ(next_number(ahead), 0u);
    wait_until([&] { return ahead.report().lines == expected; });
  }
}

TEST(ReadAhead, WhatIsMadeForAnEarlierEpochIsNeverHandedOut) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Lines lines(5000);
  auto voice = std::make_shared<Speaker>();
  voice->callbacks = 3;
  voice->callback_time = std::chrono::microseconds(20);
  ReadAhead ahead(usual, lines, voice);
  for (int jump = 0; jump < 1000; ++jump) {
    const std::uint32_t to = random() % 4900;
    if (jump % 10 == 9) {
      auto other = std::make_shared<Speaker>("speaker " + std::to_string(jump));
      ahead.change_voice(other, {to / 100, to % 100});
    } else {
      ahead.seek({to / 100, to % 100});
    }
    for (std::uint32_t i = 0; i < random() % 4; ++i) ASSERT_EQ(next_number(ahead), to + i) << "jump " << jump;
  }
  EXPECT_EQ(ahead.report().epoch, 1000u);
  EXPECT_GT(ahead.report().stale, 0u);
}

TEST(ReadAhead, AJumpStopsTheEngineAtItsNextCallback) {
  Lines lines(1000);
  auto voice = std::make_shared<Speaker>();
  voice->callbacks = 1 << 20;  // for ever, as far as this test is concerned
  voice->callback_time = std::chrono::milliseconds(1);
  ReadAhead ahead(usual, lines, voice);
  wait_until([&] { return voice->calls == 1; });
  ahead.seek({5, 0});
  wait_until([&] { return voice->cancelled == 1 && voice->calls == 2; });
  ahead.stop();
  EXPECT_EQ(voice->cancelled, 2);
  // Which is not the end of the text.
  const auto stopped = ahead.next();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::cancelled);
}

TEST(ReadAhead, AnErrorIsNoEndAndTheNextJumpBeginsAnew) {
  Lines lines(1000);
  auto voice = std::make_shared<Speaker>();
  std::atomic<bool> broken{true};
  voice->fails = [&](const std::string& text) { return broken && text == "line 3"; };
  ReadAhead ahead(usual, lines, voice);
  for (std::uint32_t n = 0; n < 3; ++n) ASSERT_EQ(next_number(ahead), n);
  const auto failed = ahead.next();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::failed);
  broken = false;
  ahead.seek({0, 3});
  EXPECT_EQ(next_number(ahead), 3u);
}

TEST(ReadAhead, WhatWasSaidBeforeIsNotMadeAgain) {
  Lines lines(5);
  auto voice = std::make_shared<Speaker>();
  ReadAhead ahead(usual, lines, voice);
  for (int time = 0; time < 3; ++time) {
    for (std::uint32_t n = 0; n < 5; ++n) ASSERT_EQ(next_number(ahead), n);
    ahead.seek({0, 0});
  }
  EXPECT_EQ(voice->calls, 5);
  ahead.change_voice(std::make_shared<Speaker>("another"), {0, 0});
  EXPECT_EQ(next_number(ahead), 0u);
  EXPECT_EQ(voice->calls, 5);
}

// A quotation in a language that nobody speaks does not end the book; a book in one does.
TEST(ReadAhead, WhatTheVoiceDoesNotSpeakIsSaidInTheBooksLanguage) {
  class Quoting final : public LineSource {
   public:
    Result<std::optional<Line>> next(const std::stop_token&) override {
      Line line = test::line_of(next_++);
      line.spoken.utterance.language = next_ % 2 == 0 ? "sa" : "en";
      return line;
    }
    void seek(documents::Position) override {}

   private:
    std::uint32_t next_ = 0;
  };
  for (const std::string language : {"en", "", "sa"}) {
    Quoting lines;
    ReadAheadOptions options = usual;
    options.language = language;
    ReadAhead ahead(options, lines, std::make_shared<Speaker>());
    EXPECT_EQ(next_number(ahead), 0u);
    const auto quoted = ahead.next();
    EXPECT_EQ(quoted.has_value(), language != "sa");
    if (!quoted) EXPECT_EQ(quoted.error().code, Code::unsupported);
  }
}

TEST(ReadAhead, StoppingAnAskerEndsItsWaitAndNothingElse) {
  Lines lines(10);
  auto voice = std::make_shared<Speaker>();
  voice->callbacks = 1 << 20;
  voice->callback_time = std::chrono::milliseconds(1);
  ReadAhead ahead(usual, lines, voice);
  std::stop_source asker;
  std::jthread stopper([&] { asker.request_stop(); });
  const auto stopped = ahead.next(asker.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::cancelled);
  EXPECT_EQ(voice->cancelled, 0);
}

// What reading took is given back when it stops: live bytes of its account, before and after.
TEST(ReadAhead, GivesItsMemoryBackWhenItStops) {
  Ledger ledger;
  Lines lines(5000);
  auto voice = std::make_shared<Speaker>();
  voice->samples = 20000;
  const auto live = [&] {
    ledger.decay();
    return ledger.sample(0).accounts["speech"].live;
  };
  {
    ReadAhead warm({.ahead_s = 60, .cache_bytes = 8 << 20}, lines, voice);
  }
  const std::uint64_t before = live();
  ReadAhead ahead({.ahead_s = 60, .cache_bytes = 8 << 20}, lines, voice);
  for (int n = 0; n < 200; ++n) next_number(ahead);
  const std::uint64_t during = live();
  ahead.stop();
  const std::uint64_t after = live();
  if (during == 0) GTEST_SKIP() << "no allocator that counts, as under sanitizers";
  EXPECT_GT(during, before + (2 << 20));
  EXPECT_LE(after, before + before / 10 + 4096);
}

}  // namespace
}  // namespace weir::read
