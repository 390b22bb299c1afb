// Small text tools: suggestions, secrets, durations, names.
#include <gtest/gtest.h>

#include <array>

#include "weir/app/did_you_mean.hpp"
#include "weir/app/duration.hpp"
#include "weir/app/redact.hpp"
#include "weir/app/settings_rules.hpp"
#include "weir/app/source_names.hpp"

namespace weir::app {
namespace {

TEST(DidYouMean, FindsTheNearestWordAndKeepsSilentOnNoise) {
  constexpr std::array<std::string_view, 3> words = {"watch", "config", "detect.fps"};
  EXPECT_EQ(did_you_mean("wacth", words), "watch");
  EXPECT_EQ(did_you_mean("WATCH", words), "watch");
  EXPECT_EQ(did_you_mean("cofig", words), "config");
  EXPECT_EQ(did_you_mean("motion.fps", words), "detect.fps");
  EXPECT_EQ(did_you_mean("xylophone", words), "");
  EXPECT_EQ(did_you_mean("", words), "");
}

TEST(Redact, HidesPasswordsAndTokensWhereverTheyStand) {
  EXPECT_EQ(redact("rtsp://u:p@h/x"), "rtsp://***@h/x");
  EXPECT_EQ(redact("see rtsp://u:p@h/x, and http://v:q@i."), "see rtsp://***@h/x, and http://***@i.");
  EXPECT_EQ(redact("rtsp://u:p@ss/w?rd@h/x"), "rtsp://***@h/x");
  EXPECT_EQ(redact("http://h/x?PassWord=1&b=2&api_key=3"), "http://h/x?PassWord=***&b=2&api_key=***");
  EXPECT_EQ(redact("rtsp://h:554/x"), "rtsp://h:554/x");
  EXPECT_EQ(redact("rtsp://u@h:554/x"), "rtsp://***@h:554/x");
  EXPECT_EQ(redact("plain.mp4"), "plain.mp4");
  EXPECT_EQ(redact(""), "");
}

TEST(Printable, IsOneLineOfValidUtf8) {
  EXPECT_EQ(printable("a\nb\x1b[0m"), "a b [0m");
  EXPECT_EQ(printable("\xff\xc0\xaf\xed\xa0\x80"), "??????");
  EXPECT_EQ(printable("Grüße"), "Grüße");
  EXPECT_LE(printable(std::string(1000, 'x')).size(), 203u);
}

TEST(Duration, NeedsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("30s", "--for")->count(), 30);
  EXPECT_EQ(parse_duration("1.5h", "--for")->count(), 5400);
  EXPECT_EQ(parse_duration("2m", "--for")->count(), 120);
  EXPECT_EQ(parse_duration("250ms", "--for")->count(), 0.25);
  for (const char* refused : {"", "30", "s", "-1s", "0s", "nans", "infs", "1e300h", "3 s", "30sec"}) {
    EXPECT_FALSE(parse_duration(refused, "--for")) << refused;
  }
  EXPECT_EQ(parse_duration("30", "--for").error().owner, "--for");
}

TEST(SourceNames, AreTheStemOrTheHostAndUnique) {
  EXPECT_EQ(source_name("data/video/car-detection.mp4"), "car-detection");
  EXPECT_EQ(source_name("demo:street"), "street");
  EXPECT_EQ(source_name("demo:street?frames=30"), "street");
  EXPECT_EQ(source_name("v4l2:/dev/video0"), "video0");
  EXPECT_EQ(source_name("rtsp://u:p@10.0.0.7:554/gate/1?x=y"), "10-0-0-7-gate-1");
  EXPECT_EQ(source_name("a b.c.mp4"), "a-b-c");
  EXPECT_EQ(source_name("..."), "camera");
  EXPECT_EQ(source_name("grün.mp4"), "grün");
  const std::array<std::string, 3> sources = {"car.mp4", "x/car.mkv", "car.avi"};
  const std::array<std::string, 1> taken = {"car-2"};
  EXPECT_EQ(source_names(sources, taken), (std::vector<std::string>{"car", "car-3", "car-4"}));
}

TEST(SourceNames, AreAlwaysValidCameraNames) {
  for (const std::string& odd :
       {std::string(), std::string("\xff\xfe.mp4"), std::string(300, 'x'), std::string("rtsp://"), std::string("demo:"),
        std::string("://@:@/?#"), std::string(100, '\xc3') + ".mp4"}) {
    EXPECT_TRUE(valid_camera_name(source_name(odd))) << odd;
  }
  std::string long_utf8;
  for (int i = 0; i < 60; ++i) long_utf8 += "ü";
  EXPECT_TRUE(valid_camera_name(source_name(long_utf8 + ".mp4")));
}

}  // namespace
}  // namespace weir::app
