#include "weir/app/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/app/settings_docs.hpp"
#include "weir/app/settings_rules.hpp"

namespace weir::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Settings good(std::string_view toml, SettingsSources sources = {}) {
  auto settings = Settings::load_text(toml, "weir.toml", sources);
  if (!settings) {
    ADD_FAILURE() << settings.error().front().line();
    return std::move(*Settings::load_text("", ""));
  }
  return std::move(*settings);
}

std::vector<std::string> errors(std::string_view toml, SettingsSources sources = {}) {
  auto settings = Settings::load_text(toml, "weir.toml", sources);
  std::vector<std::string> out;
  if (!settings) {
    for (const Error& error : settings.error()) out.push_back(error.line());
  }
  return out;
}

SettingsSources environment(std::vector<std::string> variables) { return {.environment = std::move(variables)}; }
SettingsSources set(std::initializer_list<std::string_view> assignments) {
  SettingsSources sources;
  for (const auto text : assignments) sources.flags.push_back(parse_assignment(text).value());
  return sources;
}

std::string origin(const Settings& settings, std::string_view key) {
  for (const SettingShown& shown : settings.show()) {
    if (shown.key == key) return shown.origin;
  }
  return "(not shown)";
}

TEST(Settings, FlagWinsOverEnvironmentOverFileOverDefault) {
  const std::string file = "detect.fps = 2\n";
  EXPECT_EQ(good("").number("detect.fps"), 5);
  EXPECT_EQ(good(file).number("detect.fps"), 2);
  SettingsSources sources = environment({"WEIR_DETECT__FPS=3", "HOME=/x"});
  EXPECT_EQ(good(file, sources).number("detect.fps"), 3);
  sources.flags = set({"detect.fps=4"}).flags;
  EXPECT_EQ(good(file, sources).number("detect.fps"), 4);
}

TEST(Settings, EveryValueKeepsWhereItCameFrom) {
  SettingsSources sources = environment({"WEIR_DETECT__WIDTH=320"});
  sources.flags = set({"detect.height=180"}).flags;
  const Settings settings = good("\n\n[detect]\nfps = 2\n", sources);
  EXPECT_EQ(origin(settings, "detect.fps"), "weir.toml:4");
  EXPECT_EQ(origin(settings, "detect.width"), "env:WEIR_DETECT__WIDTH");
  EXPECT_EQ(origin(settings, "detect.height"), "flag");
  EXPECT_EQ(origin(settings, "motion.threshold"), "default");
}

TEST(Settings, OneCamerasValueWinsOverTheGlobalOneValueByValue) {
  const Settings settings = good(R"(
    detect.fps = 2
    motion.threshold = 40
    [cameras.front]
    url = "a.mp4"
    detect.fps = 7
    [cameras.back]
    url = "b.mp4"
    [cameras.back.motion]
    threshold = 50
  )",
                                 set({"detect.fps=9"}));
  EXPECT_EQ(settings.number("detect.fps", "front"), 7);
  EXPECT_EQ(settings.integer("motion.threshold", "front"), 40);
  EXPECT_EQ(settings.number("detect.fps", "back"), 9);
  EXPECT_EQ(settings.integer("motion.threshold", "back"), 50);
}

TEST(Settings, CamerasKeepTheOrderInWhichTheyAreWritten) {
  EXPECT_THAT(good("[cameras.zoo]\nurl='a'\n[cameras.ant]\nurl='b'\n").cameras(), ElementsAre("zoo", "ant"));
}

TEST(Settings, EnvironmentReachesCamerasWhoseNamesItCannotSpell) {
  const Settings settings = good("[cameras.Front-Door]\nurl='a'\n",
                                 environment({"WEIR_CAMERAS__FRONT_DOOR__URL=b", "WEIR_CAMERAS__NEW__URL=c"}));
  EXPECT_THAT(settings.cameras(), ElementsAre("Front-Door", "new"));
  EXPECT_EQ(settings.text("url", "Front-Door"), "b");
}

