// What goes wrong in an engine's worker: an error or the whole speech, never a shorter one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "weir/core/pool.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/engines/speak/test_utterance.hpp"
#include "weir/engines/speak/voice.hpp"

namespace weir::speak {
namespace {

using namespace std::chrono_literals;
using test::utterance;
using ::testing::HasSubstr;
using worker::Cause;

std::unique_ptr<Voice> open(const VoiceOptions& options) {
  auto voice = open_voice(options);
  if (!voice) throw std::runtime_error(voice.error().line());
  return std::move(*voice);
}

worker::ProcessReport report_of(const std::string& id) {
  for (auto& report : worker::Process::report_all()) {
    if (report.id == id) return report;
  }
  return {};
}
std::uint64_t count(const std::string& id, Cause cause) {
  return report_of(id).causes[static_cast<std::size_t>(cause)];
}

class VoiceFaults : public ::testing::TestWithParam<const char*> {
 protected:
  const std::string owner =
      std::string("voice faults ") + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  // A mark that no worker reaches, not even one with a sanitizer's memory.
  std::unique_ptr<Voice> voice(std::size_t high_water_bytes = std::size_t{1} << 40) {
    return open({GetParam(), "", owner, high_water_bytes});
  }
  Speech fresh(const Utterance& said) {
    auto speech = open({GetParam(), "", "voice fresh"})->speak(said);
    EXPECT_TRUE(speech) << speech.error().line();
    return std::move(*speech);
  }
};

TEST_P(VoiceFaults, AnEngineThatDiesThreeTimesIsAnErrorAndTheNextTextIsSaid) {
  auto v = voice();
  const auto speech = v->speak(utterance("please weir-test-crash now"));
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().code, Code::failed);
  EXPECT_THAT(speech.error().line(), HasSubstr("SIGSEGV"));
  EXPECT_EQ(count(owner, Cause::crash), 3U);
  EXPECT_TRUE(v->speak(utterance("All is well.")));
  EXPECT_EQ(report_of(owner).starts, 4U);
}

TEST_P(VoiceFaults, AnEngineThatGivesAnErrorIsAskedAgainAndThenItIsOne) {
  auto v = voice();
  const auto speech = v->speak(utterance("a weir-test-refusal here"));
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().code, Code::failed);
  EXPECT_THAT(speech.error().line(), HasSubstr("does not want to"));
  EXPECT_EQ(count(owner, Cause::asked), 3U) << "each time with a fresh worker";
  EXPECT_TRUE(v->speak(utterance("All is well.")));
}

TEST_P(VoiceFaults, AWorkerAboveItsMarkIsReplacedBetweenUtterances) {
  const Utterance leak = utterance("some weir-test-leak here"), after = utterance("And then?");
  auto v = voice(std::size_t{12} << 20);
  for (int i = 0; i < 6; ++i) {
    const auto speech = v->speak(leak);
    ASSERT_TRUE(speech) << speech.error().line();
    EXPECT_LE(v->retained_bytes(), std::size_t{12} << 20);
  }
  const worker::ProcessReport report = report_of(owner);
  EXPECT_GE(report.starts, 3U);
  EXPECT_EQ(report.causes[static_cast<std::size_t>(Cause::asked)], report.starts - (report.pid != 0 ? 1 : 0));
  EXPECT_EQ(report.revoked_leases, 0U);
}

TEST_P(VoiceFaults, AFreshWorkerSaysWhatAFreshWorkerSays) {
  auto v = voice(0);  // replaced after each
  for (const char* text : {"One of three.", "The second is longer, 22 of 3.", "At last."}) {
    const auto speech = v->speak(utterance(text));
    ASSERT_TRUE(speech) << speech.error().line();
    EXPECT_EQ(v->retained_bytes(), 0U);
    EXPECT_TRUE(*speech == fresh(utterance(text))) << text;
  }
  EXPECT_EQ(report_of(owner).starts, 3U);
}

TEST_P(VoiceFaults, AStopInTheMiddleEndsTheSpeechAndNotTheWorker) {
  auto v = voice();
  std::string text = "weir-test-slow";
  for (int i = 0; i < 40; ++i) text += " and on";
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(10ms);
    stop.request_stop();
  });
  const auto speech = v->speak(utterance(text), stop.get_token());
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().code, Code::cancelled);
  EXPECT_TRUE(v->speak(utterance("All is well.")));
  EXPECT_EQ(report_of(owner).starts, 1U) << "it gave up by itself";
}

TEST_P(VoiceFaults, WhoWaitsInLineMayGiveUp) {
  auto v = voice();
  std::string text = "weir-test-slow";
  for (int i = 0; i < 20; ++i) text += " and on";
  std::stop_source first, second;
  std::jthread speaker([&] { static_cast<void>(v->speak(utterance(text), first.get_token())); });
  std::this_thread::sleep_for(20ms);
  std::jthread waiter([&] {
    const auto speech = v->speak(utterance("Me too."), second.get_token());
    if (!speech) EXPECT_EQ(speech.error().code, Code::cancelled);
  });
  second.request_stop();
  waiter.join();
  first.request_stop();
}

TEST_P(VoiceFaults, ManyAreServedOneAtATime) {
  auto v = voice();
  std::atomic<int> whole{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const Utterance said = utterance("This is one of a few who speak.");
        const auto speech = v->speak(said);
        if (speech && speech->words.size() == said.words.size() && v->retained_bytes() > 0) ++whole;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(whole, 20);
  EXPECT_EQ(report_of(owner).starts, 1U);
}

// 100 times: killed somewhere in the middle, which the slow text makes long enough to hit.
TEST_P(VoiceFaults, KilledInTheMiddleTheSpeechIsWholeAndThatOfAFreshWorker) {
  const auto seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const std::vector<Utterance> texts{utterance("weir-test-slow one two three four, five six."),
                                     utterance("weir-test-slow there was a time, 1999, when all was well.")};
  std::vector<Speech> wanted;
  for (const Utterance& text : texts) wanted.push_back(fresh(text));
  auto v = voice();
  int kills = 0, in_the_middle = 0;
  for (int i = 0; kills < 100; ++i) {
    ASSERT_LT(i, 400);
    const std::size_t which = random() % texts.size();
    v = voice();
    const pid_t pid = report_of(owner).pid;
    std::atomic<bool> said{false};
    std::jthread killer([&, delay = random() % 40'000] {
      std::this_thread::sleep_for(std::chrono::microseconds(delay));
      if (pid != 0 && ::kill(pid, SIGKILL) == 0) ++kills;
      if (!said) ++in_the_middle;
    });
    const auto speech = v->speak(texts[which]);
    said = true;
    ASSERT_TRUE(speech) << speech.error().line();
    EXPECT_TRUE(*speech == wanted[which]);
  }
  std::printf("%d kills, %d in the middle\n", kills, in_the_middle);
  EXPECT_GT(in_the_middle, 20);
}

TEST_P(VoiceFaults, LeavesNothingBehind) {
  {
    auto v = voice();
  }
  EXPECT_EQ(report_of(owner).pid, 0);
  for (const PoolReport& pool : Pool::report_all()) {
    EXPECT_EQ(pool.outstanding, 0U) << pool.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Voice, VoiceFaults, ::testing::Values("", "flite:kal"),
                         [](const auto& param) { return std::string(*param.param == 0 ? "espeak" : "flite"); });

}  // namespace
}  // namespace weir::speak
