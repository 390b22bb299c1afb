// weir read, the whole program: what it says, when, into which files, and what becomes of it when its parts die.
#include <signal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/data.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sound_files.hpp"

namespace {

using namespace weir::test;
using testing::ElementsAreArray;
using testing::HasSubstr;
using Json = nlohmann::json;
namespace fs = std::filesystem;

struct SaidWord {
  std::string word, source;
  std::int64_t start = 0, end = 0;
  int chapter = 0, paragraph = 0, sentence = 0;
};

std::vector<SaidWord> read_dump(std::istream& in) {
  std::vector<SaidWord> out;
  std::string line;
  while (std::getline(in, line)) {
    const Json j = Json::parse(line);
    out.push_back({j.at("word"), j.at("source"), j.at("start"), j.at("end"), j.at("chapter"), j.at("paragraph"),
                   j.at("sentence")});
  }
  return out;
}

std::vector<std::string> texts(const std::vector<SaidWord>& words) {
  std::vector<std::string> out;
  for (const SaidWord& one : words) out.push_back(one.word);
  return out;
}

// Each starts where or after the one before ended, and ends within the sound; the last one ends with it.
void expect_timed(const std::vector<SaidWord>& words, std::int64_t length) {
  std::int64_t at = 0;
  for (const SaidWord& one : words) {
    ASSERT_GE(one.start, at) << one.word << " of paragraph " << one.paragraph;
    ASSERT_GE(one.end, one.start) << one.word;
    at = one.end;
  }
  EXPECT_EQ(at, length);
}

// Of a text of ASCII letters, digits and punctuation between words: what a person would count as words.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    const auto first = std::find_if(word.begin(), word.end(), letter);
    const auto last = std::find_if(word.rbegin(), word.rend(), letter).base();
    if (first < last) out.emplace_back(first, last);
  }
  return out;
}

// Sentences of made-up words, the same for the same seed.
std::string prose(unsigned seed, int sentences) {
  static const std::vector<std::string> known = {"river", "level", "water",  "under", "bridge", "stone", "morning",
                                                 "boat",  "slow",  "garden", "after", "window", "light", "paper"};
  std::mt19937 random(seed);
  std::string out;
  for (int s = 0; s < sentences; ++s) {
    const unsigned words = 4 + random() % 12;
    for (unsigned w = 0; w < words; ++w) {
      std::string word = known[random() % known.size()];
      if (w == 0) word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
      out += word + (w + 1 == words ? ". " : random() % 7 == 0 ? ", " : " ");
    }
    if (random() % 4 == 0) out += "\n\n";
  }
  return out;
}

// The workers of a program that have this name, now.
std::vector<pid_t> workers_of(pid_t program, const std::string& name) {
  std::vector<pid_t> out;
  std::error_code gone;  // threads and processes end while this looks
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(program) + "/task", gone)) {
    std::ifstream list(task.path() / "children");
    for (pid_t child = 0; list >> child;) {
      const fs::path exe = fs::read_symlink("/proc/" + std::to_string(child) + "/exe", gone);
      if (exe.filename() == name) out.push_back(child);
    }
  }
  return out;
}

