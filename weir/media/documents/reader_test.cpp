#include "weir/media/documents/reader.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <random>
#include <thread>

#include "tests/support/data.hpp"
#include "tests/support/process.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/sandbox.hpp"

namespace weir::documents {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Folder : public weir::test::ScratchDir {
 public:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
    return *this / name;
  }
};

std::unique_ptr<DocumentReader> open(const std::filesystem::path& path) {
  auto reader = DocumentReader::open({.path = path});
  if (!reader) throw std::runtime_error(reader.error().line());
  return std::move(*reader);
}

// 40 chapters of 50 paragraphs of three sentences.
std::string story() {
  std::string out;
  for (int c = 1; c <= 40; ++c) {
    out += "CHAPTER " + std::to_string(c) + "\n\n";
    for (int p = 0; p < 50; ++p) {
      const std::string here = std::to_string(c) + "-" + std::to_string(p);
      out += "This is paragraph " + here +
             " of the story, and it is\nlonger than a line of it can be. Then it goes on.\n"
             "At last it ends, as does everything in this story.\n\n";
    }
  }
  return out;
}

worker::ProcessReport report() {
  for (auto& r : worker::Process::report_all()) {
    if (r.id == "document" && r.pid != 0) return r;
  }
  return {};
}

std::vector<Placed> read_all(DocumentReader& reader, Position from = {}) {
  std::vector<Placed> out;
  for (;;) {
    auto batch = reader.read(from);
    if (!batch) throw std::runtime_error(batch.error().line());
    out.insert(out.end(), batch->paragraphs.begin(), batch->paragraphs.end());
    if (!batch->next) return out;
    from = *batch->next;
  }
}

TEST(DocumentReader, ReadsAPieceAtATimeToTheEnd) {
  const Folder folder;
  const auto reader = open(folder.write("story.txt", story()));
  EXPECT_EQ(reader->info().title, "story");
  const auto first = reader->read({});
  ASSERT_TRUE(first) << first.error().line();
  EXPECT_LE(first->paragraphs.size(), 40U);
  EXPECT_EQ(first->paragraphs[0].paragraph.text, "CHAPTER 1");
  const auto all = read_all(*reader);
  EXPECT_THAT(all, SizeIs(40 * 51));
  EXPECT_EQ(all.back().at, (Position{39, 50}));
  const auto chapters = reader->chapters();
  ASSERT_TRUE(chapters);
  EXPECT_THAT(*chapters, SizeIs(40));
  EXPECT_EQ(chapters->at(39).title, "CHAPTER 40");
  EXPECT_THAT(*reader->cover(), IsEmpty());
}

TEST(DocumentReader, APositionIsTheSameWhateverWasReadBefore) {
  const Folder folder;
  const auto path = folder.write("story.txt", story());
  const auto all = read_all(*open(path));
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const auto reader = open(path);
  for (int i = 0; i < 50; ++i) {
    const Placed& wanted = all[random() % all.size()];
    const auto batch = reader->read(wanted.at);
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->paragraphs.at(0), wanted) << "seed " << seed;
    if (i % 10 == 0) ASSERT_TRUE(reader->chapters());
  }
  // Behind a chapter's end is the next chapter's beginning; behind the last there is nothing.
  EXPECT_EQ(reader->read({3, 1000})->paragraphs.at(0).at, (Position{4, 0}));
  EXPECT_THAT(reader->read({40, 0})->paragraphs, IsEmpty());
  EXPECT_FALSE(reader->read({1000000, 7})->next);
}

// At any moment, also while it works on an answer; between two kills, one answer comes through.
TEST(DocumentReader, KilledTwentyTimesItReadsTheSame) {
  const Folder folder;
  const auto path = folder.write("story.txt", story());
  const auto undisturbed = read_all(*open(path));
  const auto reader = open(path);
  std::atomic<int> answers = 0, kills = 0;
  const std::uint64_t seed = std::random_device{}();
  std::jthread killer([&](const std::stop_token& stop) {
    std::mt19937_64 random(seed);
    for (int seen = 0; kills < 20 && !stop.stop_requested();) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 1500));
      if (answers == seen) continue;
      const pid_t worker = report().pid;
      if (worker <= 0 || ::kill(worker, SIGKILL) != 0) continue;
      seen = answers;
      ++kills;
    }
  });
  while (kills < 20) {
    std::vector<Placed> disturbed;
    for (std::optional<Position> from = Position{}; from;) {
      const auto batch = reader->read(*from);
      ASSERT_TRUE(batch) << batch.error().line() << " seed " << seed;
      ++answers;
      disturbed.insert(disturbed.end(), batch->paragraphs.begin(), batch->paragraphs.end());
      from = batch->next;
    }
    ASSERT_EQ(disturbed, undisturbed) << "seed " << seed;
  }
}

