// Files that are not what they seem: one clear line, the right exit status, the other camera unharmed, leases balanced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "tests/support/data.hpp"
#include "tests/support/watch_run.hpp"

namespace weir::test {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t good_frames = 90;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string no_line_is_long(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 400) return line;
  }
  return {};
}

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built";
    good_ = dir_ / "good.mp4";
    make_clip(good_, good_frames);
  }

  Outcome watch(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program("weir-watch")->string());
    return run({.argv = std::move(arguments)});
  }

  // Watches the bad file beside a good one, both to their end.
  Outcome beside_good(const std::filesystem::path& bad) {
    const auto report = dir_ / "report.json";
    const Outcome outcome = watch({"--fast", "--no-server", "--report", report.string(), bad.string(), good_.string()});
    report_ = Json::parse(read(report), nullptr, false);
    EXPECT_FALSE(outcome.watchdog) << bad;
    EXPECT_FALSE(outcome.signal.has_value()) << bad << ": " << outcome.line();
    EXPECT_FALSE(report_.is_discarded()) << bad << ": no report; " << outcome.line();
    if (report_.is_discarded()) return outcome;
    const Json good = camera(report_, "good");
    EXPECT_EQ(good.is_object() ? good.value("decoded", 0U) : 0U, good_frames) << bad;
    EXPECT_EQ(imbalance(report_), "") << bad;
    EXPECT_EQ(no_line_is_long(outcome.err), "") << bad;
    return outcome;
  }

  // One line that names the camera; status 1, since the other one has finished.
  void expect_refused(const std::filesystem::path& bad) {
    const Outcome outcome = beside_good(bad);
    EXPECT_EQ(outcome.exit_code, 1) << bad << ": " << outcome.line();
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(bad.stem().string())) << bad;
  }

  // Damaged: what can be decoded is, and the run says whether it came to its end; it neither crashes nor hangs.
  void expect_survived(const std::filesystem::path& bad) {
    const Outcome outcome = beside_good(bad);
    EXPECT_THAT(outcome.exit_code.value_or(-1), testing::AnyOf(0, 1)) << bad << ": " << outcome.line();
    const auto lines = std::count(outcome.err.begin(), outcome.err.end(), '\n');
    EXPECT_LE(lines, 5) << outcome.err;
    if (outcome.exit_code == 1) {
      EXPECT_THAT(outcome.err, HasSubstr(bad.stem().string()));
    }
  }

  ScratchDir dir_;
  std::filesystem::path good_;
  Json report_;
};

TEST_F(BadInput, no_such_file_is_one_line) { expect_refused(dir_ / "nowhere.mp4"); }

TEST_F(BadInput, a_directory_is_one_line) {
  std::filesystem::create_directory(dir_ / "folder.mp4");
  expect_refused(dir_ / "folder.mp4");
}

TEST_F(BadInput, an_empty_file_is_one_line) {
  write(dir_ / "empty.mp4", "");
  expect_refused(dir_ / "empty.mp4");
}

TEST_F(BadInput, text_is_one_line) {
  write(dir_ / "letter.mp4", "Dear camera,\nthis is not a video.\n");
  expect_refused(dir_ / "letter.mp4");
}

TEST_F(BadInput, random_bytes_are_one_line) {
  std::mt19937 random(20262);
  std::string bytes(200'000, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  write(dir_ / "noise.mp4", bytes);
  expect_refused(dir_ / "noise.mp4");
}

TEST_F(BadInput, a_file_without_its_index_is_one_line) {
  const std::string whole = read(good_);
  // ffmpeg writes the index (moov) last.
  write(dir_ / "cut.mp4", whole.substr(0, whole.size() / 2));
  expect_refused(dir_ / "cut.mp4");
}

TEST_F(BadInput, sound_alone_is_one_line) {
  const Outcome made = run({.argv = {"ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=d=1", "-c:a",
                                     "aac", (dir_ / "sound.mp4").string()}});
  ASSERT_TRUE(made.ok()) << made.line();
  expect_refused(dir_ / "sound.mp4");
}

TEST_F(BadInput, a_truncated_stream_gives_what_it_has) {
  // Transport streams have no index: the part before the cut is all there.
  const Outcome made = run({.argv = {"ffmpeg", "-nostdin", "-v", "error", "-i", good_.string(), "-c", "copy",
                                     (dir_ / "whole.ts").string()}});
  ASSERT_TRUE(made.ok()) << made.line();
  const std::string whole = read(dir_ / "whole.ts");
  write(dir_ / "half.ts", whole.substr(0, whole.size() / 2));
  expect_survived(dir_ / "half.ts");
  EXPECT_GT(camera(report_, "half").value("decoded", 0U), good_frames / 4);
}

TEST_F(BadInput, damage_anywhere_neither_crashes_nor_hangs) {
  const std::string whole = read(good_);
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string bytes = whole;
    const std::size_t at = random() % bytes.size();
    const std::size_t count = std::min<std::size_t>(1 + random() % 4000, bytes.size() - at);
    for (std::size_t i = 0; i < count; ++i) bytes[at + i] = seed % 3 == 0 ? '\0' : static_cast<char>(random());
    write(dir_ / "damaged.mp4", bytes);
    expect_survived(dir_ / "damaged.mp4");
  }
}