class Read : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir") && program("weir-read")) << "weir was not built"; }

  static Command command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program("weir")->string(), "read"});
    return {.argv = std::move(arguments)};
  }
  static Outcome read(std::vector<std::string> arguments) { return run(command(std::move(arguments))); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch / name, std::ios::binary) << text;
    return (scratch / name).string();
  }
  std::string path(const std::string& name) const { return (scratch / name).string(); }
  std::vector<SaidWord> dump(const std::string& name) const {
    std::ifstream in(scratch / name);
    EXPECT_TRUE(in) << name;
    return read_dump(in);
  }
  Json report(const std::string& name = "r.json") const {
    std::ifstream file(scratch / name);
    return Json::parse(file);
  }
  static std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void expect_one_line(const Outcome& outcome, int exit_code, const std::string& what) {
    EXPECT_EQ(outcome.exit_code, exit_code) << what << ": " << outcome.line();
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << what << ": " << outcome.err;
    EXPECT_THAT(outcome.err, testing::StartsWith("weir read: ")) << what;
  }
  // The text of an SRT file with its numbers, without its times: a fresh engine is some milliseconds beside another.
  static std::string cues_of(const fs::path& srt) {
    std::istringstream in(contents(srt));
    std::string out;
    for (std::string line; std::getline(in, line);) {
      if (line.find("-->") == std::string::npos) out += line + '\n';
    }
    return out;
  }
  std::set<std::string> files_in(const std::string& folder) const {
    std::set<std::string> out;
    for (const auto& entry : fs::directory_iterator(scratch / folder)) out.insert(entry.path().filename().string());
    return out;
  }

  // Kills the workers of that name so many times while it runs, a random while after they began.
  static Outcome read_and_kill(std::vector<std::string> arguments, const std::string& name, int kills, int& killed) {
    std::mt19937 random(11);
    Process process(command(std::move(arguments)));
    pid_t former = 0;
    for (killed = 0; killed < kills && process.running();) {
      const auto workers = workers_of(process.pid(), name);
      if (workers.empty() || workers.front() == former) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));
        continue;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5 + random() % 40));
      former = workers.front();
      if (::kill(former, SIGKILL) == 0) ++killed;
    }
    return process.wait();
  }

  ScratchDir scratch;
};

TEST_F(Read, SaysEveryWordInOrderAndInTime) {
  const std::string text = prose(1, 60);
  const Outcome outcome = read({write("a.txt", text), "--out", path("a.wav"), "--dump", path("a.jsonl")});
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  const auto words = dump("a.jsonl");
  EXPECT_THAT(texts(words), ElementsAreArray(words_of(text)));
  const Sound sound = read_sound(scratch / "a.wav");
  EXPECT_EQ(sound.channels, 1);
  expect_timed(words, static_cast<std::int64_t>(sound.frames()));
  // And the place of each is where it stands in the file.
  for (const SaidWord& one : words) {
    unsigned begin = 0, end = 0;
    ASSERT_EQ(std::sscanf(one.source.c_str(), "bytes %u-%u", &begin, &end), 2) << one.source;
    ASSERT_EQ(text.substr(begin, end - begin), one.word);
  }
}

TEST_F(Read, ASpeedIsHeardAndThePauseShrinksAlong) {
  const std::string book = write("a.txt", prose(2, 12));
  std::map<std::string, double> seconds;
  for (const std::string speed : {"0.5", "1", "3"}) {
    const Outcome outcome =
        read({book, "--speed", speed, "--out", path(speed + ".wav"), "--dump", path(speed + ".jsonl")});
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    const Sound sound = read_sound(scratch / (speed + ".wav"));
    seconds[speed] = static_cast<double>(sound.frames()) / sound.rate_hz;
    expect_timed(dump(speed + ".jsonl"), static_cast<std::int64_t>(sound.frames()));
  }
  EXPECT_NEAR(seconds["0.5"] / seconds["1"], 2, 0.06);
  EXPECT_NEAR(seconds["1"] / seconds["3"], 3, 0.09);
}

TEST_F(Read, WritesEveryFormatAsLongAsItsLastWord) {
  const std::string book = write("a.md", "# One\n\n" + prose(3, 6) + "\n\n# Two\n\n" + prose(4, 6));
  for (const std::string ending : {"wav", "flac", "opus", "mp3"}) {
    const Outcome outcome = read({book, "--out", path("a." + ending), "--dump", path("a.jsonl")});
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    const Sound sound = read_sound(scratch / ("a." + ending));
    expect_timed(dump("a.jsonl"), static_cast<std::int64_t>(sound.frames()));
    EXPECT_GT(*std::max_element(sound.samples.begin(), sound.samples.end()), 0.1F) << ending;
  }
}

TEST_F(Read, StandardOutputIsWavAndEverythingElseIsSaidOnStandardError) {
  const std::string book = write("a.txt", "Hello there. How are you?");
  const Outcome file = read({book, "--out", path("a.wav")});
  ASSERT_TRUE(file.ok()) << file.line();
  EXPECT_THAT(file.out, HasSubstr("5 words"));
  const Outcome pipe = read({book, "--out", "-"});
  ASSERT_TRUE(pipe.ok()) << pipe.line();
  // Only lengths may differ, which a pipe's header cannot know.
  const auto samples = [](const std::string& wav) { return wav.substr(wav.find("data") + 8); };
  EXPECT_EQ(pipe.out.substr(0, 4), "RIFF");
  EXPECT_TRUE(samples(pipe.out) == samples(contents(scratch / "a.wav")));
  EXPECT_THAT(pipe.err, HasSubstr("5 words"));
}