TEST(Settings, AddressesWithoutNamesGetTheirOwnAndTakeWhatIsSetForThem) {
  SettingsSources sources = set({"cameras.car-2.detect.fps=3"});
  sources.environment = {"WEIR_CAMERAS__CAR_2__DETECT__WIDTH=320"};
  sources.addresses = {"x/car.mp4", "car.mkv"};
  const Settings settings = good("[cameras.car]\nurl = 'first.mp4'\n", sources);
  EXPECT_THAT(settings.cameras(), testing::UnorderedElementsAre("car", "car-2", "car-3"));
  EXPECT_EQ(settings.text("url", "car"), "first.mp4");
  EXPECT_EQ(settings.text("url", "car-2"), "x/car.mp4");
  EXPECT_EQ(settings.number("detect.fps", "car-2"), 3);
  EXPECT_EQ(settings.integer("detect.width", "car-2"), 320);
}

TEST(Settings, UnknownKeyIsAnErrorWithSuggestionWhereverItStands) {
  EXPECT_THAT(errors("[detect]\nfsp = 2\n"),
              ElementsAre(AllOf(HasSubstr("weir.toml:2: detect.fsp: unknown"), HasSubstr("did you mean detect.fps?"))));
  EXPECT_THAT(errors("", environment({"WEIR_DETECT__FSP=2"})),
              ElementsAre(AllOf(HasSubstr("env:WEIR_DETECT__FSP: "), HasSubstr("did you mean detect.fps?"))));
  EXPECT_THAT(errors("", set({"detec.fps=2"})), ElementsAre(HasSubstr("did you mean detect.fps?")));
  EXPECT_THAT(errors("fps = 2"), ElementsAre(HasSubstr("did you mean detect.fps?")));
  EXPECT_THAT(errors("[camera.front]\nurl = 'a'"), ElementsAre(HasSubstr("did you mean cameras.front.url?")));
  EXPECT_THAT(errors("[cameras.front]\nurl='a'\ndetect.fp = 1"),
              ElementsAre(HasSubstr("did you mean cameras.front.detect.fps?")));
  EXPECT_THAT(errors("[detectt]\n"), ElementsAre(HasSubstr("detectt: unknown setting")));
  EXPECT_THAT(errors("zzzzzzzzzzz = 1"), ElementsAre(HasSubstr("docs/settings.md")));
  EXPECT_THAT(errors("", environment({"WEIR_=1"})), SizeIs(1));
}

TEST(Settings, TestVariablesAreNoSettings) {
  EXPECT_THAT(errors("", environment({"WEIR_TEST_DATA=/data", "WEIRD=1"})), IsEmpty());
}

TEST(Settings, WrongTypeSaysWhatWasFoundAndWhatIsAllowed) {
  EXPECT_THAT(errors("detect.fps = 'five'"),
              ElementsAre(AllOf(HasSubstr("weir.toml:1: detect.fps: wrong type"), HasSubstr("found the text \"five\""),
                                HasSubstr("allowed: a number from 0 to 240"))));
  EXPECT_THAT(errors("decode.threads = 1.5"), ElementsAre(HasSubstr("found the number 1.5")));
  EXPECT_THAT(errors("decode.threads = [1]"), ElementsAre(HasSubstr("found an array")));
  EXPECT_THAT(errors("decode.threads = 2024-01-01"), ElementsAre(HasSubstr("found a date or time")));
  EXPECT_THAT(errors("detect.fps = {}"), ElementsAre(HasSubstr("found a table")));
  EXPECT_THAT(errors("motion.enabled = 1"), ElementsAre(HasSubstr("allowed: true or false")));
  EXPECT_THAT(errors("motion.model = 'mog3'"), ElementsAre(HasSubstr("allowed: average or mog2")));
  EXPECT_THAT(errors("memory.camera_max = '12 parsecs'"), ElementsAre(HasSubstr("\"256MB\"")));
  EXPECT_THAT(errors("", environment({"WEIR_DECODE__THREADS="})), ElementsAre(HasSubstr("found the text \"\"")));
  EXPECT_THAT(errors("", set({"detect.fps=2x"})), ElementsAre(HasSubstr("found the text \"2x\"")));
}

