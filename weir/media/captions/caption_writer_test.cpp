#include "weir/media/captions/caption_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "weir/media/captions/caption_lines.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;

constexpr int rate_hz = 22'050;

struct Said {
  std::string text;
  std::int64_t start, end;
  std::vector<TimedWord> words;
};

// A sentence whose words are what stands between blanks, a third of a second each, from `start` on.
Said said(const std::string& text, std::int64_t start) {
  Said out{text, start, start, {}};
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    at = std::min(text.find(' ', begin), text.size());
    out.words.push_back(
        {{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at)}, out.end, out.end + rate_hz / 3 - 100});
    out.end += rate_hz / 3;
  }
  return out;
}

std::string written(const std::filesystem::path& path, const std::vector<Said>& sentences,
                    const CaptionInfo& info = {}) {
  auto writer = CaptionWriter::create(path, rate_hz, info);
  EXPECT_TRUE(writer) << writer.error().line();
  for (const Said& s : sentences) EXPECT_TRUE((*writer)->sentence(s.text, s.start, s.end, s.words));
  EXPECT_TRUE((*writer)->commit());
  const auto bytes = test::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::int64_t ms_of(const std::string& clock) {
  return std::stoll(clock) * 3'600'000 + std::stoll(clock.substr(clock.size() - 9, 2)) * 60'000 +
         std::stoll(clock.substr(clock.size() - 6, 2)) * 1000 + std::stoll(clock.substr(clock.size() - 3));
}

struct Cue {
  std::int64_t from, to;
  std::vector<std::string> lines;
};

// Strict about what it reads: numbers, line ends, empty lines.
std::vector<Cue> parsed_cues(const std::string& file, bool srt) {
  const std::string end = srt ? "\r\n" : "\n";
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t to = file.find(end, at);
    EXPECT_NE(to, std::string::npos);
    if (to == std::string::npos) break;
    lines.push_back(file.substr(at, to - at));
    at = to + end.size();
  }
  std::vector<Cue> cues;
  std::size_t i = 0;
  if (!srt) {
    EXPECT_EQ(lines.at(0), "WEBVTT");
    EXPECT_EQ(lines.at(1), "");
    i = 2;
  }
  const std::regex times(srt ? R"((\d{2,}:\d\d:\d\d,\d{3}) --> (\d{2,}:\d\d:\d\d,\d{3}))"
                             : R"((\d{2,}:\d\d:\d\d\.\d{3}) --> (\d{2,}:\d\d:\d\d\.\d{3}))");
  while (i < lines.size()) {
    if (srt) EXPECT_EQ(lines.at(i++), std::to_string(cues.size() + 1));
    std::smatch match;
    EXPECT_TRUE(std::regex_match(lines.at(i), match, times)) << lines.at(i);
    if (match.empty()) break;
    cues.push_back({ms_of(match[1]), ms_of(match[2]), {}});
    for (++i; i < lines.size() && !lines[i].empty(); ++i) cues.back().lines.push_back(lines[i]);
    ++i;
  }
  return cues;
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string without_times(const std::string& text) { return std::regex_replace(text, std::regex("<[0-9:.]+>"), ""); }

std::string joined(const std::vector<Cue>& cues) {
  std::string all;
  for (const Cue& cue : cues) {
    for (const std::string& line : cue.lines) all += (all.empty() ? "" : " ") + line;
  }
  return all;
}

void expect_in_order(const std::vector<Cue>& cues) {
  std::int64_t last = 0;
  for (const Cue& cue : cues) {
    EXPECT_GE(cue.from, last);
    EXPECT_GT(cue.to, cue.from);
    EXPECT_LE(cue.lines.size(), 2u);
    EXPECT_GE(cue.lines.size(), 1u);
    for (const std::string& line : cue.lines) EXPECT_LE(characters(without_times(line)), 42u) << line;
    last = cue.to;
  }
}

const char* const long_sentence =
    "It was the kind of morning on which nobody says a word, neither the men at the boats nor the women who mended "
    "their nets on the wall, and on which even the gulls had decided to wait.";

TEST(CaptionWriter, SrtComesBackWhole) {
  const Scratch scratch;
  const auto first = said("A short one.", rate_hz);
  const auto second = said(long_sentence, first.end + rate_hz);
  const auto cues = parsed_cues(written(scratch / "a.srt", {first, second}), true);
  expect_in_order(cues);
  EXPECT_EQ(joined(cues), first.text + " " + second.text);
  ASSERT_GE(cues.size(), 4u);
  EXPECT_EQ(cues[0].from, 1000);
  EXPECT_EQ(cues[0].to, 2000);
  EXPECT_EQ(cues[1].from, 3000);
  EXPECT_EQ(cues.back().to, (second.end * 1000) / rate_hz);
  // Each cue begins with the word that it begins with.
  std::size_t word = 0;
  for (std::size_t i = 1; i < cues.size(); ++i) {
    EXPECT_EQ(cues[i].from, second.words.at(word).start * 1000 / rate_hz);
    if (i > 1) EXPECT_EQ(cues[i].from, cues[i - 1].to);
    for (const std::string& line : cues[i].lines) {
      word += static_cast<std::size_t>(std::count(line.begin(), line.end(), ' ')) + 1;
    }
  }
}

TEST(CaptionWriter, VttHasTheTimeOfEachWord) {
  const Scratch scratch;
  const auto one = said("Salt & <pepper> --> done", 0);
  const auto file = written(scratch / "a.vtt", {one});
  EXPECT_EQ(file,
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.666\n"
            "Salt <00:00:00.333>&amp; <00:00:00.666>&lt;pepper&gt; <00:00:01.000>--&gt; <00:00:01.333>done\n\n");
  const auto cues = parsed_cues(written(scratch / "b.vtt", {said(long_sentence, 500)}), false);
  expect_in_order(cues);
  EXPECT_EQ(without_times(joined(cues)), long_sentence);
}

TEST(CaptionWriter, LrcHasTheTimeOfEachWord) {
  const Scratch scratch;
  const auto one = said("One two, three.", 75 * rate_hz);
  const auto two = said("שלום עולם", one.end + rate_hz);
  const auto file = written(scratch / "a.lrc", {one, two}, {"The\nTitle", "Someone"});
  EXPECT_EQ(file,
            "[ti:The Title]\n[ar:Someone]\n[length:    1:17]\n"
            "[01:15.00]<01:15.00>One <01:15.33>two, <01:15.66>three.<01:16.00>\n"
            "[01:17.00]<01:17.00>שלום <01:17.33>עולם<01:17.66>\n");
}

TEST(CaptionWriter, LongScriptsWithoutBlanksAreCutBeforeWords) {
  const Scratch scratch;
  std::string text;
  std::vector<TimedWord> words;
  for (std::uint32_t i = 0; i < 100; ++i) {
    words.push_back({{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(text.size() + 6)},
                     i * rate_hz / 2,
                     (i + 1) * rate_hz / 2});
    text += "漢字";
  }
  const auto cues = parsed_cues(written(scratch / "a.srt", {{text, 0, 50 * rate_hz, words}}), true);
  expect_in_order(cues);
  std::string all;
  for (const Cue& cue : cues) {
    for (const std::string& line : cue.lines) {
      EXPECT_EQ(line.size() % 6, 0u) << line;
      all += line;
    }
  }
  EXPECT_EQ(all, text);
  EXPECT_EQ(cues.at(1).from, 21'000) << "42 words of two characters before it, half a second each";
}

TEST(CaptionWriter, AWordLongerThanALineIsCut) {
  const Scratch scratch;
  const std::string text = "See https://example.org/" + std::string(200, 'x') + "ä now";
  const auto one = said(text, 0);
  const auto cues = parsed_cues(written(scratch / "a.srt", {one}), true);
  expect_in_order(cues);
  std::string all = joined(cues), bare = text;
  std::erase(all, ' ');
  std::erase(bare, ' ');
  EXPECT_EQ(all, bare);
}

TEST(CaptionWriter, WithoutWordsTimesAreEven) {
  const Scratch scratch;
  const auto cues = parsed_cues(written(scratch / "a.srt", {{long_sentence, 0, 10 * rate_hz, {}}}), true);
  expect_in_order(cues);
  EXPECT_EQ(joined(cues), long_sentence);
  std::size_t before = 0;
  for (const Cue& cue : cues) {
    EXPECT_NEAR(cue.from, static_cast<double>(10'000 * before) / static_cast<double>(std::string(long_sentence).size()),
                1);
    for (const std::string& line : cue.lines) before += line.size() + 1;
  }
}

// Whatever the times are, what comes out is in order and nothing is lost.
TEST(CaptionWriter, WildTimesStayInOrder) {
  const Scratch scratch;
  const std::uint32_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<Said> sentences;
    std::string all;
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (auto words = random() % 30 + 1; words > 0; --words) {
        text += (text.empty() ? "" : " ") + std::string(random() % 12 + 1, static_cast<char>('a' + random() % 26));
      }
      auto one = said(text, static_cast<std::int64_t>(random() % 100'000));
      for (TimedWord& word : one.words) {
        if (random() % 3 == 0) word.start = static_cast<std::int64_t>(random() % 1'000'000);
        if (random() % 3 == 0) word.end = static_cast<std::int64_t>(random() % 1'000'000);
      }
      if (random() % 3 == 0) one.end = static_cast<std::int64_t>(random() % 100'000);
      all += (all.empty() ? "" : " ") + text;
      sentences.push_back(std::move(one));
    }
    const auto srt = parsed_cues(written(scratch / "a.srt", sentences), true);
    expect_in_order(srt);
    EXPECT_EQ(joined(srt), all);
    const auto file = written(scratch / "a.vtt", sentences);
    const auto vtt = parsed_cues(file, false);
    expect_in_order(vtt);
    EXPECT_EQ(without_times(joined(vtt)), all);
    const std::regex stamp("<([0-9:.]+)>");
    for (const Cue& cue : vtt) {
      std::int64_t last = cue.from;
      for (const std::string& line : cue.lines) {
        for (std::sregex_iterator at(line.begin(), line.end(), stamp); at != std::sregex_iterator(); ++at) {
          EXPECT_GT(ms_of((*at)[1]), last);
          last = ms_of((*at)[1]);
        }
      }
      EXPECT_LT(last, cue.to);
    }
    const auto lrc = written(scratch / "a.lrc", sentences);
    std::string before;
    const std::regex mark(R"([\[<](\d\d+:\d\d\.\d\d)[\]>])");
    for (std::sregex_iterator at(lrc.begin(), lrc.end(), mark); at != std::sregex_iterator(); ++at) {
      const std::string time = std::string(16 - static_cast<std::size_t>(at->length(1)), '0') + (*at)[1].str();
      EXPECT_GE(time, before);
      before = time;
    }
  }
}

TEST(CaptionWriter, TheOldFileStaysUntilTheNewOneIsWhole) {
  const Scratch scratch;
  for (const char* name : {"a.srt", "a.vtt", "a.lrc"}) {
    const auto before = written(scratch / name, {said("The old one.", 0)});
    const auto text = said(long_sentence, 0);
    {
      auto abandoned = CaptionWriter::create(scratch / name, rate_hz);
      ASSERT_TRUE(abandoned);
      ASSERT_TRUE((*abandoned)->sentence(text.text, text.start, text.end, text.words));
    }
    {
      const test::FileSizeLimit limit(50'000);
      auto writer = CaptionWriter::create(scratch / name, rate_hz);
      ASSERT_TRUE(writer);
      Result<void> done;
      for (int i = 0; i < 1000 && done; ++i) done = (*writer)->sentence(text.text, text.start, text.end, text.words);
      if (done) done = (*writer)->commit();
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, Code::exhausted);
    }
    const auto bytes = test::read_file(scratch / name);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), before);
    EXPECT_FALSE(std::filesystem::exists(scratch / (std::string(name) + ".part")));
  }
}

TEST(CaptionWriter, RefusesOtherEndings) {
  const Scratch scratch;
  const auto writer = CaptionWriter::create(scratch / "a.sub", rate_hz);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, Code::invalid);
  EXPECT_TRUE(std::filesystem::is_empty(scratch / ""));
}

}  // namespace
}  // namespace weir::media