TEST_F(Read, BeginsWhereItIsTold) {
  const std::string book = write("a.md", "# One\n\nFirst here.\n\n# Two\n\nSecond here.\n\nThird here.\n");
  const auto said_from = [&](const std::string& from) {
    const Outcome outcome = read({book, "--from", from, "--dump", path("a.jsonl")});
    EXPECT_TRUE(outcome.ok()) << outcome.line();
    return texts(dump("a.jsonl"));
  };
  EXPECT_THAT(said_from("2"), testing::ElementsAre("Two", "Second", "here", "Third", "here"));
  EXPECT_THAT(said_from("2:3"), testing::ElementsAre("Third", "here"));
  expect_one_line(read({book, "--from", "9", "--dump", path("b.jsonl")}), 1, "no such chapter");
  EXPECT_FALSE(fs::exists(scratch / "b.jsonl"));
  for (const std::string from : {"0", "x", "2:", "2:0", "2:3:4", "-1"}) {
    expect_one_line(read({book, "--from=" + from, "--dump", path("b.jsonl")}), 2, from);
  }
}

TEST_F(Read, AFolderHasAFilePerChapterAndAnInterruptedRunGoesOn) {
  std::string text;
  for (int chapter = 1; chapter <= 12; ++chapter) {
    text += "# Part " + std::to_string(chapter) + "\n\n" + prose(static_cast<unsigned>(chapter), 40) + "\n\n";
  }
  const std::string book = write("a.md", text);
  const std::string whole = path("whole") + "/", torn = path("torn") + "/";
  ASSERT_TRUE(read({book, "--out", whole, "--set", "read.chapter_format=wav", "--subtitles", ".srt"}).ok());
  std::set<std::string> expected = {".weir-read"};
  for (int chapter = 1; chapter <= 12; ++chapter) {
    char name[32];
    std::snprintf(name, sizeof name, "%02d Part %d", chapter, chapter);
    expected.insert(std::string(name) + ".wav");
    expected.insert(std::string(name) + ".srt");
  }
  EXPECT_EQ(files_in("whole"), expected);

  // Killed again and again, at any moment: in the end the same files are there, and nothing was said twice.
  const std::vector<std::string> arguments = {
      book, "--out", torn, "--set", "read.chapter_format=wav", "--subtitles", ".srt", "--report", path("r.json")};
  std::mt19937 random(5);
  int kills = 0;
  for (bool ended = false; !ended;) {
    Process process(command(arguments));
    // A while in which some chapters are made; less in the beginning.
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + random() % (20 * (kills + 1))));
    if (kills < 40) process.send(SIGKILL);
    const Outcome outcome = process.wait();
    ended = outcome.ok();
    ++kills;
  }
  EXPECT_EQ(files_in("torn"), expected);
  EXPECT_GT(report()["books"][0]["chapters_kept"], 0) << "no run was interrupted behind its first chapter";
  for (const std::string& name : expected) {
    if (!name.ends_with(".srt")) continue;
    EXPECT_EQ(cues_of(fs::path(torn) / name), cues_of(fs::path(whole) / name)) << name;
  }
  ASSERT_TRUE(read(arguments).ok());
  EXPECT_EQ(report()["books"][0]["chapters_kept"], 12);
  EXPECT_EQ(report()["books"][0]["words"], 0);
  // Another manner is another sound: nothing is kept.
  auto faster = arguments;
  faster.insert(faster.end(), {"--speed", "2"});
  ASSERT_TRUE(read(faster).ok());
  EXPECT_EQ(report()["books"][0]["chapters_kept"], 0);
}