TEST(Settings, OutOfRangeSaysTheRange) {
  EXPECT_THAT(errors("detect.fps = 900"), ElementsAre(AllOf(HasSubstr("out of range"), HasSubstr("found 900"))));
  EXPECT_THAT(errors("detect.fps = nan"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(errors("detect.fps = inf"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(errors("", set({"detect.fps=nan"})), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(errors("decode.threads = 0"), ElementsAre(HasSubstr("from 1 to 16")));
  EXPECT_THAT(errors("decode.threads = -9223372036854775808"), SizeIs(1));
  EXPECT_THAT(errors("memory.camera_max = '1kB'"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(errors("memory.camera_max = '9223372036854775807TB'"), SizeIs(1));
  EXPECT_THAT(errors("[cameras.a]\nurl = \"x\\u0000y\""), ElementsAre(HasSubstr("out of range")));
}

TEST(Settings, SizesAreNumbersOrText) {
  EXPECT_EQ(good("memory.camera_max = '64MB'").bytes("memory.camera_max"), 64'000'000u);
  EXPECT_EQ(good("memory.camera_max = '64 MiB'").bytes("memory.camera_max"), 64u << 20);
  EXPECT_EQ(good("memory.camera_max = 5000000").bytes("memory.camera_max"), 5'000'000u);
  EXPECT_EQ(good("", set({"memory.camera_max=1GiB"})).bytes("memory.camera_max"), 1u << 30);
}

TEST(Settings, BrokenTomlGivesTheLineNumberAndQuotesTheLine) {
  EXPECT_THAT(errors("[detect]\nfps = = 3\n"),
              ElementsAre(AllOf(HasSubstr("weir.toml:2: not valid TOML"), HasSubstr("the line is: fps = = 3"))));
  EXPECT_THAT(errors("detect.fps = 1\ndetect.fps = 2\n"), ElementsAre(HasSubstr("weir.toml:2")));
  EXPECT_THAT(errors("x = 'a\xff'"), SizeIs(1));
  EXPECT_THAT(errors(std::string_view("\0\1\2", 3)), SizeIs(1));
  EXPECT_THAT(errors("[[$"), ElementsAre(HasSubstr("the line is: [[$")));
  EXPECT_THAT(errors("[["), SizeIs(1));
  EXPECT_THAT(errors("[gr\u00fcn]"), ElementsAre(HasSubstr("the line is: [gr\u00fcn]")));
}

TEST(Settings, AQuotedLineShowsNoPassword) {
  EXPECT_THAT(errors("[cameras.a]\nurl = 'rtsp://u:hunter2@host/x\n"),
              ElementsAre(AllOf(HasSubstr("rtsp://***@host/x"), Not(HasSubstr("hunter2")))));
}

TEST(Settings, DeepNestingIsRefusedBeforeItCanHurt) {
  std::string deep = "a";
  for (int i = 0; i < 100'000; ++i) deep += ".a";
  EXPECT_THAT(errors(deep + " = 1"), ElementsAre(HasSubstr("nested too deep")));
  EXPECT_THAT(errors("a = " + std::string(100'000, '[')), SizeIs(1));
}

TEST(Settings, ACommentMayHoldAnyNumberOfDots) { EXPECT_THAT(errors("  # " + std::string(200, '.')), IsEmpty()); }

TEST(Settings, ImpossibleCombinationsNameBothKeys) {
  EXPECT_THAT(errors("[cameras.a]\nurl='a.mp4'\ntransport='udp'"),
              ElementsAre(AllOf(HasSubstr("cameras.a.transport"), HasSubstr("cameras.a.url"))));
  EXPECT_THAT(errors("[cameras.a]\nurl='rtsp://x/y'\nsource.loop=true"),
              ElementsAre(AllOf(HasSubstr("cameras.a.source.loop"), HasSubstr("cameras.a.url"))));
  EXPECT_THAT(errors("source.loop = true\n[cameras.a]\nurl='rtsp://x/y'"), IsEmpty());
}

TEST(Settings, ABoxHasNoDeviceToDecodeWith) {
  const std::string box = "[cameras.a]\nurl='a.mp4'\npipeline='decoupled'\n";
  for (const std::string device : {"nvdec", "vaapi"}) {
    EXPECT_THAT(errors(box + "decode.hwaccel='" + device + "'"),
                ElementsAre(AllOf(HasSubstr("cameras.a.decode.hwaccel and cameras.a.pipeline: impossible together"),
                                  HasSubstr(device))));
    EXPECT_THAT(errors("decode.hwaccel='" + device + "'\n" + box),
                ElementsAre(HasSubstr("decode.hwaccel and cameras.a.pipeline: impossible together")));
    EXPECT_THAT(errors("decode.hwaccel='" + device + "'\n[cameras.a]\nurl='a.mp4'"), IsEmpty());
  }
  for (const std::string device : {"none", "auto"}) {
    EXPECT_THAT(errors(box + "decode.hwaccel='" + device + "'"), IsEmpty());
  }
}

TEST(Settings, AnAddressOfAnUnknownKindIsRefused) {
  EXPECT_THAT(errors("[cameras.a]\nurl='gopher://u:hunter2@h/x'"),
              ElementsAre(AllOf(HasSubstr("cameras.a.url"), HasSubstr("rtsp://"), Not(HasSubstr("hunter2")))));
  EXPECT_THAT(errors("[cameras.a]\nurl='./odd://name.mp4'"), IsEmpty());
}

TEST(Settings, ACameraNeedsAnAddress) {
  EXPECT_THAT(errors("[cameras.a]\n"), ElementsAre(HasSubstr("cameras.a.url: missing")));
  EXPECT_THAT(errors("[cameras.a]\nurl=''\n"), SizeIs(1));
}

TEST(Settings, GroupsAndGlobalKeysInTheWrongPlaceAreNamed) {
  EXPECT_THAT(errors("detect = 3"), ElementsAre(HasSubstr("is a group")));
  EXPECT_THAT(errors("cameras = 3"), ElementsAre(HasSubstr("is a group")));
  EXPECT_THAT(errors("cameras.front = 'rtsp://x/y'"), testing::Contains(HasSubstr("[cameras.NAME]")));
  EXPECT_THAT(errors("[cameras.a]\nurl='x'\nserver.listen='127.0.0.1:1'"),
              ElementsAre(HasSubstr("cannot be set for one camera")));
  EXPECT_THAT(errors("[cameras.'a b/..']\nurl='x'"), ElementsAre(HasSubstr("not a camera's name")));
}

TEST(Settings, OnlyThisMachineMayBeListenedTo) {
  for (const char* allowed : {"127.0.0.1:0", "localhost:8080", "[::1]:1", "127.0.0.1:65535"}) {
    EXPECT_TRUE(parse_listen(allowed)) << allowed;
  }
  for (const char* refused :
       {"0.0.0.0:80", "10.0.0.1:80", "example.org:80", "127.0.0.1", ":80", "127.0.0.1:", "::1:80", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:8 ", "[::]:80", "127.0.0.1.evil:80", "127.9.9.9:80"}) {
    EXPECT_FALSE(parse_listen(refused)) << refused;
  }
  EXPECT_EQ(parse_listen("localhost:1")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen("[::1]:1")->host, "::1");
  EXPECT_THAT(errors("server.listen = '0.0.0.0:8080'"), ElementsAre(HasSubstr("this machine only")));
}

TEST(Settings, AllMistakesAreToldAtOnce) { EXPECT_THAT(errors("a=1\nb=2\ndetect.fps='x'\n"), SizeIs(3)); }

TEST(Settings, AssignmentWithoutValueIsRefused) {
  EXPECT_FALSE(parse_assignment("detect.fps"));
  EXPECT_FALSE(parse_assignment("=2"));
  EXPECT_EQ(parse_assignment("url=a=b").value().written, Value{std::string("a=b")});
}

TEST(Settings, MissingFileDirectoryAndTooLargeFileAreErrors) {
  const auto directory = std::filesystem::temp_directory_path() / "weir-settings-test";
  std::filesystem::create_directories(directory);
  const auto load = [](const std::filesystem::path& path) {
    auto settings = Settings::load({.file = path});
    return settings ? std::string("no error") : settings.error().front().line();
  };
  EXPECT_THAT(load(directory / "none.toml"), HasSubstr("No such file"));
  EXPECT_THAT(load(directory), HasSubstr("is a directory"));
  const auto large = directory / "large.toml";
  std::ofstream(large) << '#' << std::string(1 << 20, 'x');
  EXPECT_THAT(load(large), HasSubstr("larger than 1 MiB"));
  std::filesystem::remove_all(directory);
}

TEST(Settings, SecretsAreShownNowhere) {
  const Settings settings = good("[cameras.a]\nurl='rtsp://u:hunter2@h/x?token=hunter2&channel=1'\n");
  EXPECT_THAT(settings_table(settings),
              AllOf(HasSubstr("rtsp://***@h/x?token=***&channel=1"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(settings_json(settings), Not(HasSubstr("hunter2")));
  EXPECT_EQ(settings.text("url", "a"), "rtsp://u:hunter2@h/x?token=hunter2&channel=1");
  EXPECT_THAT(errors("", set({"cameras.a.transport=rtsp://u:hunter2@h"})), testing::Each(Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace weir::app
