#include "weir/app/watch_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "weir/app/read_settings.hpp"
#include "weir/app/settings_docs.hpp"
#include "weir/app/spatial_settings.hpp"

namespace weir::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// A value that is allowed and is not the default, written as after --set.
std::string another(const Key& key) {
  switch (key.type) {
    case Type::boolean: return key.fallback == "true" ? "false" : "true";
    case Type::integer:
      return std::get<std::int64_t>(default_value(key)) == static_cast<std::int64_t>(key.min)
                 ? to_text(Value{static_cast<std::int64_t>(key.max)})
                 : to_text(Value{static_cast<std::int64_t>(key.min)});
    case Type::number:
      return std::get<double>(default_value(key)) == key.min ? to_text(Value{key.max}) : to_text(Value{key.min});
    case Type::bytes: return "77MB";
    case Type::choice:
      for (const std::string_view choice : choices_of(key)) {
        if (choice != key.fallback) return std::string(choice);
      }
      break;
    case Type::list: return "person, car";
    case Type::points: return key.max == 2 ? "0,0.5 1,0.5" : "0,0 1,0 1,0.5";
    case Type::secret: return "hush";
    case Type::text: return key.name == "server.listen" ? "127.0.0.1:9" : "rtsp://other/stream";
  }
  return "a choice of one is no choice";
}

// All that a program run with these settings is told.
struct Told {
  watch::WatchOptions watch;
  spatial::SpatialOptions spatial;
  read::ReadOptions read;
  AppOptions app;
  bool operator==(const Told&) const = default;
};

Told told(std::vector<Assignment> flags, std::vector<std::string_view>* unread = nullptr) {
  SettingsSources sources{
      .flags = {flag({"cameras", "one", "url"}, "rtsp://one"), flag({"cameras", "two", "url"}, "b.mp4")}};
  sources.flags.insert(sources.flags.end(), flags.begin(), flags.end());
  const auto settings = Settings::load(sources);
  if (!settings) {
    ADD_FAILURE() << settings.error().front().line();
    return {};
  }
  auto options = watch_options(*settings, {});
  if (!options) {
    ADD_FAILURE() << options.error().front().line();
    return {};
  }
  Told out{std::move(*options), spatial_options(*settings), read_options(*settings), app_options(*settings)};
  if (unread) *unread = settings->unread();
  return out;
}

// By name: a test is listed with its parameter, and a key printed byte by byte would be another one in each run.
class EverySetting : public testing::TestWithParam<std::string> {};
class EveryCamerasSetting : public testing::TestWithParam<std::string> {};

std::vector<std::string> keys_but(Scope without) {
  std::vector<std::string> names;
  for (const Key& key : schema()) {
    if (key.scope != without) names.emplace_back(key.name);
  }
  return names;
}

std::string as_a_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

// What must be there before a setting of a named thing means anything: the thing.
std::vector<Assignment> things() {
  std::vector<Assignment> out;
  for (const char* text :
       {"zones.NAME.points=0,0 1,0 1,1", "lines.NAME.points=0,0 1,1", "masks.NAME.points=0,0 1,0 1,1"}) {
    out.push_back(parse_assignment(text).value());
  }
  return out;
}

Told told_with(const std::string& text) {
  std::vector<Assignment> flags = things();
  flags.push_back(parse_assignment(text).value());
  return told(std::move(flags));
}

TEST_P(EverySetting, IsObeyed) {
  const Key& key = *find_key(GetParam());
  EXPECT_NE(told(things()), told_with(std::string(key.name) + '=' + another(key))) << key.name;
}

TEST_P(EveryCamerasSetting, IsObeyedForOneCameraAndLeavesTheOthersAlone) {
  const Key& key = *find_key(GetParam());
  const std::string camera = key.name == "source.loop" ? "two" : "one";
  const Told before = told(things());
  const Told after = told_with("cameras." + camera + '.' + std::string(key.name) + '=' + another(key));
  const auto find = [](const Told& in, const std::string& id) {
    for (const auto& one : in.watch.cameras) {
      if (one.id == id) return one;
    }
    return watch::CameraOptions{};
  };
  const std::string other = camera == "one" ? "two" : "one";
  EXPECT_NE(find(before, camera), find(after, camera)) << key.name;
  EXPECT_EQ(find(before, other), find(after, other)) << key.name;
}