TEST_F(Read, ASignalLeavesWhatWasThereAsItWas) {
  const std::string book = write("a.txt", prose(6, 20000));
  write("a.wav", "something else");
  for (const auto& [signal, status] : {std::pair(SIGINT, 130), std::pair(SIGTERM, 143)}) {
    Process process(command({book, "--out", path("a.wav"), "--dump", path("a.jsonl"), "--report", path("r.json")}));
    while (process.running() && !fs::exists(scratch / "a.wav.part")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.send(signal);
    const Outcome outcome = process.wait();
    EXPECT_EQ(outcome.exit_code, status) << outcome.line();
    EXPECT_EQ(contents(scratch / "a.wav"), "something else");
    EXPECT_FALSE(fs::exists(scratch / "a.jsonl"));
    EXPECT_FALSE(fs::exists(scratch / "a.wav.part"));
    EXPECT_EQ(report()["books"][0]["state"], "stopped");
  }
}

TEST_F(Read, WrongCommandLinesAreOneLineAndStatusTwo) {
  const std::string book = write("a.txt", "Hello.");
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {book},
      {book, "--out", path("a.ogv")},
      {book, "--out", path("a")},
      {book, "--out", path("a.wav"), "--speed", "9"},
      {book, "--out", path("a.wav"), "--voice", "nobody"},
      {book, "--out", path("a.wav"), "--voice", "flite:nobody"},
      {book, "--out", path("a.wav"), "--subtitles", path("a.txt")},
      {book, "--out", path("a.epub"), "--subtitles", path("a.srt")},
      {book, "--out", "-", "--dump", "-"},
      {book, "--out", path("a.wav"), "--set", "read.dictionary=" + path("none.txt")},
      {book, "--out", path("a.wav"), "--set", "read.dictionry=x"},
  };
  for (const auto& arguments : wrong) {
    std::string what;
    for (const auto& one : arguments) what += one + ' ';
    expect_one_line(read(arguments), 2, what);
  }
}

TEST_F(Read, WhatCannotBeReadIsOneLineAndStatusOne) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"empty.txt", ""},
      {"blank.txt", " \n\n \t\n"},
      {"rubbish.epub", "PK\3\4 no zip at all"},
      {"rubbish.pdf", "%PDF-1.4"},
      {"rubbish.docx", "\xD0\xCF\x11\xE0"},
      {"dots.txt", "... !!! --- ***"},
      {"empty.epub", ""},
      {"empty.pdf", ""},
  };
  for (const auto& [name, text] : bad) {
    expect_one_line(read({write(name, text), "--out", path("x.wav")}), 1, name);
    EXPECT_FALSE(fs::exists(scratch / "x.wav")) << name;
  }
  expect_one_line(read({path("none.txt"), "--out", path("x.wav")}), 1, "no such file");
  expect_one_line(read({scratch.path().string(), "--out", path("x.wav")}), 1, "a folder");
  expect_one_line(read({write("a.txt", "Hello."), "--out", path("none/x.wav")}), 1, "no such folder");
}

TEST_F(Read, ReportsWhoHoldsItsMemory) {
  const std::string book = write("a.txt", prose(7, 3000));
  ASSERT_TRUE(read({book, "--out", path("a.wav"), "--report", path("r.json")}).ok());
  const Json r = report();
  EXPECT_EQ(r["flow"], "read");
  const Json& b = r["books"][0];
  EXPECT_EQ(b["state"], "ended");
  EXPECT_EQ(b["words"], words_of(prose(7, 3000)).size());
  EXPECT_GT(b["first_sound_ms"], 0);
  for (const char* owner : {"text", "layout", "audio_cache", "timings", "queue", "document_worker", "voice_worker",
                            "engine_retained", "unaccounted"}) {
    EXPECT_TRUE(b["memory"].contains(owner)) << owner;
  }
  EXPECT_LE(b["ahead"]["cache"]["peak_bytes"], 8 << 20);
  for (const Json& pool : r["pools"]) EXPECT_EQ(pool["outstanding"], 0) << pool;
  for (const Json& one : r["exclusive"]) EXPECT_LE(one["max_inside"], 1) << one;
  std::set<std::string> workers;
  for (const Json& worker : r["workers"]) workers.insert(worker["id"]);
  EXPECT_THAT(workers, testing::IsSupersetOf({"document", "voice"}));
}

