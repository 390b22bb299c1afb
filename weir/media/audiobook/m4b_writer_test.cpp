#include "weir/media/audiobook/m4b_writer.hpp"

#include <signal.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/media/audiobook/test_books.hpp"
#include "weir/media/files/test_files.hpp"

namespace weir::media {
namespace {

using test::Scratch;
using test::small_png;
using test::speech;

nlohmann::json probed(const std::filesystem::path& path) {
  const auto done = weir::test::run(
      {{"ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_chapters", path}});
  EXPECT_TRUE(done.ok()) << done.line();
  return nlohmann::json::parse(done.out, nullptr, false);
}

std::vector<std::int16_t> decoded(const std::filesystem::path& path) {
  const auto raw = std::filesystem::path(path).replace_extension(".raw");
  const auto done = weir::test::run({{"ffmpeg", "-v", "error", "-y", "-i", path, "-map", "0:a", "-f", "s16le", raw}});
  EXPECT_TRUE(done.ok()) << done.line();
  const auto bytes = test::read_file(raw);
  std::vector<std::int16_t> samples(bytes.size() / 2);
  if (!samples.empty()) std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
  return samples;
}

double likeness(const std::vector<std::int16_t>& one, const std::vector<std::int16_t>& other, int late, int channels) {
  double alike = 0;
  for (std::size_t i = 2048; i + 4096 < one.size(); ++i) {
    alike += static_cast<double>(one[i]) * other[static_cast<std::size_t>(static_cast<int>(i) + late * channels)];
  }
  return alike;
}

// By how many frames the second is late: where both are most alike.
int lag(const std::vector<std::int16_t>& one, const std::vector<std::int16_t>& other, int channels) {
  int best = 0;
  for (int late = -1000; late <= 1000; ++late) {
    if (likeness(one, other, late, channels) > likeness(one, other, best, channels)) best = late;
  }
  return best;
}

void write_book(const std::filesystem::path& path, const std::vector<std::int16_t>& samples, int rate_hz) {
  auto writer = M4bWriter::create(path, {}, rate_hz);
  ASSERT_TRUE(writer) << writer.error().line();
  ASSERT_TRUE((*writer)->write(samples.data(), std::ssize(samples)));
  const auto done = (*writer)->commit();
  ASSERT_TRUE(done) << done.error().line();
}

// The number of boxes before the sound is reached, in which the index must be.
bool index_is_in_front(const std::vector<std::byte>& file) {
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint64_t>(file[at + i]);
    return value;
  };
  for (std::size_t at = 0; at + 8 <= file.size(); at += number(at)) {
    if (std::memcmp(&file[at + 4], "moov", 4) == 0) return true;
    if (std::memcmp(&file[at + 4], "mdat", 4) == 0 || number(at) < 8) return false;
  }
  return false;
}

TEST(M4bWriter, ComesBackWithItsLengthInItsPlace) {
  const Scratch scratch;
  for (const auto& [rate_hz, channels] : {std::pair{22'050, 1}, {24'000, 1}, {48'000, 2}, {16'000, 1}}) {
    const int frames = 3 * rate_hz + 77;
    const auto samples = speech(rate_hz, channels, frames);
    auto writer = M4bWriter::create(scratch / "a.m4b", {}, rate_hz, channels);
    ASSERT_TRUE(writer) << writer.error().line();
    for (int at = 0, some = 1; at < frames; at += some, some = std::min(some * 3, frames - at)) {
      ASSERT_TRUE((*writer)->write(samples.data() + at * channels, std::min(some, frames - at)));
    }
    const auto done = (*writer)->commit();
    ASSERT_TRUE(done) << done.error().line();
    EXPECT_EQ((*writer)->frames(), static_cast<std::uint64_t>(frames));

    const auto about = probed(scratch / "a.m4b").at("streams").at(0);
    EXPECT_EQ(about.at("codec_name"), "aac");
    EXPECT_EQ(about.at("profile"), "LC");
    EXPECT_EQ(about.at("sample_rate"), std::to_string(rate_hz));
    EXPECT_EQ(about.at("channels"), channels);
    EXPECT_EQ(about.at("start_pts"), 0);
    EXPECT_EQ(about.at("duration_ts"), frames) << "what the edit list says";
    const auto back = decoded(scratch / "a.m4b");
    // FFmpeg 5 plays the last AAC frame to its end, which is silence.
    EXPECT_GE(std::ssize(back) / channels, frames);
    EXPECT_LT(std::ssize(back) / channels, frames + 1024);
    EXPECT_NEAR(lag(samples, back, channels), 0, 2);
    EXPECT_TRUE(index_is_in_front(test::read_file(scratch / "a.m4b")));
  }
}

TEST(M4bWriter, OthersSeeChaptersCoverAndNames) {
  const Scratch scratch;
  const AudiobookInfo info{"Die Glocke & der Turm", "Zoë Ångström", "de-AT", small_png()};
  auto writer = M4bWriter::create(scratch / "a.m4b", info, 24'000);
  ASSERT_TRUE(writer) << writer.error().line();
  const auto samples = speech(24'000, 1, 24'000 * 5);
  ASSERT_TRUE((*writer)->chapter(0, "Eins"));
  ASSERT_TRUE((*writer)->write(samples.data(), 24'000 * 2));
  ASSERT_TRUE((*writer)->chapter(36'000, ""));
  ASSERT_TRUE((*writer)->chapter(72'000, "Drei: 第三章 ג"));
  ASSERT_TRUE((*writer)->chapter(24'000 * 5, "Behind the end"));
  ASSERT_TRUE((*writer)->write(samples.data() + 24'000 * 2, 24'000 * 3));
  ASSERT_TRUE((*writer)->commit());

  const auto about = probed(scratch / "a.m4b");
  const auto& tags = about.at("format").at("tags");
  EXPECT_EQ(tags.at("title"), info.title);
  EXPECT_EQ(tags.at("artist"), info.author);
  EXPECT_EQ(tags.at("media_type"), "2");
  EXPECT_EQ(about.at("streams").at(0).at("tags").at("language"), "deu");
  const auto& chapters = about.at("chapters");
  ASSERT_EQ(chapters.size(), 3u);
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {"0.000000", "Eins"}, {"1.500000", ""}, {"3.000000", "Drei: 第三章 ג"}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(chapters.at(i).at("start_time"), wanted[i].first);
    EXPECT_EQ(chapters.at(i).value("tags", nlohmann::json::object()).value("title", ""), wanted[i].second);
  }
  EXPECT_EQ(chapters.at(2).at("end_time"), "5.000000");
  const auto& streams = about.at("streams");
  const auto cover = std::find_if(streams.begin(), streams.end(), [](const auto& stream) {
    return stream.value("codec_type", "") == "video" && stream.at("disposition").at("attached_pic") == 1;
  });
  ASSERT_NE(cover, streams.end());
  const auto done = weir::test::run({{"ffmpeg", "-v", "error", "-y", "-i", scratch / "a.m4b", "-map", "0:v", "-c",
                                      "copy", "-f", "image2", scratch / "cover.png"}});
  ASSERT_TRUE(done.ok()) << done.line();
  EXPECT_EQ(test::read_file(scratch / "cover.png"), info.cover);
}

// Nero's list counts its chapters in one byte; QuickTime's track does not.
TEST(M4bWriter, MoreThan255ChaptersAreAllThere) {
  const Scratch scratch;
  auto writer = M4bWriter::create(scratch / "a.m4b", {}, 16'000);
  ASSERT_TRUE(writer) << writer.error().line();
  const auto samples = speech(16'000, 1, 16'000 * 10);
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE((*writer)->chapter(static_cast<std::uint64_t>(i) * 400, "Chapter " + std::to_string(i)));
  }
  ASSERT_TRUE((*writer)->write(samples.data(), std::ssize(samples)));
  ASSERT_TRUE((*writer)->commit());
  const auto chapters = probed(scratch / "a.m4b").at("chapters");
  ASSERT_EQ(chapters.size(), 400u);
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(chapters.at(static_cast<std::size_t>(i)).at("tags").at("title"), "Chapter " + std::to_string(i));
    EXPECT_NEAR(std::stod(chapters.at(static_cast<std::size_t>(i)).at("start_time").get<std::string>()), i * 0.025,
                1e-3);
  }
}

// To the sample. What is before the first of them is one of its own.
TEST(M4bWriter, ChaptersBeginWhereTheyAreSaidTo) {
  const Scratch scratch;
  const auto samples = speech(22'050, 1, 22'050 * 3);
  auto writer = M4bWriter::create(scratch / "a.m4b", {}, 22'050);
  ASSERT_TRUE(writer) << writer.error().line();
  for (const std::uint64_t start : {11'111, 22'223, 22'224, 50'007}) ASSERT_TRUE((*writer)->chapter(start, "x"));
  ASSERT_TRUE((*writer)->write(samples.data(), std::ssize(samples)));
  ASSERT_TRUE((*writer)->commit());
  const auto chapters = probed(scratch / "a.m4b").at("chapters");
  ASSERT_EQ(chapters.size(), 5u);
  std::size_t i = 0;
  for (const double start : {0, 11'111, 22'223, 22'224, 50'007}) {
    EXPECT_NEAR(std::stod(chapters.at(i++).at("start_time").get<std::string>()) * 22'050, start, 0.1);
  }
}

TEST(M4bWriter, ALongTitleIsCutBetweenCharacters) {
  const Scratch scratch;
  auto writer = M4bWriter::create(scratch / "a.m4b", {}, 16'000);
  ASSERT_TRUE(writer) << writer.error().line();
  std::string title = "x";
  for (int i = 0; i < 200; ++i) title += "ä";
  ASSERT_TRUE((*writer)->chapter(0, title));
  const auto samples = speech(16'000, 1, 16'000);
  ASSERT_TRUE((*writer)->write(samples.data(), std::ssize(samples)));
  ASSERT_TRUE((*writer)->commit());
  EXPECT_EQ(probed(scratch / "a.m4b").at("chapters").at(0).at("tags").at("title"), title.substr(0, 255));
}

TEST(M4bWriter, TheSameBookGivesTheSameFile) {
  const Scratch scratch;
  write_book(scratch / "a.m4b", speech(22'050, 1, 30'000), 22'050);
  write_book(scratch / "b.m4b", speech(22'050, 1, 30'000), 22'050);
  EXPECT_EQ(test::read_file(scratch / "a.m4b"), test::read_file(scratch / "b.m4b"));
}

class TheOldBook : public testing::Test {
 protected:
  TheOldBook() : path_(scratch_ / "a.m4b") {
    write_book(path_, speech(16'000, 1, 4000), 16'000);
    before_ = test::read_file(path_);
  }
  void expect_kept() {
    EXPECT_EQ(test::read_file(path_), before_);
    EXPECT_FALSE(std::filesystem::exists(path_.string() + ".part"));
  }
  const Scratch scratch_;
  const std::filesystem::path path_;
  std::vector<std::byte> before_;
  const std::vector<std::int16_t> samples_ = speech(16'000, 1, 16'000 * 20);
};

TEST_F(TheOldBook, StaysWithoutCommit) {
  {
    auto abandoned = M4bWriter::create(path_, {}, 16'000);
    ASSERT_TRUE(abandoned);
    ASSERT_TRUE((*abandoned)->write(samples_.data(), std::ssize(samples_)));
    EXPECT_EQ(test::read_file(path_), before_);
  }
  expect_kept();
}

TEST_F(TheOldBook, StaysWhenTheDiskIsFull) {
  {
    // The worker inherits the limit.
    const test::FileSizeLimit limit(400'000);
    auto writer = M4bWriter::create(path_, {}, 16'000);
    ASSERT_TRUE(writer) << writer.error().line();
    Result<void> written;
    for (int i = 0; i < 10 && written; ++i) written = (*writer)->write(samples_.data(), std::ssize(samples_));
    if (written) written = (*writer)->commit();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::exhausted) << written.error().line();
  }
  expect_kept();
}

TEST_F(TheOldBook, StaysWhenTheWorkerDies) {
  {
    auto writer = M4bWriter::create(path_, {}, 16'000);
    ASSERT_TRUE(writer) << writer.error().line();
    ASSERT_TRUE((*writer)->write(samples_.data(), 16'000));
    for (const auto& report : worker::Process::report_all()) {
      if (report.id == "m4b" && report.pid > 0) ::kill(report.pid, SIGKILL);
    }
    Result<void> written;
    for (int i = 0; i < 100 && written; ++i) written = (*writer)->write(samples_.data(), 16'000);
    ASSERT_FALSE(written) << "what a new worker would write lacks the beginning";
    EXPECT_EQ(written.error().code, Code::failed) << written.error().line();
    EXPECT_FALSE((*writer)->commit());
  }
  expect_kept();
}

TEST(M4bWriter, RefusesWhatItCannotWrite) {
  const Scratch scratch;
  const auto code = [&](const std::string& name, const AudiobookInfo& info, int rate_hz, int channels) {
    const auto writer = M4bWriter::create(scratch / name, info, rate_hz, channels);
    return writer ? Code::failed : writer.error().code;
  };
  EXPECT_EQ(code("a.m4b", {}, 22'051, 1), Code::invalid);
  EXPECT_EQ(code("a.m4b", {}, 22'050, 3), Code::invalid);
  EXPECT_EQ(code("a.m4b", {"", "", "", {std::byte{1}, std::byte{2}}}, 22'050, 1), Code::invalid);
  EXPECT_EQ(code("none/a.m4b", {}, 22'050, 1), Code::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(scratch / ""));
  auto writer = M4bWriter::create(scratch / "a.m4b", {}, 22'050);
  ASSERT_TRUE(writer) << writer.error().line();
  ASSERT_TRUE((*writer)->chapter(10, "one"));
  for (const std::uint64_t start : {0, 10}) {
    const auto second = (*writer)->chapter(start, "two");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::invalid);
  }
  const auto empty = (*writer)->commit();
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Code::invalid);
}

}  // namespace
}  // namespace weir::media