INSTANTIATE_TEST_SUITE_P(Schema, EverySetting, testing::ValuesIn(keys_but(Scope::camera)), as_a_name);
INSTANTIATE_TEST_SUITE_P(Schema, EveryCamerasSetting, testing::ValuesIn(keys_but(Scope::global)), as_a_name);

TEST(WatchSettings, NoKeyOfTheSchemaStaysUnread) {
  std::vector<std::string_view> unread;
  told(things(), &unread);
  EXPECT_THAT(unread, IsEmpty());
}

TEST(WatchSettings, ZonesAreReadFromArraysAndFromText) {
  const auto settings = Settings::load_text(R"(
[zones.everywhere]
points = [[0, 0], [1, 0], [1, 1]]
[cameras.one]
url = "a.mp4"
detect.classes = ["person", "traffic light"]
[cameras.one.zones.door]
points = [[0.1, 0.25], [0.5, 0.25], [0.5, 1]]
dwell_s = 3
classes = ["person"]
[cameras.two]
url = "b.mp4"
lines.gate.points = "0,0.5 1,0.5"
)",
                                            "t.toml");
  ASSERT_TRUE(settings) << settings.error().front().line();
  const auto told = watch_options(*settings, {});
  ASSERT_TRUE(told);
  const auto& one = told->cameras[0];
  EXPECT_EQ(one.classes, (std::vector<std::string>{"person", "traffic light"}));
  ASSERT_EQ(one.drawn.zones.size(), 2u);
  EXPECT_EQ(one.drawn.zones[0].name, "everywhere");
  EXPECT_EQ(one.drawn.zones[1],
            (watch::ZoneOptions{"door", {{0.1, 0.25}, {0.5, 0.25}, {0.5, 1}}, {"person"}, watch::Seconds(3)}));
  const auto& two = told->cameras[1];
  ASSERT_EQ(two.drawn.zones.size(), 1u);
  ASSERT_EQ(two.drawn.lines.size(), 1u);
  EXPECT_EQ(two.drawn.lines[0], (watch::LineOptions{"gate", {0, 0.5}, {1, 0.5}, {}}));
}

TEST(WatchSettings, WhatIsDrawnIsChecked) {
  const auto error = [](std::string_view body) {
    const auto settings = Settings::load_text("[cameras.one]\nurl = \"a.mp4\"\n" + std::string(body), "t.toml");
    return settings ? std::string("none") : settings.error().front().line();
  };
  EXPECT_EQ(error("zones.door.points = [[0, 0], [1, 0], [1, 1]]"), "none");
  EXPECT_THAT(error("zones.door.points = [[0, 0], [1, 0]]"), HasSubstr("out of range (found 2 points"));
  EXPECT_THAT(error("zones.door.points = [[0, 0], [1, 0], [1, 1.5]]"), HasSubstr("out of range"));
  EXPECT_THAT(error("zones.door.points = [[0, 0], [1, 0], [1]]"), HasSubstr("wrong type"));
  EXPECT_THAT(error("zones.door.points = [0, 1]"), HasSubstr("wrong type"));
  EXPECT_THAT(error("zones.door.dwell_s = 3"), HasSubstr("cameras.one.zones.door.points: missing"));
  EXPECT_THAT(error("zones.door.point = 3"), HasSubstr("unknown setting (did you mean"));
  EXPECT_THAT(error("zones.\"a b\".points = [[0, 0], [1, 0], [1, 1]]"), HasSubstr("not a name"));
  EXPECT_THAT(error("zones = 3"), HasSubstr("group"));
  EXPECT_THAT(error("detect.fps = [1]"), HasSubstr("found an array"));
  EXPECT_THAT(error("detect.classes = [\"a, b\"]"), HasSubstr("wrong type"));
  EXPECT_THAT(error("detect.engine = \"onnx\""),
              HasSubstr("cameras.one.detect.engine and detect.model: impossible together"));
}

