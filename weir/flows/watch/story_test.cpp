#include "weir/flows/watch/story.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

namespace weir::watch {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class Stories : public testing::Test {
 protected:
  Stories() : file_(std::filesystem::temp_directory_path() / ("weir-story-" + std::to_string(::getpid()) + ".jsonl")) {}
  ~Stories() override { std::filesystem::remove(file_); }

  std::unique_ptr<Story> open(std::vector<std::string>* told = nullptr, bool keep = true) {
    auto story = Story::open({.fast = false,
                              .file = keep ? file_ : "",
                              .listener = [told](const Incident&, Turn, const Place&, const std::string& line) {
                                if (told != nullptr) told->push_back(line);
                              }});
    EXPECT_TRUE(story);
    return std::move(*story);
  }
  static Moment at(std::int64_t s) {
    return {static_cast<std::uint64_t>(s * 10), s * 1'000'000, 1'700'000'000'000'000 + s * 1'000'000};
  }
  static std::vector<std::string> ids(const std::string& list) {
    std::vector<std::string> out;
    const json parsed = json::parse(list);
    for (const auto& event : parsed["events"]) out.push_back(event["id"]);
    return out;
  }

  const std::filesystem::path file_;
};

TEST_F(Stories, EveryTurnIsToldInOrderWithWhereTheThingIsThen) {
  std::vector<std::string> told;
  const auto story = open(&told);
  const std::string id = story->begin("front", "person", 7, at(1), {1, 2, 30, 40}, 0.6F, true, true);
  EXPECT_EQ(id, "front-1700000001000-7");
  story->turn(id, Turn::enter, at(2), {.name = "door", .box = {5, 6, 30, 40}});
  EXPECT_FALSE(story->seen(id, at(3), {9, 9, 30, 40}, 0.6F));
  EXPECT_TRUE(story->seen(id, at(4), {9, 9, 60, 80}, 0.9F)) << "clearly better";
  story->turn(id, Turn::leave, at(5), {.name = "door", .inside_us = 3'000'000, .box = {8, 8, 30, 40}});
  story->turn(id, Turn::line, at(5), {.name = "gate", .forward = true, .box = {8, 8, 30, 40}});
  story->end(id, at(9));
  std::vector<std::string> types;
  for (const std::string& line : told) types.push_back(json::parse(line)["type"]);
  EXPECT_THAT(types, ElementsAre("start", "enter", "leave", "line", "end"));
  const json enter = json::parse(told[1]), leave = json::parse(told[2]), line = json::parse(told[3]),
             end = json::parse(told[4]);
  EXPECT_EQ(enter["box"], json({5, 6, 30, 40}));
  EXPECT_EQ(enter["zone"], "door");
  EXPECT_EQ(leave["inside_s"], 3.0);
  EXPECT_EQ(line["direction"], "forward");
  EXPECT_EQ(end["pts_ms"], 9000.0) << "when it is known";
  EXPECT_EQ(end["lasted_s"], 3.0) << "to when it was seen";
  EXPECT_EQ(end["box"], json({9, 9, 60, 80}));
  EXPECT_EQ(end["zones"], json({"door"}));
  EXPECT_EQ(end["clip"], "front/clips/" + id + ".mp4");
  const json kept = json::parse(story->one(id));
  EXPECT_TRUE(kept["over"]);
  EXPECT_NEAR(kept["confidence"].get<double>(), 0.9, 1e-6) << "the best look";
}

TEST_F(Stories, WhatIsOverIsThereInTheNextRun) {
  {
    const auto story = open();
    story->end(story->begin("front", "person", 1, at(1), {}, 0.5F, false, false), at(1));
    story->begin("front", "person", 2, at(2), {}, 0.5F, false, false);  // never ends
  }
  // A line that was not written to its end, and one that is none of ours.
  std::ofstream(file_, std::ios::app) << "{\"id\": \"x\", \"box\"\n[]\n{\"id\": 3}\n";
  {
    const auto story = open();
    EXPECT_THAT(ids(story->list(Story::Filter{})), ElementsAre("front-1700000001000-1"));
    story->end(story->begin("yard", "car", 1, at(9), {}, 0.5F, false, false), at(9));
  }
  EXPECT_THAT(ids(open()->list(Story::Filter{})), ElementsAre("yard-1700000009000-1", "front-1700000001000-1"));
}

TEST_F(Stories, AreListedNewestFirstAndFiltered) {
  const auto story = open(nullptr, false);
  for (int i = 0; i < 6; ++i) {
    const std::string id = story->begin(i % 2 == 0 ? "a" : "b", i < 3 ? "person" : "car", static_cast<unsigned>(i + 1),
                                        at(i), {}, 0.5F, false, false);
    if (i < 4) story->end(id, at(i));
  }
  const auto all = ids(story->list(Story::Filter{}));
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all.front(), "b-1700000005000-6");
  EXPECT_EQ(all.back(), "a-1700000000000-1");
  EXPECT_EQ(ids(story->list({.camera = "a"})).size(), 3u);
  EXPECT_EQ(ids(story->list({.camera = "a", .label = "car"})).size(), 1u);
  EXPECT_THAT(ids(story->list({.before = all[3], .limit = 1})), ElementsAre(all[4]));
  EXPECT_EQ(json::parse(story->list(Story::Filter{}))["total"], 6);
  EXPECT_EQ(story->one("nobody"), "");
}

TEST_F(Stories, WhatIsOverIsBoundedInMemoryAndInTheFile) {
  const auto story = open(nullptr, false);
  for (std::size_t i = 0; i < 2 * Story::max_kept; ++i) {
    story->end(story->begin("a", "car", i + 1, at(static_cast<std::int64_t>(i)), {}, 0.5F, false, false),
               at(static_cast<std::int64_t>(i)));
  }
  EXPECT_EQ(ids(story->list({.limit = 100'000})).size(), Story::max_kept);
  {
    std::ofstream many(file_);
    for (std::size_t i = 0; i < 4 * Story::max_kept + 10; ++i) {
      many << json{{"id", "a-" + std::to_string(i)}, {"camera", "a"}, {"class", "car"}, {"box", {1, 2, 3, 4}}} << '\n';
    }
  }
  const auto grown = std::filesystem::file_size(file_);
  EXPECT_EQ(ids(open()->list({.limit = 100'000})).size(), Story::max_kept);
  EXPECT_LT(std::filesystem::file_size(file_), grown);
  std::ifstream shorter(file_);
  EXPECT_EQ(std::count(std::istreambuf_iterator<char>(shorter), {}, '\n'), static_cast<long>(Story::max_kept));
}

TEST_F(Stories, ADiskThatHangsHoldsNobodyUp) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);  // nobody reads: opening it waits
  auto story = open();
  for (unsigned i = 0; i < 1000; ++i) {
    story->end(story->begin("a", "car", i + 1, at(i), {}, 0.5F, false, false), at(i));
  }
  EXPECT_EQ(ids(story->list({.limit = 100'000})).size(), 1000u);
  std::thread reader([&] {
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) EXPECT_TRUE(json::accept(line));
  });
  story.reset();
  reader.join();
}

TEST_F(Stories, OfAFastRunNameNoWallTime) {
  std::vector<std::string> told;
  auto story =
      Story::open({.fast = true, .listener = [&](const Incident&, Turn, const Place&, const std::string& line) {
                     told.push_back(line);
                   }});
  ASSERT_TRUE(story);
  EXPECT_EQ((*story)->begin("a", "car", 3, at(2), {}, 0.5F, false, false), "a-2000-3");
  EXPECT_FALSE(json::parse(told[0]).contains("time_ms"));
}

}  // namespace
}  // namespace weir::watch
