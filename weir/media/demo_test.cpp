#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "weir/media/decoder.hpp"
#include "weir/media/demo_scene.hpp"
#include "weir/media/luma.hpp"
#include "weir/media/source.hpp"

namespace weir::media {
namespace {

constexpr int width = 320, height = 180;

std::unique_ptr<DemoScene> scene(const std::string& name, std::uint32_t seed = 1) {
  auto made = DemoScene::make(name, width, height, seed);
  EXPECT_TRUE(made) << made.error().line();
  return std::move(*made);
}

std::vector<std::uint8_t> luma(const Canvas& c) { return {c.plane(0), c.plane(0) + width * height}; }

// Share of pixels that differ by more than a motion detector forgives.
double changed(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  int n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += std::abs(a[i] - b[i]) > 12 ? 1 : 0;
  return static_cast<double>(n) / static_cast<double>(a.size());
}

TEST(DemoScene, ThereAreFourThatLookDifferent) {
  const auto names = demo_scene_names();
  ASSERT_GE(names.size(), 4u);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = i + 1; j < names.size(); ++j) {
      EXPECT_GT(changed(luma(scene(names[i])->draw(0)), luma(scene(names[j])->draw(0))), 0.4);
    }
  }
}

TEST(DemoScene, TheSameSeedDrawsTheSameWorldInAnyOrder) {
  for (const std::string& name : demo_scene_names()) {
    const auto a = scene(name, 7), b = scene(name, 7), other = scene(name, 8);
    b->draw(50);
    b->draw(3);
    EXPECT_EQ(luma(a->draw(9.5)), luma(b->draw(9.5))) << name;
    EXPECT_NE(luma(a->draw(9.5)), luma(other->draw(9.5))) << name;
  }
}

TEST(DemoScene, VisitorsMoveAndEmptyStretchesAreStill) {
  for (const std::string& name : demo_scene_names()) {
    SCOPED_TRACE(name);
    const auto s = scene(name);
    double busy = 0, longest_empty = 0, empty = 0, most = 0;
    std::vector<std::uint8_t> before = luma(s->draw(0));
    for (double t = 0.5; t < 120; t += 0.5) {
      const std::vector<std::uint8_t> now = luma(s->draw(t));
      const bool nobody = s->visitors(t) == 0 && s->visitors(t - 0.5) == 0;
      if (nobody) {
        EXPECT_EQ(changed(before, now), 0) << t;
        empty += 0.5;
      } else {
        busy += 0.5;
        empty = 0;
        most = std::max(most, changed(before, now));
      }
      longest_empty = std::max(longest_empty, empty);
      before = now;
    }
    EXPECT_GT(busy, 40);
    EXPECT_GT(most, 0.005);
    EXPECT_GE(longest_empty, 2.5);
  }
}

TEST(DemoScene, TheLightChanges) {
  const auto s = scene("street");
  double darkest = 255, brightest = 0;
  for (double t = 0; t < 120; t += 5) {
    double sum = 0;
    for (const std::uint8_t v : luma(s->draw(t))) sum += v;
    darkest = std::min(darkest, sum / (width * height));
    brightest = std::max(brightest, sum / (width * height));
  }
  EXPECT_GT(brightest - darkest, 8);
}

TEST(DemoSource, GivesAsManyFramesAsAskedForAndTheyDecode) {
  SourceOptions o;
  o.fast = true;
  auto source = open_source("demo:harbour?frames=45&size=320x180&fps=10&seed=3", o);
  ASSERT_TRUE(source) << source.error().line();
  EXPECT_EQ((*source)->kind(), SourceKind::demo);
  EXPECT_EQ((*source)->info().codec, "h264");
  EXPECT_EQ((*source)->info().webcodecs.substr(0, 5), "avc1.");
  DecoderOptions d;
  d.downstream_slots = 1;
  d.pool_id = "test/demo";
  auto decoder = Decoder::open((*source)->info(), d);
  ASSERT_TRUE(decoder);
  std::uint64_t frames = 0;
  std::int64_t last = -1;
  auto sink = [&](Frame&& f) {
    EXPECT_EQ(f.pts_us, static_cast<std::int64_t>(frames) * 100'000);
    EXPECT_GT(f.pts_us, last);
    EXPECT_EQ(f.width, 320);
    last = f.pts_us;
    ++frames;
  };
  Packet p;
  int keys = 0;
  while ((*source)->read(p, {}).value_or(Read::end) == Read::packet) {
    keys += p.key ? 1 : 0;
    ASSERT_TRUE((*decoder)->decode(p, sink));
  }
  ASSERT_TRUE((*decoder)->flush(sink));
  EXPECT_EQ(frames, 45u);
  EXPECT_EQ(keys, 3);
  EXPECT_EQ((*decoder)->report().into_leases, 45u);
  EXPECT_EQ((*decoder)->report().rule_short, 0u);
  EXPECT_TRUE((*decoder)->close(Clock::real(), Clock::real().now() + std::chrono::seconds(20)));
}

TEST(DemoSource, WrongAddressesSayWhatThereIs) {
  const auto unknown = open_source("demo:moon", {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::invalid);
  EXPECT_NE(unknown.error().line().find("street"), std::string::npos) << unknown.error().line();
  for (const char* address :
       {"demo:", "demo:street?frames=0", "demo:street?size=9x9", "demo:street?size=961x540", "demo:street?fps=0",
        "demo:street?speed=2", "demo:street?seed=-1", "demo:street?frames"}) {
    const auto source = open_source(address, {});
    ASSERT_FALSE(source) << address;
    EXPECT_EQ(source.error().code, Code::invalid) << address;
  }
}

}  // namespace
}  // namespace weir::media