TEST_F(Read, SubtitlesAndListOfChaptersGoWithTheSound) {
  const std::string book = write("a.md", "# One\n\n" + prose(3, 6) + "\n\n# Two\n\n" + prose(4, 6));
  for (const std::string ending : {"srt", "vtt", "lrc"}) {
    const Outcome outcome =
        read({book, "--out", path("a.m4b"), "--subtitles", path("a." + ending), "--dump", path("a.jsonl")});
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    EXPECT_GT(fs::file_size(scratch / ("a." + ending)), 100u);
  }
  const Outcome probe = run(
      {.argv = {"ffprobe", "-v", "error", "-print_format", "json", "-show_chapters", "-show_format", path("a.m4b")}});
  ASSERT_TRUE(probe.ok()) << probe.line();
  const Json shown = Json::parse(probe.out);
  ASSERT_EQ(shown["chapters"].size(), 2u);
  EXPECT_EQ(shown["chapters"][0]["tags"]["title"], "One");
  EXPECT_EQ(shown["chapters"][1]["tags"]["title"], "Two");
  // The second begins with the silence before its first word.
  const auto words = dump("a.jsonl");
  const auto second = std::find_if(words.begin(), words.end(), [](const SaidWord& one) { return one.chapter == 2; });
  ASSERT_NE(second, words.end());
  const double begins = std::stod(shown["chapters"][1]["start_time"].get<std::string>());
  EXPECT_LE(begins, static_cast<double>(second->start) / 22050 + 0.001);
  EXPECT_GE(begins, static_cast<double>(second->start) / 22050 - 2.1);
}

TEST_F(Read, ABookWithItsSoundIsReadBackAsItWas) {
  const std::string text = "# One\n\n" + prose(8, 10) + "\n\n# Two\n\n" + prose(9, 10);
  ASSERT_TRUE(read({write("a.md", text), "--out", path("a.epub"), "--dump", path("a.jsonl")}).ok());
  ASSERT_TRUE(read({path("a.epub"), "--dump", path("b.jsonl")}).ok());
  EXPECT_EQ(texts(dump("b.jsonl")), texts(dump("a.jsonl")));
}

// Sentences that begin after silence: where the sound begins, found by its energy, the word begins.
TEST_F(Read, WordsBeginWhereTheyAreHeard) {
  std::string text;
  const std::vector<std::string> starts = {"Apples", "Boats", "Doors", "Every", "Good",
                                           "Most",   "Old",   "Under", "We",    "Yes"};
  for (int i = 0; i < 220; ++i) text += starts[static_cast<std::size_t>(i) % starts.size()] + " are here again. ";
  ASSERT_TRUE(read({write("a.txt", text), "--out", path("a.wav"), "--dump", path("a.jsonl")}).ok());
  const Sound sound = read_sound(scratch / "a.wav");
  const auto words = dump("a.jsonl");
  int looked_at = 0;
  for (std::size_t i = 4; i < words.size(); i += 4) {
    // From the end of the sentence before to the first sample that is loud.
    auto at = static_cast<std::size_t>(words[i - 1].end);
    while (at < sound.frames() && std::abs(sound.samples[at]) < 0.01F) ++at;
    const double error_ms =
        1000 * std::abs(static_cast<double>(at) - static_cast<double>(words[i].start)) / sound.rate_hz;
    EXPECT_LE(error_ms, 60) << words[i].word << ", word " << i;
    ++looked_at;
  }
  EXPECT_GE(looked_at, 200);
}

TEST_F(Read, AVoiceThatIsKilledSaysItsSentenceAgainAndNothingElseTwice) {
  const std::string text = prose(10, 3000);
  const std::string book = write("a.txt", text);
  ASSERT_TRUE(read({book, "--out", path("whole.wav"), "--dump", path("whole.jsonl")}).ok());
  int killed = 0;
  const Outcome outcome =
      read_and_kill({book, "--out", path("torn.wav"), "--dump", path("torn.jsonl"), "--report", path("r.json")},
                    "weir-worker-voice", 100, killed);
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(killed, 100) << "the book is too short to kill as often";
  const auto torn = dump("torn.jsonl");
  EXPECT_THAT(texts(torn), ElementsAreArray(words_of(text)));
  const Sound sound = read_sound(scratch / "torn.wav"), whole = read_sound(scratch / "whole.wav");
  expect_timed(torn, static_cast<std::int64_t>(sound.frames()));
  // A fresh engine says a sentence a little differently; nothing is missing and nothing is there twice.
  EXPECT_NEAR(static_cast<double>(sound.frames()) / static_cast<double>(whole.frames()), 1, 0.001);
  for (const Json& worker : report()["workers"]) {
    if (worker["id"] == "voice") EXPECT_GE(worker["restarts"], 90);
  }
}

