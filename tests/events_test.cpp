// What `weir watch` tells of what it sees, over whole runs: zones, lines and masks, and settings that cannot be meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "tests/support/watch_run.hpp"
#include "weir/engines/detect/test_onnx.hpp"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* whole_picture = "points = [[0, 0], [1, 0], [1, 1], [0, 1]]\n";

// Two scenes whose figures come, stay and go; every result is the same every time.
std::string scenes() {
  std::string out;
  for (const char* id : {"street", "station"}) {
    const std::string camera = "[cameras." + std::string(id);
    out += camera + "]\nurl = \"demo:" + id + "?frames=900&size=480x270&fps=15\"\n";
    out += camera + ".zones.left]\npoints = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]\ndwell_s = 1\n";
    out += camera + ".zones.all]\nclasses = [\"motion\"]\n" + whole_picture;
    out += camera + ".lines.middle]\npoints = [[0.5, 0], [0.5, 1]]\n";
  }
  return out;
}

struct Ran {
  Outcome outcome;
  Json report;
  std::vector<Json> events;
  std::string text;  // of the events, byte for byte
};

Ran run_fast(const std::string& settings, std::vector<std::string> arguments = {}) {
  ScratchDir dir;
  const std::string events = dir / "events.jsonl";
  arguments.insert(arguments.end(), {"--fast", "--events", events});
  WatchRun watch(settings, std::move(arguments));
  Ran ran{.outcome = watch.finish(), .report = watch.report(), .events = json_lines(events), .text = {}};
  std::ifstream file(events);
  ran.text.assign(std::istreambuf_iterator<char>(file), {});
  return ran;
}

class Events : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(program("weir-watch")) << "weir-watch was not built"; }
};

// How often each turn came, by "camera/place/turn".
std::map<std::string, std::uint64_t> turns(const std::vector<Json>& events) {
  std::map<std::string, std::uint64_t> out;
  for (const Json& event : events) {
    const std::string type = event["type"];
    const std::string place = event.value("zone", event.value("line", ""));
    const std::string what = type == "line" ? event["direction"].get<std::string>() : type;
    ++out[event["camera"].get<std::string>() + "/" + place + "/" + what];
  }
  return out;
}

TEST_F(Events, every_enter_has_its_leave_and_the_report_counts_what_was_told) {
  const Ran ran = run_fast(scenes());
  ASSERT_TRUE(ran.outcome.ok()) << ran.outcome.line();
  EXPECT_EQ(imbalance(ran.report), "");
  auto told = turns(ran.events);
  std::uint64_t crossings = 0, dwells = 0;
  for (const char* id : {"street", "station"}) {
    const std::string name = id;
    const Json shown = camera(ran.report, id);
    EXPECT_EQ(told[name + "//box"], shown["boxes"]);
    EXPECT_GT(told[name + "//start"], 0U) << name;
    EXPECT_EQ(told[name + "//start"], told[name + "//end"]) << name;
    for (const Json& zone : shown["zones"]) {
      const std::string at = name + "/" + zone["name"].get<std::string>();
      EXPECT_GT(told[at + "/enter"], 0U) << at;
      EXPECT_EQ(told[at + "/enter"], told[at + "/leave"]) << at;
      EXPECT_LE(told[at + "/dwell"], told[at + "/enter"]) << at;
      EXPECT_EQ(zone["entered"], told[at + "/enter"]) << at;
      dwells += told[at + "/dwell"];
    }
    for (const Json& line : shown["lines"]) {
      const std::string at = name + "/" + line["name"].get<std::string>();
      EXPECT_EQ(line["forward"], told[at + "/forward"]) << at;
      EXPECT_EQ(line["backward"], told[at + "/backward"]) << at;
      crossings += told[at + "/forward"] + told[at + "/backward"];
    }
  }
  EXPECT_GT(crossings, 0U);
  EXPECT_GT(dwells, 0U);
}

TEST_F(Events, come_in_the_order_of_time_and_never_outside_of_their_start_and_end) {
  const Ran ran = run_fast(scenes());
  ASSERT_TRUE(ran.outcome.ok()) << ran.outcome.line();
  std::map<std::string, double> last_ms;
  std::set<std::string> open, over;
  for (const Json& event : ran.events) {
    const std::string id = event["camera"];
    EXPECT_GE(event["pts_ms"].get<double>(), last_ms[id]) << event;
    last_ms[id] = event["pts_ms"];
    const auto box = event["box"].get<std::vector<int>>();
    EXPECT_TRUE(box[0] >= 0 && box[1] >= 0 && box[0] + box[2] <= 480 && box[1] + box[3] <= 270) << event;
    if (event["type"] == "box") continue;
    const std::string incident = event["id"];
    if (event["type"] == "start") {
      EXPECT_FALSE(over.contains(incident)) << "an id came twice: " << event;
      EXPECT_TRUE(open.insert(incident).second) << event;
    } else if (event["type"] == "end") {
      EXPECT_EQ(open.erase(incident), 1U) << event;
      over.insert(incident);
    } else {
      EXPECT_TRUE(open.contains(incident)) << event;
    }
  }
  EXPECT_TRUE(open.empty());
}

TEST_F(Events, of_two_fast_runs_are_the_same_byte_for_byte) {
  // One camera: of several, each has its own order, and they take turns as they come.
  const std::string settings = scenes().substr(0, scenes().find("[cameras.station"));
  const Ran first = run_fast(settings), second = run_fast(settings);
  ASSERT_TRUE(first.outcome.ok()) << first.outcome.line();
  EXPECT_GT(first.events.size(), 10U);
  EXPECT_TRUE(first.text == second.text);
}

