// The engines themselves, each in its worker: the same promises for all of them.
#include "weir/engines/speak/voice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "tests/support/data.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/sandbox.hpp"
#include "weir/engines/speak/test_utterance.hpp"

namespace weir::speak {
namespace {

using test::utterance;
using ::testing::HasSubstr;

std::unique_ptr<Voice> open(const VoiceOptions& options) {
  auto voice = open_voice(options);
  if (!voice) throw std::runtime_error(voice.error().line());
  return std::move(*voice);
}

// What every speech is, whatever was said.
void expect_sound(const Speech& speech, const Utterance& said) {
  ASSERT_EQ(speech.words.size(), said.words.size()) << said.text;
  std::int64_t before = 0;
  for (const WordTime& word : speech.words) {
    ASSERT_LE(before, word.start) << said.text;
    ASSERT_LE(word.start, word.end) << said.text;
    before = word.end;
  }
  ASSERT_LE(before, static_cast<std::int64_t>(speech.samples.size())) << said.text;
}

Speech say(Voice& voice, const Utterance& said) {
  auto speech = voice.speak(said);
  if (!speech) throw std::runtime_error(speech.error().line());
  expect_sound(*speech, said);
  return std::move(*speech);
}

double seconds(const Speech& speech) {
  return speech.rate_hz == 0 ? 0 : static_cast<double>(speech.samples.size()) / speech.rate_hz;
}

worker::ProcessReport report_of(const std::string& id) {
  for (auto& report : worker::Process::report_all()) {
    if (report.id == id) return report;
  }
  return {};
}

class EveryVoice : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Voice> voice(const std::string& owner = "voice test") {
    return open({GetParam(), "", owner, std::size_t{1} << 40});
  }
};

TEST_P(EveryVoice, SpeaksAndTimesEveryWord) {
  auto v = voice();
  const Utterance said =
      utterance("We paid $1,234.50 for the re-opened shop, in 2024, and don't regret it: 3.14 is nice.");
  const Speech speech = say(*v, said);
  EXPECT_GT(seconds(speech), 3);
  EXPECT_LT(seconds(speech), 20);
  EXPECT_EQ(speech.words[0].start, 0);
  std::size_t empty = 0;
  for (const WordTime& word : speech.words) empty += word.start == word.end ? 1 : 0;
  EXPECT_EQ(empty, 0U);
  EXPECT_GT(speech.words[2].end - speech.words[2].start, speech.rate_hz) << "a long number";
  EXPECT_LT(static_cast<std::int64_t>(speech.samples.size()) - speech.words.back().end, speech.rate_hz / 50)
      << "the last word ends with the sound";
}

TEST_P(EveryVoice, SaysNothingWhereNothingIsToBeSaid) {
  auto v = voice();
  for (const char* text : {"", " ", "…", "*** — ***"}) {
    Utterance said{text, {}, {}};
    EXPECT_TRUE(say(*v, said).samples.empty()) << text;
  }
  say(*v, utterance("... --- !!!"));
  say(*v, utterance("\x01\x02 \x7f"));
  EXPECT_GT(seconds(say(*v, utterance("Still here."))), 0.3);
}

TEST_P(EveryVoice, MarkupIsTextLikeAnyOther) {
  auto v = voice();
  const double plain = seconds(say(*v, utterance("hello world")));
  EXPECT_LT(std::abs(seconds(say(*v, utterance("hello [[ world"))) - plain), 2.5);
  EXPECT_GT(seconds(say(*v, utterance("<break time='60s'/> [[h@'loU]] &amp; \\rate=3"))), 1);
  EXPECT_LT(seconds(say(*v, utterance("<break time='60s'/>"))), 30);
  EXPECT_NEAR(seconds(say(*v, utterance("hello world"))), plain, 0.1);
}

TEST_P(EveryVoice, SurvivesEveryText) {
  auto v = voice();
  for (const char* text : {"\xff\xfe\xfd", "a\xed\xa0\x80z", "\xc3", "ʇsǝʇ", "😀😀😀", "ﷺ", "ก็็็็็็็็็็", "Ω≈ç√∫˜µ≤≥÷",
                           "test\u200btest\ufeff", "NULL undefined ; -- DROP", "%s%n%x", "𝕳𝖊𝖑𝖑𝖔", "اَلْعَرَبِيَّةُ", "בְּרֵאשִׁית",
                           "田中さん", "0x7fffffffffffffff 1e309 -1"}) {
    say(*v, utterance(text));
  }
  say(*v, utterance(std::string(2000, '9')));
  say(*v, utterance(std::string(3000, 'x')));
  EXPECT_EQ(report_of("voice test").causes[static_cast<std::size_t>(worker::Cause::crash)], 0U);
}

TEST_P(EveryVoice, SurvivesTheNaughtyStrings) {
  const auto path = weir::test::data("documents/txt/blns.txt");
  if (!path) GTEST_SKIP() << weir::test::no_data("documents/txt/blns.txt");
  const std::string owner = "voice blns";
  auto v = voice(owner);
  std::ifstream file(*path);
  int lines = 0;
  const int every = std::string_view(GetParam()) == "flite:slt" ? 10 : 1;  // it is slow, and what it reads is kal's
  for (std::string line; std::getline(file, line); ++lines) {
    if (lines % every == 0) say(*v, utterance(line));
  }
  EXPECT_GT(lines, 500);
  std::uint64_t ended = 0;
  for (const auto count : report_of(owner).causes) ended += count;
  std::printf("%d lines, %d ends of the worker\n", lines, static_cast<int>(ended));
}

TEST_P(EveryVoice, FreshWorkersWithTheSameHistorySayTheSame) {
  std::vector<Speech> first, second;
  for (auto* said : {&first, &second}) {
    auto v = voice();
    for (const char* text : {"One fine day.", "Another day, another 12 things to say.", "And so on?"}) {
      said->push_back(say(*v, utterance(text)));
    }
  }
  EXPECT_TRUE(first == second);
}

TEST_P(EveryVoice, ALongTextIsSaidWholeInRuns) {
  auto v = voice();
  std::string text;
  for (int i = 0; i < 120; ++i) text += "word and ";
  const Speech speech = say(*v, utterance(text));
  EXPECT_GT(seconds(speech), 40);
  std::int64_t longest = 0;
  for (const WordTime& word : speech.words) longest = std::max(longest, word.end - word.start);
  EXPECT_LT(longest, 2 * speech.rate_hz) << "no word is stretched over what was not told";
  if (worker::sandbox_available()) EXPECT_LT(v->retained_bytes(), std::size_t{48} << 20);  // a sanitizer needs its own
}

TEST_P(EveryVoice, AStopEndsItWithinABuffer) {
  auto v = voice();
  std::stop_source stop;
  stop.request_stop();
  const auto speech = v->speak(utterance("This is not said."), stop.get_token());
  ASSERT_FALSE(speech);
  EXPECT_EQ(speech.error().code, Code::cancelled);
  say(*v, utterance("This is."));
}

TEST_P(EveryVoice, TellsWhatItHolds) {
  auto v = voice();
  say(*v, utterance("Something to be said."));
  EXPECT_GT(v->retained_bytes(), std::size_t{100} << 10);
  if (!worker::sandbox_available()) GTEST_SKIP() << "the rest is the sanitizer's";
  EXPECT_LT(v->retained_bytes(), std::size_t{32} << 20) << "or it would be replaced after every utterance";
}

TEST_P(EveryVoice, WordsThatAreNoneAreRefused) {
  auto v = voice();
  for (const std::vector<Range>& words : {std::vector<Range>{{0, 99}}, {{3, 1}}, {{2, 4}, {1, 3}}}) {
    const auto speech = v->speak({"some text", words, {}});
    ASSERT_FALSE(speech);
    EXPECT_EQ(speech.error().code, Code::invalid);
  }
}

// By energy alone, in windows of 5 ms, 40 dB below the loudest: what begins behind a tenth of a second of silence.
std::vector<double> onsets_behind_pauses(const Speech& speech) {
  const auto window = static_cast<std::size_t>(speech.rate_hz / 200);
  std::vector<double> energy, onsets;
  for (std::size_t at = 0; at + window <= speech.samples.size(); at += window) {
    double sum = 0;
    for (std::size_t s = at; s < at + window; ++s) sum += static_cast<double>(speech.samples[s]) * speech.samples[s];
    energy.push_back(sum);
  }
  const double loud = *std::max_element(energy.begin(), energy.end()) / 10'000;
  constexpr int pause = 20;
  int quiet = pause;
  for (std::size_t i = 0; i < energy.size(); ++i) {
    if (energy[i] >= loud && quiet >= pause) onsets.push_back(static_cast<double>(i * window));
    quiet = energy[i] < loud ? quiet + 1 : 0;
  }
  return onsets;
}

// 200 words behind a pause: the first of short sentences, in utterances of four.
TEST_P(EveryVoice, BeginsAWordBehindAPauseWhereItsSoundBegins) {
  const std::vector<std::string> starts{"Apples", "Boats", "Cats",   "Dogs",  "Eagles", "Farms",  "Goats",
                                        "Hills",  "Ideas", "Jokes",  "Kings", "Lamps",  "Minds",  "Notes",
                                        "Owls",   "Paths", "Queens", "Roads", "Ships",  "Tables", "Uncles",
                                        "Vines",  "Walls", "Youths", "Zebras"};
  const std::vector<std::string> ends{"come.", "go away.",   "are here.", "turn.",
                                      "stay.", "fall down.", "sing.",     "wait."};
  auto v = voice();
  int measured = 0;
  double worst_ms = 0;
  // Where a pause is shorter than that, energy cannot tell whose sound it is; few are.
  for (std::size_t i = 0; measured < 200; i += 4) {
    ASSERT_LT(i, 232U) << "too many pauses are not to be found";
    std::string text;
    std::set<std::uint32_t> first;
    for (std::size_t k = i; k < i + 4; ++k) {
      first.insert(static_cast<std::uint32_t>(text.size()));
      text += starts[k % starts.size()] + ' ' + ends[k % ends.size()] + ' ';
    }
    const Utterance said = utterance(text);
    const Speech speech = say(*v, said);
    const std::vector<double> onsets = onsets_behind_pauses(speech);
    if (onsets.size() != first.size()) continue;
    auto onset = onsets.begin();
    for (std::size_t w = 0; w < said.words.size(); ++w) {
      if (!first.contains(said.words[w].begin)) continue;
      const double off_ms = std::abs(*onset++ - static_cast<double>(speech.words[w].start)) * 1000 / speech.rate_hz;
      worst_ms = std::max(worst_ms, off_ms);
      ++measured;
      EXPECT_LE(off_ms, 60) << said.text << " word " << w;
    }
  }
  std::printf("%d onsets, worst %.1f ms\n", measured, worst_ms);
  EXPECT_EQ(measured, 200);
}

INSTANTIATE_TEST_SUITE_P(Voice, EveryVoice, ::testing::Values("", "en-us+f3", "flite:kal", "flite:kal16", "flite:slt"),
                         [](const auto& param) {
                           std::string name = *param.param == 0 ? "by_language" : param.param;
                           std::replace_if(
                               name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
                           return name;
                         });

TEST(VoiceNames, AreTakenOrRefusedWithSomeThatExist) {
  EXPECT_EQ(open({"en-gb"})->identity(), "espeak-ng en-gb");
  EXPECT_EQ(open({"flite:slt"})->identity(), "flite slt");
  EXPECT_EQ(open({"", "de"})->identity(), "espeak-ng by language, else de");
  for (const char* name : {"nobody", "en-us+nobody", "../../etc/passwd", "en-zz", "mb-en1", "+f3", "!v/f3"}) {
    const auto voice = open_voice({name});
    ASSERT_FALSE(voice) << name;
    EXPECT_EQ(voice.error().code, Code::invalid) << voice.error().line();
    EXPECT_THAT(voice.error().line(), HasSubstr("en-gb, en-us")) << name;
  }
  for (const char* name : {"flite:nobody", "flite:"}) {
    const auto voice = open_voice({name});
    ASSERT_FALSE(voice) << name;
    EXPECT_EQ(voice.error().code, Code::invalid) << voice.error().line();
    EXPECT_THAT(voice.error().line(), HasSubstr("kal16, awb"));
  }
  for (const auto& name : {std::string(1000, 'x'), std::string("en\nde")}) {
    EXPECT_EQ(open_voice({name}).error().code, Code::invalid);
  }
}

TEST(VoiceNames, AreListed) {
  const auto all = voices();
  ASSERT_TRUE(all) << all.error().line();
  const auto has = [&](const char* name, const char* engine) {
    return std::any_of(all->begin(), all->end(), [&](const auto& v) { return v.name == name && v.engine == engine; });
  };
  EXPECT_GT(all->size(), 80U);
  for (const char* name : {"en-gb", "en-us", "de", "fr-fr", "cmn", "he", "ar"})
    EXPECT_TRUE(has(name, "espeak-ng")) << name;
  for (const char* name : {"kal", "kal16", "awb", "rms", "slt"}) {
    EXPECT_TRUE(has((std::string("flite:") + name).c_str(), "flite")) << name;
  }
}

TEST(VoiceNames, EveryOneThatIsListedSpeaks) {
  const auto all = voices();
  ASSERT_TRUE(all) << all.error().line();
  for (const VoiceInfo& info : *all) {
    const auto voice = open_voice({info.name});
    ASSERT_TRUE(voice) << voice.error().line();
    EXPECT_GT(seconds(say(**voice, utterance("1 2 3 mama"))), 0.2) << info.name;
  }
}

TEST(Languages, FollowTheTextWhereNoVoiceIsNamed) {
  auto any = open({});
  auto german = open({"de"});
  const Utterance said = utterance("Ich spreche gerne lange Wörter");
  Utterance as_german = said;
  as_german.language = "de-AT";
  const Speech native = say(*german, said), followed = say(*any, as_german), english = say(*any, said);
  EXPECT_NE(followed.samples.size(), english.samples.size());
  EXPECT_NEAR(static_cast<double>(followed.samples.size()), static_cast<double>(native.samples.size()), 2000);
  // A voice by name speaks what it speaks.
  Utterance as_french = said;
  as_french.language = "fr";
  EXPECT_NEAR(static_cast<double>(say(*german, as_french).samples.size()), static_cast<double>(native.samples.size()),
              2000);
  for (const auto& [text, language] :
       {std::pair("שלום עולם", "he"), std::pair("مرحبا بالعالم", "ar"), std::pair("Γειά σου κόσμε", "el"),
        std::pair("नमस्ते दुनिया", "hi"), std::pair("こんにちは", "ja"), std::pair("你好，世界", "zh-Hans"),
        std::pair("Привет, мир", "ru"), std::pair("안녕하세요 세계", "ko")}) {
    EXPECT_GT(seconds(say(*any, utterance(text, language))), 0.4) << language;
  }
}

TEST(Languages, ThatTheEngineLacksAreUnsupported) {
  EXPECT_EQ(open_voice({"", "tlh"}).error().code, Code::unsupported);
  EXPECT_EQ(open_voice({"flite:slt", "de"}).error().code, Code::unsupported);
  auto any = open({}), flite = open({"flite:kal"});
  for (auto* voice : {&any, &flite}) {
    const auto speech = (*voice)->speak(utterance("nuqneH", "tlh"));
    ASSERT_FALSE(speech);
    EXPECT_EQ(speech.error().code, Code::unsupported) << speech.error().line();
    EXPECT_THAT(speech.error().line(), HasSubstr("tlh"));
    say(**voice, utterance("Hello there", "en-GB"));
  }
}

TEST(VoiceSandbox, ReadsItsVoicesAndNothingElse) {
  if (!worker::sandbox_available()) GTEST_SKIP() << "no sandbox in builds with a sanitizer";
  auto espeak = open({"", "", "voice boxed"}), flite = open({"flite:kal", "", "flite boxed"});
  EXPECT_THAT(report_of("voice boxed").sandbox,
              ::testing::MatchesRegex("reads only /usr/.*espeak-ng-data, no network.*"));
  EXPECT_THAT(report_of("flite boxed").sandbox, HasSubstr("no files, no network"));
}

}  // namespace
}  // namespace weir::speak