TEST_F(BadInput, every_bad_file_of_the_shared_data_is_survived) {
  int files = 0;
  for (const char* folder : {"bad/mp4", "bad/webm", "bad/derived", "bad/tiny"}) {
    const auto path = data(folder);
    if (!path) GTEST_SKIP() << no_data(folder);
    for (const auto& entry : std::filesystem::directory_iterator(*path)) {
      ++files;
      SCOPED_TRACE(entry.path().filename().string());
      expect_survived(entry.path());
    }
  }
  EXPECT_GT(files, 10);
}

TEST_F(BadInput, what_is_known_of_shared_bad_files_holds) {
  const auto damaged = data("bad/derived/bottle_zero8k.mp4");
  const auto cut = data("bad/derived/bottle_trunc60.mp4");
  const auto empty = data("bad/webm/11ddf9c586018f4e6d9373febca0f982.webm");
  if (!damaged || !cut || !empty) GTEST_SKIP() << no_data("bad");
  expect_survived(*damaged);
  EXPECT_GT(camera(report_, "bottle_zero8k").value("decoded", 0U), 1000U) << "it plays around the damage";
  expect_refused(*cut);
  expect_refused(*empty);
}

TEST_F(BadInput, a_port_in_use_is_one_line) {
  Process other({.argv = {program("fixture-hostile-rtsp")->string(), "silent"}});
  const auto match = other.wait_for_output("^port ([0-9]+)");
  ASSERT_TRUE(match.has_value());
  const std::string address = "127.0.0.1:" + match->at(1);
  const Outcome outcome = watch({"--loop", "--for", "60s", "--listen", address, good_.string()});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.line();
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(match->at(1)));
}

struct Refusal {
  const char* name;
  const char* settings;
  std::vector<const char*> arguments;
  std::vector<const char*> says;
};

class Settings : public BadInput, public testing::WithParamInterface<Refusal> {};

TEST_P(Settings, are_refused_in_one_line_before_anything_starts) {
  const Refusal& refusal = GetParam();
  write(dir_ / "weir.toml", refusal.settings);
  std::vector<std::string> arguments{"--config", (dir_ / "weir.toml").string()};
  arguments.insert(arguments.end(), refusal.arguments.begin(), refusal.arguments.end());
  arguments.push_back(good_.string());
  const Outcome outcome = watch(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.line();
  EXPECT_EQ(outcome.out, "");
  for (const char* words : refusal.says) EXPECT_THAT(outcome.err, HasSubstr(words));
}

INSTANTIATE_TEST_SUITE_P(
    Refused, Settings,
    testing::Values(
        Refusal{"unknown_key", "[motion]\ntreshold = 3\n", {}, {"treshold", "did you mean", "threshold"}},
        Refusal{"wrong_type", "[detect]\nfps = \"many\"\n", {}, {"detect.fps", "many"}},
        Refusal{"out_of_range", "[motion]\nthreshold = 999\n", {}, {"motion.threshold", "999"}},
        Refusal{"broken_toml", "[motion]\nthreshold = = 3\n", {}, {"threshold = = 3"}},
        Refusal{"loop_and_fast", "", {"--fast", "--loop"}, {"--fast", "--loop"}},
        Refusal{"no_place_for_the_report", "", {"--report", "/nowhere/at/all/r.json"}, {"--report", "/nowhere/at/all"}},
        Refusal{"report_is_a_directory", "", {"--report", "/tmp"}, {"--report", "/tmp"}},
        Refusal{"foreign_address", "", {"--listen", "0.0.0.0:0"}, {"0.0.0.0"}}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace weir::test
