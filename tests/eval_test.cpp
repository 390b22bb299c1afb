// weir eval, the whole program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/data.hpp"
#include "tests/support/process.hpp"

namespace {

using namespace weir::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class EvalMot : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir") && program("weir-tools")) << "weir was not built"; }

  static Outcome eval(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program("weir")->string(), "eval", "mot"});
    return run({.argv = std::move(arguments)});
  }

  std::string file(std::string_view name, std::string_view text) {
    std::filesystem::create_directories((scratch / name).parent_path());
    std::ofstream(scratch / name) << text;
    return (scratch / name).string();
  }

  // Two people who walk towards each other for `frames` frames, in detections and in ground truth.
  std::string scene(std::string_view name, int frames, bool with_ids) {
    std::string text;
    for (int frame = 1; frame <= frames; ++frame) {
      for (int who = 1; who <= 2; ++who) {
        const int x = who == 1 ? 10 + 2 * frame : 800 - 2 * frame;
        text += std::to_string(frame) + ',' + std::to_string(with_ids ? who : -1) + ',' + std::to_string(x) +
                ",100,40,80,1,-1,-1,-1\r\n";
      }
    }
    return file(name, text);
  }

  static void expect_failed(const Outcome& outcome, int exit_code, const testing::Matcher<std::string>& line) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.line();
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, line);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }

  ScratchDir scratch;
};

TEST_F(EvalMot, PrintsItsFiguresAsJsonAndAsATable) {
  const std::string det = scene("det.txt", 100, false), gt = scene("gt.txt", 100, true);
  const Outcome run = eval({"--det", det, "--gt", gt, "--json"});
  ASSERT_TRUE(run.ok()) << run.line();
  const auto json = nlohmann::json::parse(run.out);
  // All but the first look at each of the two, which does not show yet.
  EXPECT_EQ(json.at("fn"), 2);
  EXPECT_EQ(json.at("fp"), 0);
  EXPECT_EQ(json.at("id_switches"), 0);
  EXPECT_NEAR(json.at("MOTA").get<double>(), 198 / 200.0, 1e-9);
  EXPECT_NEAR(json.at("IDF1").get<double>(), 2 * 198 / 398.0, 1e-9);
  EXPECT_GT(json.at("HOTA").get<double>(), 0.8);
  EXPECT_EQ(json.at("frames"), 100);
  EXPECT_EQ(json.at("fps"), 25);
  EXPECT_EQ(json.at("fps_origin"), "default");
  const Outcome table = eval({"--det", det, "--gt", gt});
  ASSERT_TRUE(table.ok()) << table.line();
  EXPECT_THAT(table.out, AllOf(HasSubstr("MOTA   99.0 %"), HasSubstr("2 missed, 0 wrong, 0 id switches, of 200 boxes"),
                               HasSubstr("100 frames at 25 a second (default)")));
}

TEST_F(EvalMot, TakesTheFrameRateFromTheFlagThenTheSequencesDescription) {
  const std::string det = scene("det/det.txt", 30, false), gt = scene("gt/gt.txt", 30, true);
  const std::string description = file("seqinfo.ini", "[Sequence]\nname=x\nframeRate=14\r\n");
  const auto described = nlohmann::json::parse(eval({"--det", det, "--gt", gt, "--json"}).out);
  EXPECT_EQ(described.at("fps"), 14);
  EXPECT_EQ(described.at("fps_origin"), description);
  const auto told = nlohmann::json::parse(eval({"--det", det, "--gt", gt, "--json", "--fps", "7"}).out);
  EXPECT_EQ(told.at("fps"), 7);
  EXPECT_EQ(told.at("fps_origin"), "flag");
}