TEST_F(Read, ADocumentsReaderThatIsKilledGoesOnWhereItWas) {
  std::string text;
  for (int chapter = 0; chapter < 60; ++chapter) {
    text += "# Part " + std::to_string(chapter) + "\n\n" + prose(static_cast<unsigned>(chapter), 60) + "\n\n";
  }
  const std::string book = write("a.md", text);
  ASSERT_TRUE(read({book, "--dump", path("whole.jsonl")}).ok());
  int killed = 0;
  const Outcome outcome = read_and_kill({book, "--dump", path("torn.jsonl"), "--set", "supervisor.max_restarts=64"},
                                        "weir-worker-document", 20, killed);
  ASSERT_TRUE(outcome.ok()) << outcome.line();
  EXPECT_EQ(killed, 20);
  EXPECT_EQ(contents(scratch / "torn.jsonl"), contents(scratch / "whole.jsonl"));
}

TEST_F(Read, APasswordOpensWhatIsEncryptedAndNothingElseDoes) {
  const auto book = data("documents/pdf/libreoffice-writer-password.pdf");
  if (!book) GTEST_SKIP() << no_data("documents/pdf/libreoffice-writer-password.pdf");
  EXPECT_TRUE(read({book->string(), "--password", "openpassword", "--dump", path("a.jsonl")}).ok());
  EXPECT_FALSE(dump("a.jsonl").empty());
  expect_one_line(read({book->string(), "--dump", path("b.jsonl")}), 1, "no password");
  const Outcome wrong = read({book->string(), "--password", "sesame", "--dump", path("b.jsonl")});
  expect_one_line(wrong, 1, "a wrong password");
  EXPECT_EQ(wrong.err.find("sesame"), std::string::npos);
}

TEST_F(Read, BrokenFilesAreReadAsFarAsTheyGoOrRefusedInOneLine) {
  const auto bad = data("bad");
  if (!bad) GTEST_SKIP() << no_data("bad");
  for (const char* kind : {"epub", "pdf"}) {
    for (const auto& file : fs::directory_iterator(*bad / kind)) {
      const Outcome outcome = read({file.path().string(), "--dump", path("a.jsonl")});
      if (!outcome.ok()) expect_one_line(outcome, 1, file.path().filename().string());
    }
  }
}