#ifdef WEIR_TEST_HOOKS
TEST(DocumentReader, WhatKillsItsWorkerThreeTimesIsGivenUpAndTheRestIsRead) {
  const Folder folder;
  const auto reader = open(
      folder.write("x.txt", "CHAPTER 1\n\nGood.\n\nCHAPTER 2\n\nSay weir-test-crash here.\n\nCHAPTER 3\n\nFine.\n"));
  const auto crashes = [] { return report().causes[static_cast<std::size_t>(worker::Cause::crash)]; };
  const auto before = crashes();
  const auto bad = reader->read({1, 0});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::corrupt);
  EXPECT_THAT(bad.error().line(), HasSubstr("SIGSEGV"));
  const auto good = reader->read({2, 0});
  ASSERT_TRUE(good) << good.error().line();
  EXPECT_EQ(good->paragraphs.at(1).paragraph.text, "Fine.");
  EXPECT_EQ(crashes() - before, 3U);
}
#endif

TEST(DocumentReader, SaysWhatIsWrongWithAFile) {
  const Folder folder;
  const auto code = [](const std::filesystem::path& path) {
    const auto reader = DocumentReader::open({.path = path});
    return reader ? Code::failed : reader.error().code;
  };
  EXPECT_EQ(code(folder.path() / "none.txt"), Code::not_found);
  EXPECT_EQ(code(folder.path()), Code::invalid);
  ASSERT_EQ(::mkfifo((folder.path() / "pipe.txt").c_str(), 0600), 0);
  EXPECT_EQ(code(folder.path() / "pipe.txt"), Code::invalid);
  EXPECT_EQ(code(folder.write("picture.png", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16))), Code::unsupported);
}

TEST(DocumentReader, WhatIsNotWhatItsNameSaysIsBrokenAndKillsNobody) {
  const Folder folder;
  for (const char* name : {"empty.epub", "empty.docx", "empty.pdf"}) {
    const auto reader = DocumentReader::open({.path = folder.write(name, "")});
    ASSERT_FALSE(reader) << name;
    EXPECT_EQ(reader.error().code, Code::corrupt) << name;
    EXPECT_EQ(reader.error().line().find("survive"), std::string::npos) << reader.error().line();
  }
}

TEST(DocumentReader, AnEmptyDocumentIsNoError) {
  const Folder folder;
  for (const char* name : {"empty.txt", "empty.md", "empty.html"}) {
    const auto reader = open(folder.write(name, ""));
    const auto batch = reader->read({});
    ASSERT_TRUE(batch) << batch.error().line();
    EXPECT_THAT(batch->paragraphs, IsEmpty());
    EXPECT_FALSE(batch->next);
    EXPECT_EQ(batch->done, 1.F);
  }
}

TEST(DocumentReader, AStopEndsIt) {
  const Folder folder;
  const auto reader = open(folder.write("story.txt", story()));
  std::stop_source stop;
  stop.request_stop();
  const auto batch = reader->read({}, stop.get_token());
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, Code::cancelled);
  EXPECT_TRUE(reader->read({}));
}

TEST(DocumentReader, EveryFormatIsReadInItsSandbox) {
  for (const char* file : {"epub/moby-dick.epub", "epub/flatland_standardebooks.epub", "pdf/pdflatex-4-pages.pdf",
                           "html/alice_11-h.htm", "md/The_Bet.md", "txt/blns.txt"}) {
    const auto path = weir::test::data(std::string("documents/") + file);
    if (!path) GTEST_SKIP() << weir::test::no_data(file);
    const auto reader = open(*path);
    EXPECT_TRUE(reader->chapters()) << file;
    EXPECT_TRUE(reader->cover()) << file;
    EXPECT_FALSE(read_all(*reader).empty()) << file;
  }
  for (const auto& r : worker::Process::report_all()) {
    if (r.id == "document") EXPECT_EQ(r.causes[static_cast<std::size_t>(worker::Cause::sandbox)], 0U) << r.last_end;
  }
}

TEST(DocumentReader, ItsWorkerIsInItsSandbox) {
  const Folder folder;
  const auto reader = open(folder.write("story.txt", story()));
  if (worker::sandbox_available()) EXPECT_THAT(report().sandbox, HasSubstr("no files, no network"));
  EXPECT_THAT(report().sandbox, HasSubstr("256 MiB"));
}

}  // namespace
}  // namespace weir::documents