TEST_F(EvalMot, WritesTheTracksOfAllFramesAndJudgesThoseWithGroundTruth) {
  const std::string det = scene("det.txt", 60, false), gt = scene("gt.txt", 20, true);
  const std::string out = (scratch / "result.txt").string();
  const Outcome run = eval({"--det", det, "--gt", gt, "--out", out});
  ASSERT_TRUE(run.ok()) << run.line();
  EXPECT_THAT(run.out, AllOf(HasSubstr("20 frames at"), HasSubstr("40 more with detections have no ground truth"),
                             HasSubstr("0 wrong")));
  std::ifstream written(out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(written, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2 * 59U);
  EXPECT_TRUE(lines.back().starts_with("60,2,")) << lines.back();
  // What was written is itself a file of detections.
  EXPECT_TRUE(eval({"--det", out, "--gt", gt}).ok());
}

TEST_F(EvalMot, NoDetectionsAreAnAnswerNoGroundTruthIsNot) {
  const std::string gt = scene("gt.txt", 10, true), empty = file("empty.txt", "");
  const Outcome none = eval({"--det", empty, "--gt", gt, "--json"});
  ASSERT_TRUE(none.ok()) << none.line();
  EXPECT_EQ(nlohmann::json::parse(none.out).at("fn"), 20);
  EXPECT_EQ(nlohmann::json::parse(none.out).at("MOTA"), 0);
  expect_failed(eval({"--det", gt, "--gt", empty}), 1, HasSubstr(empty + ": no ground truth in it"));
}

TEST_F(EvalMot, WhatCannotBeReadOrMeantIsOneLine) {
  const std::string det = scene("det.txt", 10, false), gt = scene("gt.txt", 10, true);
  const std::string none = (scratch / "none.txt").string();
  expect_failed(eval({"--det", none, "--gt", gt}), 1, AllOf(HasSubstr("weir eval mot: " + none), HasSubstr("No such")));
  expect_failed(eval({"--det", det, "--gt", scratch.path().string()}), 1, HasSubstr("is a directory"));
  const std::string rubbish = file("rubbish.txt", "1,-1,10,10,5,5\n2,-1,ten,10,5,5\n");
  expect_failed(eval({"--det", rubbish, "--gt", gt}), 1, HasSubstr(rubbish + ":2: not a finite number (x)"));
  const std::string twice = file("twice.txt", "1,4,10,10,5,5\n1,4,50,10,5,5\n");
  expect_failed(eval({"--det", det, "--gt", twice}), 1, HasSubstr("twice in a frame (id 4, frame 1)"));
  expect_failed(eval({"--det", det, "--gt", gt, "--out", (scratch / "no" / "such").string()}), 1, HasSubstr("--out"));
  expect_failed(eval({"--det", det}), 2, HasSubstr("--gt"));
  expect_failed(eval({"--det", det, "--gt", gt, "--fps", "0"}), 2, HasSubstr("--fps"));
  expect_failed(eval({"--det", det, "--gt", gt, "--fps", "fast"}), 2, HasSubstr("--fps"));
}

TEST_F(EvalMot, HasHelp) {
  const Outcome help = eval({"--help"});
  EXPECT_TRUE(help.ok()) << help.line();
  EXPECT_THAT(help.out, AllOf(HasSubstr("--det"), HasSubstr("--json"), HasSubstr("examples:")));
  EXPECT_THAT(run({.argv = {program("weir")->string(), "--help"}}).out, HasSubstr("weir eval mot"));
}

TEST_F(EvalMot, PedestriansOnACampus) {
  const auto folder = data("video/MOT15_gt/TUD-Campus");
  if (!folder) GTEST_SKIP() << no_data("video/MOT15_gt/TUD-Campus");
  const Outcome run = eval({"--det", (*folder / "det.txt").string(), "--gt", (*folder / "gt.txt").string(), "--json"});
  ASSERT_TRUE(run.ok()) << run.line();
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_GE(json.at("MOTA").get<double>(), 0.6);
  EXPECT_GE(json.at("IDF1").get<double>(), 0.6);
}

}  // namespace
