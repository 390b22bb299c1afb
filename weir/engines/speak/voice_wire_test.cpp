#include "weir/engines/speak/voice_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace weir::speak::wire {
namespace {

using ::testing::ElementsAre;

struct Made {
  Answer answer{22050, 0, 0, 0};
  std::vector<std::byte> payload;
};
Made answer(const std::vector<Heard>& heard, const std::vector<std::int16_t>& samples) {
  Made made;
  made.answer.heard = static_cast<std::uint32_t>(heard.size());
  made.answer.samples = static_cast<std::uint32_t>(samples.size());
  const auto put = [&](std::span<const std::byte> bytes) {
    made.payload.insert(made.payload.end(), bytes.begin(), bytes.end());
  };
  put(std::as_bytes(std::span(heard)));
  put(std::as_bytes(std::span(samples)));
  return made;
}

TEST(VoiceWire, PartsAreJoinedAndEventsAreOfTheWholeText) {
  Sound sound;
  const Made first = answer({{0, 0}, {5, 2}}, {1, 2, 3}), second = answer({{3, 1}}, {4, 5});
  ASSERT_TRUE(join(first.answer, first.payload, {0, 0}, sound));
  ASSERT_TRUE(join(second.answer, second.payload, {10, 3}, sound));
  EXPECT_THAT(sound.samples, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(sound.heard, ElementsAre(Heard{0, 0}, Heard{5, 2}, Heard{13, 4}));
  EXPECT_EQ(sound.rate_hz, 22050);
}

TEST(VoiceWire, AnAnswerThatCannotBeIsRefusedWhole) {
  const Made good = answer({{0, 0}}, {1, 2});
  const auto refused = [&](auto change) {
    Made bad = good;
    change(bad);
    Sound sound{22050, {7}, {}};
    const auto joined = join(bad.answer, bad.payload, {0, 1}, sound);
    EXPECT_FALSE(joined);
    if (!joined) EXPECT_EQ(joined.error().code, Code::corrupt);
    EXPECT_THAT(sound.samples, ElementsAre(7));
    EXPECT_TRUE(sound.heard.empty());
  };
  refused([](Made& m) { m.answer.rate_hz = 0; });
  refused([](Made& m) { m.answer.rate_hz = 16000; });
  refused([](Made& m) { m.answer.samples = 3; });
  refused([](Made& m) { m.answer.samples = 0xffffffff; });
  refused([](Made& m) { m.answer.heard = 0xffffffff; });
  refused([](Made& m) { m.answer.more = 2; });
  refused([](Made& m) { m.payload.pop_back(); });
  refused([](Made& m) {
    m.answer.samples = 0;
    m.answer.more = 1;
    m.payload.resize(sizeof(Heard));
  });
}

TEST(VoiceWire, ARunEndsSomeTime) {
  const Made part = answer({}, std::vector<std::int16_t>(answer_bytes / 2));
  Sound sound;
  Result<void> joined;
  std::size_t parts = 0;
  while ((joined = join(part.answer, part.payload, {}, sound))) ASSERT_LT(++parts, 1000U);
  EXPECT_EQ(joined.error().code, Code::corrupt);
}

TEST(VoiceWire, PlacesOutsideOfTheRunAreNotBelieved) {
  Sound sound;
  const Made made = answer({{0xffffffff, 0}, {1, -1}, {1, std::int64_t{1} << 60}, {2, 1}}, {1, 2});
  ASSERT_TRUE(join(made.answer, made.payload, {}, sound));
  EXPECT_THAT(sound.heard, ElementsAre(Heard{2, 1}));
}

TEST(VoiceWire, TextsAreMadeHarmless) {
  const std::string said = "a\x1b[31m\tde\nno tab\n\tno name\nb\ten";
  EXPECT_EQ(text_of(std::as_bytes(std::span(said))).find('\x1b'), std::string::npos);
  const auto voices = voices_of(std::as_bytes(std::span(said)), "engine");
  ASSERT_EQ(voices.size(), 2U);
  EXPECT_EQ(voices[0].name, "a [31m");
  EXPECT_EQ(voices[1].name, "b");
  EXPECT_EQ(voices[1].language, "en");
  EXPECT_EQ(voices[1].engine, "engine");
}

TEST(VoiceWire, TheJobSaysNameAndLanguage) {
  for (const auto& [name, language] : {std::pair("en-us+f3", "de"), std::pair("", "en"), std::pair("", "")}) {
    const Choice choice = choice_of(job_of(name, language));
    EXPECT_EQ(choice.name, name);
    EXPECT_EQ(choice.language, language);
  }
}

}  // namespace
}  // namespace weir::speak::wire
