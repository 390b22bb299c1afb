// The command line as a person meets it: weir, weir config, and what weir watch says before it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace {

using namespace weir::test;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CommandLine : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir")) << "weir was not built"; }

  static Outcome weir(std::vector<std::string> arguments, std::map<std::string, std::string> env = {}) {
    arguments.insert(arguments.begin(), program("weir")->string());
    return run({.argv = std::move(arguments), .env = std::move(env)});
  }

  std::filesystem::path file(std::string_view name, std::string_view text) {
    std::ofstream(scratch / name) << text;
    return scratch / name;
  }

  // One line on stderr, nothing on stdout, exit status 2.
  static void expect_refused(const Outcome& outcome, const testing::Matcher<std::string>& line) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.line();
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, line);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }

  ScratchDir scratch;
};

TEST_F(CommandLine, HelpAndVersionGoToStdoutAndSucceed) {
  EXPECT_THAT(weir({"--version"}).out, testing::MatchesRegex("weir [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const Outcome help = weir({"--help"});
  EXPECT_TRUE(help.ok()) << help.line();
  EXPECT_THAT(help.out, AllOf(HasSubstr("weir watch"), HasSubstr("examples:")));
  EXPECT_TRUE(weir({"config", "--help"}).ok());
  EXPECT_THAT(weir({"config", "show", "--help"}).out, HasSubstr("--set"));
}

TEST_F(CommandLine, WhatFollowsASettingIsASource) {
  expect_refused(weir({"watch", "--set", "detect.fsp=3", "demo:street"}), HasSubstr("did you mean detect.fps"));
  const Outcome run =
      weir({"watch", "--fast", "--set", "detect.fps=5", "--set", "motion.threshold=20", "demo:street?frames=15"});
  EXPECT_TRUE(run.ok()) << run.line();
  EXPECT_THAT(run.out, HasSubstr("15 decoded"));
}

TEST_F(CommandLine, UnknownCommandIsAUsageErrorWithSuggestion) {
  expect_refused(weir({"wathc", "x.mp4"}), HasSubstr("did you mean weir watch?"));
  expect_refused(weir({"conifg"}), HasSubstr("did you mean weir config?"));
  expect_refused(weir({"--bogus"}), HasSubstr("--help"));
  EXPECT_EQ(weir({}).exit_code, 2);
  EXPECT_EQ(weir({"config", "chekc"}).exit_code, 2);
}

TEST_F(CommandLine, ShowPrintsEachValueWithItsOrigin) {
  const auto path = file("w.toml", "[detect]\nfps = 3\n[cameras.front]\nurl = 'rtsp://u:hunter2@h/x'\n");
  const Outcome shown =
      weir({"config", "show", path.string(), "--set", "detect.width=320", "--json"}, {{"WEIR_DETECT__HEIGHT", "180"}});
  ASSERT_TRUE(shown.ok()) << shown.line();
  std::map<std::string, std::pair<std::string, std::string>> values;
  for (const auto& one : nlohmann::json::parse(shown.out)) {
    values[one.at("key")] = {one.at("value"), one.at("origin")};
  }
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(values["detect.fps"], Pair("3", path.string() + ":2"));
  EXPECT_EQ(values["detect.width"], Pair("320", "flag"));
  EXPECT_EQ(values["detect.height"], Pair("180", "env:WEIR_DETECT__HEIGHT"));
  EXPECT_EQ(values["motion.model"], Pair("average", "default"));
  EXPECT_EQ(values["cameras.front.url"].first, "rtsp://***@h/x");
  EXPECT_THAT(weir({"config", "show", path.string()}).out, Not(HasSubstr("hunter2")));
}

TEST_F(CommandLine, CheckFindsWhatIsWrongAndSaysWhere) {
  EXPECT_TRUE(weir({"config", "check", file("good.toml", "detect.fps = 3\n").string()}).ok());
  const std::string bad = file("bad.toml", "[detect]\nfsp = 3\n").string();
  expect_refused(weir({"config", "check", bad}), AllOf(HasSubstr(bad + ":2"), HasSubstr("did you mean detect.fps?")));
  const std::string broken = file("broken.toml", "[detect]\nfps = = 3\n").string();
  expect_refused(weir({"config", "check", "--config", broken}),
                 AllOf(HasSubstr(broken + ":2"), HasSubstr("fps = = 3")));
  expect_refused(weir({"config", "check", (scratch / "none.toml").string()}), HasSubstr("No such file"));
  expect_refused(weir({"config", "check", scratch.path().string()}), HasSubstr("is a directory"));
  expect_refused(weir({"config", "check"}, {{"WEIR_DETECT__FSP", "3"}}), HasSubstr("env:WEIR_DETECT__FSP"));
  expect_refused(weir({"config", "check", "--set", "detect.fps"}), HasSubstr("KEY=VALUE"));
  expect_refused(weir({"config", "check", "--set", "detect.fps=fast"}), HasSubstr("allowed: a number from 0 to 240"));
}

TEST_F(CommandLine, SchemaIsJsonThatForbidsUnknownKeys) {
  const auto schema = nlohmann::json::parse(weir({"config", "schema"}).out);
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("properties").at("detect").at("properties").at("fps").at("maximum"), 240);
  EXPECT_EQ(schema.at("properties").at("cameras").at("additionalProperties").at("required").at(0), "url");
}

class WatchCommandLine : public CommandLine {
 protected:
  void SetUp() override {
    CommandLine::SetUp();
    if (!program("weir-watch")) GTEST_SKIP() << "weir-watch was not built";
  }
};

TEST_F(WatchCommandLine, HelpHasExamples) {
  const Outcome help = weir({"watch", "--help"});
  EXPECT_TRUE(help.ok()) << help.line();
  EXPECT_THAT(help.out, AllOf(HasSubstr("examples:"), HasSubstr("--for"), HasSubstr("Usage: weir watch")));
}

TEST_F(WatchCommandLine, WhatCannotBeMeantIsRefusedBeforeAnythingRuns) {
  expect_refused(weir({"watch"}), HasSubstr("nothing to watch"));
  expect_refused(weir({"watch", ""}), HasSubstr("must not be empty"));
  expect_refused(weir({"watch", "a.mp4", "--for", "30"}), HasSubstr("30s"));
  expect_refused(weir({"watch", "a.mp4", "--fast", "--loop"}), AllOf(HasSubstr("--fast"), HasSubstr("--loop")));
  expect_refused(weir({"watch", "rtsp://u:hunter2@127.0.0.1:1/x", "--fast"}),
                 AllOf(HasSubstr("--fast"), Not(HasSubstr("hunter2"))));
  expect_refused(weir({"watch", "a.mp4", "--listen", "0.0.0.0:80"}), HasSubstr("this machine only"));
  expect_refused(weir({"watch", "a.mp4", "--listen", "127.0.0.1:0", "--no-server"}), HasSubstr("--no-server"));
  expect_refused(weir({"watch", "a.mp4", "--set", "detect.fsp=1"}), HasSubstr("did you mean detect.fps?"));
  expect_refused(weir({"watch", "a.mp4", "--bogus"}), HasSubstr("--bogus"));
}

TEST_F(WatchCommandLine, AReportThatCannotBeWrittenIsFoundAtTheStart) {
  expect_refused(weir({"watch", "demo:street", "--no-server", "--report", scratch.path().string()}),
                 HasSubstr("--report"));
  expect_refused(weir({"watch", "demo:street", "--no-server", "--report", (scratch / "none").string() + "/r.json"}),
                 HasSubstr("--report"));
  expect_refused(weir({"watch", "demo:street", "--no-server", "--events", (scratch / "none").string() + "/e.jsonl"}),
                 HasSubstr("--events"));
  if (::geteuid() != 0) {
    ::chmod(scratch.path().c_str(), 0555);
    expect_refused(weir({"watch", "demo:street", "--no-server", "--report", (scratch / "r.json").string()}),
                   HasSubstr("Permission denied"));
    ::chmod(scratch.path().c_str(), 0755);
  }
}

TEST_F(WatchCommandLine, ARunWritesItsReportAndEndsWithItsTime) {
  const auto report = scratch / "r.json";
  const Outcome run =
      weir({"watch", "demo:street", "--listen", "127.0.0.1:0", "--for", "2s", "--report", report.string()});
  ASSERT_TRUE(run.ok()) << run.line();
  EXPECT_THAT(run.out, HasSubstr("watching 1 camera, http://127.0.0.1:"));
  std::stringstream text;
  text << std::ifstream(report).rdbuf();
  const auto json = nlohmann::json::parse(text.str());
  EXPECT_EQ(json.at("cameras").at(0).at("id"), "street");
  EXPECT_FALSE(json.at("pools").empty());
  for (const auto& pool : json.at("pools")) {
    EXPECT_EQ(pool.at("acquired"), pool.at("released")) << pool;
    EXPECT_EQ(pool.at("outstanding"), 0) << pool;
  }
}

TEST_F(WatchCommandLine, ASignalDrainsReportsAndTellsItself) {
  for (const auto& [signal, status] : std::map<int, int>{{SIGINT, 130}, {SIGTERM, 143}}) {
    const auto report = scratch / ("r" + std::to_string(signal));
    Process process(
        {.argv = {program("weir")->string(), "watch", "demo:street", "--no-server", "--report", report.string()}});
    ASSERT_TRUE(process.wait_for_output("watching 1 camera")) << process.err();
    ASSERT_TRUE(process.send(signal));
    const Outcome end = process.wait();
    EXPECT_EQ(end.exit_code, status) << end.line();
    EXPECT_TRUE(std::filesystem::exists(report));
  }
}

TEST_F(WatchCommandLine, ASourceThatCannotBeOpenedFailsTheRunAndHarmsNoOther) {
  const Outcome run = weir({"watch", (scratch / "none.mp4").string(), "demo:street?frames=30", "--fast"});
  EXPECT_EQ(run.exit_code, 1) << run.line();
  EXPECT_THAT(run.err, HasSubstr("none"));
  EXPECT_THAT(run.out, HasSubstr("30 decoded"));
}

}  // namespace
