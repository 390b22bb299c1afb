#include "weir/app/drawn_toml.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "weir/app/settings.hpp"
#include "weir/app/watch_settings.hpp"

namespace weir::app {
namespace {

using testing::HasSubstr;
using watch::DrawnOptions;

constexpr const char* file_text = R"(# My cameras.
detect.fps = 5  # enough

[zones.everywhere]
points = [[0, 0], [1, 0], [1, 1]]

[cameras.front]
url = "rtsp://10.0.0.7/front"  # the old one
# The door, not the path.
[cameras.front.zones.door]
points = [
  [0.1, 0.2],  # upper left
  [0.5, 0.2],
  [0.5, 0.9],
]  # measured
dwell_s = 3

[cameras.front.lines.gate]  # in and out
points = [[0, 0.5], [1, 0.5]]

[cameras.back]
url = "back.mp4"
)";

DrawnOptions drawn_in(const std::string& text, const std::string& camera) {
  const auto settings = Settings::load_text(text, "t.toml");
  EXPECT_TRUE(settings) << (settings ? "" : settings.error().front().line() + "\n" + text);
  return settings ? drawn_options(*settings, camera) : DrawnOptions{};
}

TEST(DrawnToml, WhatStaysTheSameLosesNothing) {
  const DrawnOptions drawn = drawn_in(file_text, "front");
  ASSERT_EQ(drawn.zones.size(), 2u);
  const auto changed = exchange_drawn(file_text, "front", drawn);
  ASSERT_TRUE(changed) << changed.error().line();
  EXPECT_EQ(*changed, file_text);
}

TEST(DrawnToml, EveryCommentStaysWhateverIsChangedAndRemoved) {
  DrawnOptions moved = drawn_in(file_text, "front"), bare;
  moved.zones[1].points[0] = {0.3, 0.3};
  bare.zones.push_back(moved.zones[0]);  // the one that is everywhere
  for (const DrawnOptions& drawn : {moved, bare}) {
    const auto changed = exchange_drawn(file_text, "front", drawn);
    ASSERT_TRUE(changed) << changed.error().line();
    for (const char* comment : {"# My cameras.\n", "# enough\n", "# the old one\n", "# The door, not the path.\n",
                                "# upper left\n", "# measured\n", "# in and out\n"}) {
      EXPECT_THAT(*changed, HasSubstr(comment));
    }
  }
}

TEST(DrawnToml, ChangesAddsAndRemovesOnlyTheCamerasOwn) {
  DrawnOptions drawn = drawn_in(file_text, "front");
  drawn.zones[1].points[0] = {0.25, 0.3333};
  drawn.zones[1].dwell = watch::Seconds(0);
  drawn.zones[1].classes = {"person", "traffic light"};
  drawn.lines.clear();
  drawn.masks.push_back({"tree", {{0, 0}, {0.2, 0}, {0.2, 0.3}}});
  const auto changed = exchange_drawn(file_text, "front", drawn);
  ASSERT_TRUE(changed) << changed.error().line();
  EXPECT_EQ(drawn_in(*changed, "front"), drawn);
  EXPECT_EQ(drawn_in(*changed, "back"), drawn_in(file_text, "back"));
  EXPECT_THAT(
      *changed,
      HasSubstr("points = [[0.25, 0.3333], [0.5, 0.2], [0.5, 0.9]]\nclasses = [\"person\", \"traffic light\"]\n"));
  EXPECT_THAT(*changed, testing::Not(HasSubstr("lines.gate")));
  EXPECT_THAT(*changed, testing::Not(HasSubstr("dwell_s")));
  // A new one comes behind the camera's others, not at the end of the file.
  EXPECT_LT(changed->find("[cameras.front.masks.tree]"), changed->find("[cameras.back]"));
}

TEST(DrawnToml, ACameraWithoutADrawingGetsOne) {
  const DrawnOptions drawn{.zones = {{"a", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}}, .lines = {}, .masks = {}};
  for (const char* text :
       {"[cameras.x]\nurl = \"a.mp4\"", "[cameras]\nx.url = \"a.mp4\"\n", "cameras.x.url = \"a.mp4\"\n", ""}) {
    const auto changed = exchange_drawn(text, "x", drawn);
    ASSERT_TRUE(changed || std::string(text).empty()) << text << ": " << changed.error().line();
    if (changed) EXPECT_EQ(drawn_in(*changed, "x"), drawn) << *changed;
  }
}

TEST(DrawnToml, WhatCannotBeChangedLineByLineIsRefusedAndNothingIsLost) {
  DrawnOptions drawn;  // nothing at all
  for (const char* text : {
           "[cameras.x]\nurl = \"a.mp4\"\nzones = { door = { points = [[0, 0], [1, 0], [1, 1]] } }\n",
           "[cameras.x]\nurl = \"a.mp4\"\nzones.door.points = [[0, 0], [1, 0], [1, 1]]\n",
           "[zones.all]\npoints = [[0, 0], [1, 0], [1, 1]]\n[cameras.x]\nurl = \"a.mp4\"\n",
       }) {
    const auto changed = exchange_drawn(text, "x", drawn);
    ASSERT_FALSE(changed) << *changed;
    EXPECT_EQ(changed.error().code, Code::unsupported);
  }
}

TEST(DrawnToml, ADrawingThatNoSettingsWouldTakeIsRefused) {
  const auto error = [](watch::ZoneOptions zone) {
    DrawnOptions drawn;
    drawn.zones.push_back(std::move(zone));
    const auto good = check_drawn("x", drawn);
    return good ? std::string("good") : good.error().line();
  };
  EXPECT_EQ(error({"a", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}), "good");
  EXPECT_THAT(error({"a b", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}), HasSubstr("not a name"));
  EXPECT_THAT(error({"a\n[cameras.x.zones.b]", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}), testing::Ne("good"));
  EXPECT_THAT(error({"a", {{0, 0}, {1, 0}}, {}, {}}), HasSubstr("out of range"));
  EXPECT_THAT(error({"a", {{0, 0}, {1, 0}, {1, 2}}, {}, {}}), HasSubstr("out of range"));
  EXPECT_THAT(error({"a", {{0, 0}, {1, 0}, {1, std::nan("")}}, {}, {}}), testing::Ne("good"));
  EXPECT_THAT(error({"a", {{0, 0}, {1, 0}, {1, 1}}, {"a\"\nb"}, {}}), testing::Ne("good"));
  DrawnOptions twice;
  twice.zones = {{"a", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}, {"a", {{0, 0}, {1, 0}, {1, 1}}, {}, {}}};
  EXPECT_FALSE(check_drawn("x", twice));
}

TEST(DrawnToml, AnyDrawingSurvivesItsWayThroughTheFile) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return random() % n; };
  const auto point = [&] { return watch::Point{below(10001) / 1e4, below(10001) / 1e4}; };
  std::string text = file_text;
  for (int i = 0; i < 200; ++i) {
    const std::string camera = below(2) == 0 ? "front" : "back";
    DrawnOptions drawn;
    drawn.zones.push_back(drawn_in(text, camera).zones[0]);  // the one that is everywhere
    for (unsigned zone = below(4); zone > 0; --zone) {
      auto& one = drawn.zones.emplace_back();
      one.name = "zone-" + std::to_string(zone);
      for (unsigned corner = 3 + below(5); corner > 0; --corner) one.points.push_back(point());
      if (below(2) == 0) one.classes = {"person"};
      one.dwell = watch::Seconds(below(3) * 0.5);
    }
    if (below(2) == 0) drawn.lines.push_back({"l", point(), point(), {}});
    if (below(2) == 0) drawn.masks.push_back({"m", {point(), point(), point()}});
    const auto other = camera == "front" ? "back" : "front";
    const auto before = drawn_in(text, other);
    const auto changed = exchange_drawn(text, camera, drawn);
    ASSERT_TRUE(changed) << changed.error().line() << "\n" << text;
    auto after = drawn_in(*changed, camera);
    std::sort(after.zones.begin(), after.zones.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::sort(drawn.zones.begin(), drawn.zones.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    EXPECT_EQ(after, drawn);
    EXPECT_EQ(drawn_in(*changed, other), before);
    EXPECT_THAT(*changed, HasSubstr("# The door, not the path.\n"));
    text = *changed;
  }
}

TEST(DrawnToml, TheFileKeepsItsPermissionsAndALinkStaysALink) {
  const auto dir = std::filesystem::temp_directory_path() / ("weir-drawn-" + std::to_string(::getpid()));
  std::filesystem::create_directories(dir);
  const auto file = dir / "cameras.toml", link = dir / "link.toml";
  std::ofstream(file) << file_text;
  ::chmod(file.c_str(), 0600);
  std::filesystem::create_symlink(file, link);
  DrawnOptions drawn = drawn_in(file_text, "front");
  drawn.lines.clear();
  const auto saved = save_drawn(link, "front", drawn);
  ASSERT_TRUE(saved) << saved.error().line();
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(std::filesystem::status(file).permissions(), static_cast<std::filesystem::perms>(0600));
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(drawn_in(text.str(), "front"), drawn);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace weir::app