TEST_F(Events, a_mask_over_everything_leaves_neither_box_nor_event) {
  const Ran ran = run_fast("[masks.all]\n" + std::string(whole_picture) + scenes());
  ASSERT_TRUE(ran.outcome.ok()) << ran.outcome.line();
  EXPECT_EQ(ran.text, "");
  EXPECT_EQ(camera(ran.report, "street")["boxes"], 0);
  EXPECT_GT(camera(ran.report, "street")["looked"], 0);
}

// What has gone when a picture comes again after a gap left its zone while the movement was still an event.
TEST_F(Events, over_a_gap_in_the_stream_still_match) {
  ScratchDir dir;
  ffmpeg({"-f", "lavfi", "-i", "color=c=gray:s=320x180:r=15:d=6", "-f", "lavfi", "-i", "color=c=white:s=48x64:r=15:d=6",
          "-filter_complex", "[0][1]overlay=x='-60+130*t':y=60,setpts='PTS+gt(N,50)*9/TB',format=yuv420p", "-fps_mode",
          "passthrough", "-c:v", "libx264", "-bf", "0", "-g", "15", dir / "gap.mp4"});
  const Ran ran =
      run_fast("[cameras.a]\nurl = \"" + (dir / "gap.mp4").string() + "\"\n[cameras.a.zones.all]\n" + whole_picture);
  ASSERT_TRUE(ran.outcome.ok()) << ran.outcome.line();
  auto told = turns(ran.events);
  EXPECT_GT(told["a/all/enter"], 0U);
  EXPECT_EQ(told["a/all/enter"], told["a/all/leave"]);
  EXPECT_EQ(told["a//start"], told["a//end"]);
}

struct Mistake {
  const char* name;
  std::string settings;
  int status;
  const char* says;  // in one line, beside the setting's name
  const char* names;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, is_said_in_one_line_before_anything_runs) {
  const Mistake& mistake = GetParam();
  ScratchDir dir;
  std::ofstream(dir / "rubbish.onnx") << "this is no network";
  // Numbers in a shape of no detector.
  std::ofstream(dir / "odd.onnx", std::ios::binary)
      << detect::test::MadeModel().output({{1, 2, 1, 3, 1}, {1, 2, 3, 4, 5, 6}}).bytes();
  // 1×(4+80)×N, as networks of 80 classes write.
  const std::int64_t cells = 84;
  std::ofstream(dir / "eighty.onnx", std::ios::binary)
      << detect::test::MadeModel().output({{1, 84, cells}, std::vector<float>(84 * cells, 0.01F)}).bytes();
  std::ofstream(dir / "three.txt") << "one\ntwo\nthree\n";
  std::string settings = mistake.settings;
  for (std::size_t at = 0; (at = settings.find("DIR", at)) != std::string::npos;) {
    settings.replace(at, 3, dir.path().string());
  }
  WatchRun watch(settings + "[cameras.a]\nurl = \"demo:street?frames=30\"\n", {"--fast"});
  const Outcome outcome = watch.finish();
  EXPECT_EQ(outcome.exit_code, mistake.status) << outcome.line();
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(mistake.says), HasSubstr(mistake.names)));
  std::istringstream lines(outcome.err);
  int errors = 0;
  for (std::string line; std::getline(lines, line);) errors += line.find(" info ") == std::string::npos ? 1 : 0;
  EXPECT_EQ(errors, 1) << outcome.err;
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("watching")));
}

const std::string onnx = "detect.engine = \"onnx\"\n";
INSTANTIATE_TEST_SUITE_P(
    Each, Mistakes,
    testing::Values(
        Mistake{"unknown_class_of_a_zone", "[zones.door]\nclasses = [\"unicorn\"]\n" + std::string(whole_picture), 2,
                "unicorn", "zones.door"},
        Mistake{"unknown_class_of_a_camera", "detect.engine = \"people\"\ndetect.classes = [\"unicorn\"]\n", 2,
                "unicorn", "detect.classes"},
        Mistake{"polygon_that_crosses_itself", "[zones.bow]\npoints = [[0, 0], [1, 1], [1, 0], [0, 1]]\n", 2, "cross",
                "zones.bow.points"},
        Mistake{"mask_without_area", "[masks.flat]\npoints = [[0, 0], [0.5, 0.5], [1, 1]]\n", 2, "", "masks.flat"},
        Mistake{"line_without_length", "[lines.dot]\npoints = [[0.5, 0.5], [0.5, 0.5]]\n", 2, "", "lines.dot"},
        Mistake{"onnx_without_a_model", onnx, 2, "needs a model", "detect.model"},
        Mistake{"model_that_is_not_there", onnx + "detect.model = \"DIR/gone.onnx\"\n", 1, "cannot be opened",
                "gone.onnx"},
        Mistake{"model_of_rubbish", onnx + "detect.model = \"DIR/rubbish.onnx\"\n", 1, "", "rubbish.onnx"},
        Mistake{"model_that_fits_nothing", onnx + "detect.model = \"DIR/odd.onnx\"\n", 1, "", "odd.onnx"},
        Mistake{"labels_of_the_wrong_length",
                onnx + "detect.model = \"DIR/eighty.onnx\"\ndetect.labels = \"DIR/three.txt\"\n", 2, "80",
                "detect.labels"},
        Mistake{"labels_that_are_not_there",
                onnx + "detect.model = \"DIR/eighty.onnx\"\ndetect.labels = \"DIR/gone.txt\"\n", 1, "", "gone.txt"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace weir::test