TEST_F(Read, EveryDocumentIsReadAloudOrSaysThatItHasNoText) {
  const auto documents = data("documents");
  if (!documents) GTEST_SKIP() << no_data("documents");
  const std::string no_text = "grayscale-image.pdf", elsewhere = "libreoffice-writer-password.pdf";
  for (const auto& file : fs::recursive_directory_iterator(*documents)) {
    const std::string name = file.path().filename().string();
    // Whole books take minutes: the soak has them.
    if (!file.is_regular_file() || name == elsewhere || file.file_size() > 300'000) continue;
    if (name.ends_with(".epub") && file.file_size() > 150'000) continue;
    const Outcome outcome = read({file.path().string(), "--dump", path("a.jsonl")});
    if (name == no_text) {
      expect_one_line(outcome, 1, name);
    } else {
      EXPECT_TRUE(outcome.ok()) << name << ": " << outcome.line();
      EXPECT_FALSE(dump("a.jsonl").empty()) << name;
    }
  }
}

// The letters and digits of an EPUB's spine, taken out of it by other means than weir's, against those of a dump.
constexpr const char* same_letters = R"(
import html, json, posixpath, re, sys, zipfile
from xml.etree import ElementTree
book = zipfile.ZipFile(sys.argv[1])
container = ElementTree.fromstring(book.read("META-INF/container.xml"))
opf = next(e.get("full-path") for e in container.iter() if e.tag.endswith("rootfile"))
package = ElementTree.fromstring(book.read(opf))
items = {e.get("id"): e.get("href") for e in package.iter() if e.tag.endswith("}item")}
text = ""
for ref in (e for e in package.iter() if e.tag.endswith("}itemref") and e.get("linear") != "no"):
    page = book.read(posixpath.join(posixpath.dirname(opf), items[ref.get("idref")])).decode()
    left_out = r"(?s)<head.*?</head>|<!--.*?-->|<script.*?</script>|<a [^>]*noteref[^>]*>.*?</a>"
    text += html.unescape(re.sub(r"<[^>]*>", " ", re.sub(left_out, " ", page)))
said = "".join(json.loads(line)["word"] for line in open(sys.argv[2]))
letters = lambda t: "".join(c for c in t if c.isalnum())
a, b = letters(text), letters(said)
at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
sys.exit(0 if a == b and len(b) > 1000 else f"at {at} of {len(a)}: {a[at:at + 60]} / {b[at:at + 60]}")
)";

void expect_words_of_epub(const fs::path& book, const std::string& dumped) {
  const Outcome outcome = run({.argv = {"python3", "-c", same_letters, book.string(), dumped}});
  EXPECT_TRUE(outcome.ok()) << book << ' ' << outcome.line();
}

// In the file between the places of two words nothing stands that is a word.
void expect_words_of_markdown(const std::string& text, const std::vector<SaidWord>& words) {
  std::size_t at = 0;
  for (const SaidWord& one : words) {
    unsigned begin = 0, end = 0;
    ASSERT_EQ(std::sscanf(one.source.c_str(), "bytes %u-%u", &begin, &end), 2) << one.source;
    ASSERT_GE(begin, at);
    for (std::size_t i = at; i < begin; ++i) {
      ASSERT_FALSE(std::isalnum(static_cast<unsigned char>(text[i]))) << text.substr(at, begin - at) << one.word;
    }
    at = end;
  }
  for (; at < text.size(); ++at)
    ASSERT_FALSE(std::isalnum(static_cast<unsigned char>(text[at]))) << text.substr(at, 80);
}

TEST_F(Read, ABookIsSaidWordForWord) {
  const auto bet = weir::test::data("documents/md/The_Bet.md");
  const auto alice = weir::test::data("documents/epub/alice-in-wonderland.epub");
  if (!bet || !alice) GTEST_SKIP() << no_data("documents");
  ASSERT_TRUE(read({bet->string(), "--out", path("a.wav"), "--dump", path("a.jsonl")}).ok());
  expect_timed(dump("a.jsonl"), static_cast<std::int64_t>(read_sound(scratch / "a.wav").frames()));
  expect_words_of_markdown(contents(*bet), dump("a.jsonl"));
  ASSERT_TRUE(read({alice->string(), "--dump", path("b.jsonl")}).ok());
  expect_words_of_epub(*alice, path("b.jsonl"));
}

// Minutes of work: ./dev soak.
TEST_F(Read, NovelsBecomeOpusWordForWord) {
  if (std::getenv("WEIR_TEST_SOAK") == nullptr) GTEST_SKIP() << "a soak: WEIR_TEST_SOAK=1";
  const auto moby = weir::test::data("documents/epub/moby-dick.epub"),
             ulysses = weir::test::data("documents/md/Ulysses.md");
  if (!moby || !ulysses) GTEST_SKIP() << no_data("documents");
  for (const fs::path& book : {*moby, *ulysses}) {
    const Outcome outcome =
        run(command({book.string(), "--out", path("a.opus"), "--dump", path("a.jsonl"), "--report", path("r.json")}),
            std::chrono::minutes(40));
    ASSERT_TRUE(outcome.ok()) << outcome.line();
    const auto words = dump("a.jsonl");
    // Of hours of sound the length is enough.
    SF_INFO info{};
    SNDFILE* file = sf_open(path("a.opus").c_str(), SFM_READ, &info);
    ASSERT_NE(file, nullptr);
    sf_close(file);
    expect_timed(words, info.frames);
    if (book.extension() == ".epub") {
      expect_words_of_epub(book, path("a.jsonl"));
    } else {
      expect_words_of_markdown(contents(book), words);
    }
    EXPECT_THAT(report()["memory"]["verdict"], testing::AnyOf("level", "plateau")) << report()["memory"]["growing"];
  }
}

}  // namespace