TEST(WatchSettings, SecretsAreNotShown) {
  const auto settings = Settings::load({.flags = {parse_assignment("mqtt.password=hush").value()}});
  ASSERT_TRUE(settings);
  for (const SettingShown& shown : settings->show())
    EXPECT_THAT(shown.value, testing::Not(HasSubstr("hush"))) << shown.key;
}

TEST(WatchSettings, ReadsAreNotedOneByOne) {
  const Settings settings = std::move(*Settings::load({}));
  EXPECT_EQ(settings.unread().size(), schema().size());
  settings.number("detect.fps");
  EXPECT_EQ(settings.unread().size(), schema().size() - 1);
}

tl::expected<watch::WatchOptions, std::vector<Error>> options(std::initializer_list<std::string_view> assignments,
                                                              const WatchRun& run) {
  SettingsSources sources;
  for (const auto text : assignments) sources.flags.push_back(parse_assignment(text).value());
  return watch_options(Settings::load(sources).value(), run);
}

TEST(WatchSettings, TheDecodingDeviceIsTheOneThatIsNamed) {
  for (const auto& [text, device] : {std::pair{"none", media::HwAccel::none},
                                     {"auto", media::HwAccel::automatic},
                                     {"nvdec", media::HwAccel::nvdec},
                                     {"vaapi", media::HwAccel::vaapi}}) {
    const std::string assignment = std::string("decode.hwaccel=") + text;
    EXPECT_EQ(options({"cameras.a.url=a.mp4", assignment}, {})->cameras[0].hwaccel, device);
    EXPECT_STREQ(media::to_string(device), text);
  }
}

TEST(WatchSettings, FastLooksAtEveryFrameAndListensOnlyWhenTold) {
  const WatchRun fast{.fast = true};
  EXPECT_EQ(options({"cameras.a.url=a.mp4"}, fast)->cameras[0].detect_fps, 0);
  EXPECT_EQ(options({"cameras.a.url=a.mp4", "detect.fps=5"}, fast)->cameras[0].detect_fps, 5);
  EXPECT_EQ(options({"cameras.a.url=a.mp4"}, {})->cameras[0].detect_fps, 5);
  EXPECT_FALSE(options({"cameras.a.url=a.mp4"}, fast)->server.enabled);
  EXPECT_TRUE(options({"cameras.a.url=a.mp4"}, {})->server.enabled);
  EXPECT_TRUE(options({"cameras.a.url=a.mp4", "server.listen=127.0.0.1:0"}, fast)->server.enabled);
  EXPECT_FALSE(
      options({"cameras.a.url=a.mp4", "server.listen=127.0.0.1:0", "server.enabled=false"}, fast)->server.enabled);
}

TEST(WatchSettings, FastRefusesWhatCannotGoFaster) {
  const WatchRun fast{.fast = true};
  const auto line = [](const auto& result) { return result ? std::string("no error") : result.error().front().line(); };
  EXPECT_THAT(line(options({"cameras.a.url=rtsp://u:p@h/x"}, fast)),
              AllOf(HasSubstr("--fast and cameras.a.url"), HasSubstr("***@h")));
  EXPECT_THAT(line(options({"cameras.a.url=a.mp4", "source.loop=true"}, fast)),
              HasSubstr("--fast and cameras.a.source.loop"));
}

TEST(WatchSettings, NothingToWatchIsAnError) {
  EXPECT_THAT(options({}, {}).error().front().line(), HasSubstr("nothing to watch"));
  EXPECT_THAT(options({"cameras.a.url=a", "cameras.a.enabled=false"}, {}).error().front().line(),
              HasSubstr("disabled"));
}

TEST(SettingsDocs, TheCommittedPageIsTheSchemas) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/docs/settings.md");
  std::stringstream page;
  page << in.rdbuf();
  EXPECT_EQ(page.str(), settings_markdown()) << "docs/settings.md is out of date: weir config docs > docs/settings.md";
}

TEST(SettingsDocs, EveryKeyIsExplained) {
  for (const Key& key : schema()) {
    EXPECT_TRUE(key.doc.ends_with('.')) << key.name;
    EXPECT_GT(key.doc.size(), 20u) << key.name;
  }
}

}  // namespace
}  // namespace weir::app
