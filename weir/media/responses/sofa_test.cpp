#include "weir/media/responses/sofa.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/data.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/sandbox.hpp"
#include "weir/media/responses/sofa_wire.hpp"
#include "weir/media/responses/test_files.hpp"
#include "weir/media/responses/test_spectrum.hpp"

namespace weir::media {
namespace {

using enum Speaker;
using ::testing::HasSubstr;
using ::testing::SizeIs;

double energy(const std::vector<float>& samples) {
  double sum = 0;
  for (const float v : samples) sum += static_cast<double>(v) * static_cast<double>(v);
  return sum;
}

std::size_t peak(const std::vector<float>& samples) {
  return static_cast<std::size_t>(std::ranges::max_element(samples, {}, [](float v) { return std::abs(v); }) -
                                  samples.begin());
}

// A head in an empty room: an impulse in each ear for every `step` degrees around, at three elevations. What is on the
// left comes to the left ear first and louder.
SofaFile head(int step, float delay_from_file = 0) {
  SofaFile file{48000, 128, {}, {}};
  for (const float elevation : {-30.F, 0.F, 30.F}) {
    for (int azimuth = 0; azimuth < 360; azimuth += step) {
      const double side = std::sin(azimuth * std::numbers::pi / 180) * std::cos(elevation * std::numbers::pi / 180);
      file.measurements.push_back({{static_cast<float>(azimuth), elevation}, 1.5F, delay_from_file, delay_from_file});
      for (const double towards : {side, -side}) {
        std::vector<float> ear(128);
        // A wide pulse, so that a delay by parts of a sample shows in it.
        for (std::size_t i = 0; i < ear.size(); ++i) {
          const double x = (static_cast<double>(i) - 50 + 14 * towards) / 2.5;
          ear[i] = static_cast<float>((0.6 + 0.3 * towards) * std::exp(-x * x));
        }
        file.samples.insert(file.samples.end(), ear.begin(), ear.end());
      }
    }
  }
  return file;
}

const Response& response(const Result<ResponseSet>& set, Speaker speaker) {
  static const Response none;
  EXPECT_TRUE(set && set->find(speaker) != nullptr) << to_string(speaker);
  return set && set->find(speaker) != nullptr ? *set->find(speaker) : none;
}

TEST(SofaDirections, EverySpeakerIsTakenFromItsPlace) {
  const SofaFile file = head(5);
  for (const SofaPick pick : {SofaPick::nearest, SofaPick::interpolated}) {
    const auto set = responses_at(file, *parse_layout("7.1"), pick);
    ASSERT_TRUE(set) << set.error().line();
    EXPECT_THAT(set->responses, SizeIs(7));  // the LFE has none
    EXPECT_EQ(set->taps(), 128U);            // all are measured: nothing is shifted
    EXPECT_EQ(peak(response(set, SL).left), 36U);
    EXPECT_EQ(peak(response(set, SL).right), 64U);
    EXPECT_EQ(peak(response(set, SR).left), 64U);
    EXPECT_EQ(peak(response(set, FL).left), 43U);  // 50 - 14·sin 30°
    EXPECT_EQ(peak(response(set, FC).left), 50U);
    EXPECT_GT(energy(response(set, BL).left), 2 * energy(response(set, BL).right));
  }
}

TEST(SofaDirections, FiveOneStandsWiderThanSevenOne) {
  const auto set = responses_at(head(5), *parse_layout("5.1"), SofaPick::nearest);
  const auto wanted = 50 - 14 * std::sin(110 * std::numbers::pi / 180);
  EXPECT_NEAR(static_cast<double>(peak(response(set, BL).left)), wanted, 0.6);
}

TEST(SofaDirections, DelaysOfTheFileAreApplied) {
  SofaFile file = head(5);
  for (auto& m : file.measurements) m.left_delay = 7, m.right_delay = 3;
  const auto whole = responses_at(file, *parse_layout("7.1"), SofaPick::nearest);
  EXPECT_EQ(peak(response(whole, FC).left), 57U);
  EXPECT_EQ(peak(response(whole, FC).right), 53U);
  for (auto& m : file.measurements) m.left_delay = 7.25F, m.right_delay = 3;
  const auto parts = responses_at(file, *parse_layout("7.1"), SofaPick::nearest);
  const Response& centre = response(parts, FC);
  EXPECT_NEAR(test::later_s(centre.right, centre.left, 1000, 48000) * 48000, 4.25, 0.01);
}

// Every 20° are measured, FL at 30° is between: 10° from two of them.
TEST(SofaDirections, BetweenMeasurementsDelayAndHighsStayWhatTheyWouldBe) {
  const auto exact = responses_at(head(5), *parse_layout("7.1"), SofaPick::nearest);
  const auto between = responses_at(head(20), *parse_layout("7.1"), SofaPick::interpolated);
  const auto nearest = responses_at(head(20), *parse_layout("7.1"), SofaPick::nearest);
  for (const Speaker s : {FL, FR, BL}) {
    const Response &want = response(exact, s), &got = response(between, s), &near = response(nearest, s);
    const double delay = test::later_s(want.left, want.right, 500, 48000) * 48000;
    EXPECT_NEAR(test::later_s(got.left, got.right, 500, 48000) * 48000, delay, 0.7) << to_string(s);
    EXPECT_GT(std::abs(test::later_s(near.left, near.right, 500, 48000) * 48000 - delay), 1.5) << to_string(s);
    for (const double f : {300.0, 3000.0, 8000.0}) {
      EXPECT_NEAR(test::response_db(got.left, f, 48000), test::response_db(want.left, f, 48000), 0.5)
          << to_string(s) << f;
    }
  }
}

TEST(SofaDirections, ASpeakerFarFromEveryMeasurementIsAnError) {
  SofaFile file = head(5);
  for (auto& m : file.measurements) m.direction.elevation_deg = 0;
  EXPECT_TRUE(responses_at(file, *parse_layout("7.1"), SofaPick::nearest));
  const auto top = responses_at(file, *parse_layout("7.1.4"), SofaPick::interpolated);
  ASSERT_FALSE(top);
  EXPECT_THAT(top.error().line(), HasSubstr("TFL at azimuth 45°, elevation 30°"));
}

TEST(SofaDirections, TheFarthestDistanceIsTaken) {
  SofaFile file = head(5);
  const SofaFile near = head(5);
  for (auto m : near.measurements) {
    m.distance = 0.2F, m.left_delay = m.right_delay = 40;
    file.measurements.insert(file.measurements.begin(), m);
  }
  file.samples.insert(file.samples.begin(), near.samples.begin(), near.samples.end());
  EXPECT_EQ(peak(response(responses_at(file, *parse_layout("7.1"), SofaPick::nearest), FC).left), 50U);
}

TEST(Kemar, IsTheDefaultAndItsLeftIsLeft) {
  for (const char* name : {"stereo", "5.1", "7.1", "7.1.4", "9.1.6"}) {
    const Layout layout = *parse_layout(name);
    const auto set = default_responses(layout);
    ASSERT_TRUE(set) << set.error().line();
    EXPECT_EQ(set->rate_hz, 44100);
    for (const Response& r : set->responses) {
      const float azimuth = direction(r.speaker, layout).azimuth_deg;
      if (azimuth > 0) EXPECT_GT(energy(r.left), 1.5 * energy(r.right)) << to_string(r.speaker);
      if (azimuth < 0) EXPECT_GT(energy(r.right), 1.5 * energy(r.left)) << to_string(r.speaker);
      // The near ear hears first: up to 0.8 ms, as around a head.
      const double later = test::later_s(r.left, r.right, 400, 44100);
      EXPECT_GT(later * (azimuth > 0   ? 1
                         : azimuth < 0 ? -1
                                       : 0),
                azimuth == 0 ? -1e-9 : 1.5e-4)
          << to_string(r.speaker);
      EXPECT_LT(std::abs(later), 9e-4) << to_string(r.speaker);
    }
  }
}

TEST(Kemar, IsReadByManyThreadsAtOnce) {
  const Layout layout = *parse_layout("7.1");
  const auto one = default_responses(layout);
  ASSERT_TRUE(one) << one.error().line();
  std::vector<Result<ResponseSet>> sets(4);
  {
    std::vector<std::jthread> threads;
    for (auto& set : sets) threads.emplace_back([&] { set = default_responses(layout); });
  }
  for (const auto& set : sets) EXPECT_EQ(response(set, BL).left, response(one, BL).left);
}

TEST(Kemar, CutOffItIsRefused) {
  const test::Folder folder;
  std::ifstream in(kemar_path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  for (const std::size_t length : {9UL, 100UL, 2000UL, whole.size() / 2, whole.size() - 1000}) {
    test::write_text(folder / "x.sofa", whole.substr(0, length));
    const auto set = read_sofa(folder / "x.sofa", *parse_layout("7.1"));
    ASSERT_FALSE(set) << length;
    EXPECT_EQ(set.error().code, Code::corrupt);
    EXPECT_THAT(set.error().line(), HasSubstr("x.sofa: "));
  }
}

#ifdef WEIR_TEST_HOOKS
TEST(SofaWorker, AFileThatItsReaderDoesNotSurviveIsAnErrorAndTheNextIsRead) {
  const test::Folder folder;
  test::write_text(folder / "x.sofa", "\x89HDF\r\n\x1a\nweir-test-crash");
  const auto set = read_sofa(folder / "x.sofa", *parse_layout("7.1"));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, Code::corrupt);
  EXPECT_THAT(set.error().line(), HasSubstr("SIGSEGV"));
  EXPECT_TRUE(default_responses(*parse_layout("stereo")));
}
#endif

TEST(SofaWorker, ReadsInItsSandbox) {
  ASSERT_TRUE(default_responses(*parse_layout("stereo")));
  for (const auto& report : worker::Process::report_all()) {
    if (report.id != "sofa") continue;
    EXPECT_GE(report.starts, 1U);
    if (worker::sandbox_available()) EXPECT_THAT(report.sandbox, HasSubstr("no files, no network"));
    return;
  }
  FAIL() << "no worker read the file";
}

TEST(SofaWorker, AnAnswerThatCannotBeIsRefused) {
  sofa::Answer answer{48000, 2, 1, {}};
  std::vector<std::byte> payload(16, std::byte{0x3F});
  ASSERT_TRUE(sofa::set_of(answer, payload));
  EXPECT_FALSE(sofa::set_of(answer, std::span(payload).first(15)));
  answer.speaker[0] = 200;
  EXPECT_FALSE(sofa::set_of(answer, payload));
  answer = {48000, 2, 200, {}};
  EXPECT_FALSE(sofa::set_of(answer, payload));
  answer = {48000, 0xFFFFFFFF, 1, {}};
  EXPECT_FALSE(sofa::set_of(answer, payload));
  answer = {-1, 2, 1, {}};
  EXPECT_FALSE(sofa::set_of(answer, payload));
  std::ranges::fill(payload, std::byte{0xFF});
  EXPECT_FALSE(sofa::set_of({48000, 2, 1, {}}, payload));  // no numbers
}

TEST(RealSofa, EverySetOfTheConventionIsReadAndItsLeftIsLeft) {
  const auto folder = weir::test::data("audio/sofa");
  if (!folder) GTEST_SKIP() << weir::test::no_data("audio/sofa");
  const Layout layout = *parse_layout("7.1");
  for (const auto& file : std::filesystem::directory_iterator(*folder)) {
    const auto set = read_sofa(file.path(), layout);
    if (file.path().filename() == "testfile.sofa") {
      ASSERT_FALSE(set);
      EXPECT_EQ(set.error().code, Code::unsupported);
      EXPECT_THAT(set.error().line(), HasSubstr("GeneralFIR-E"));
      continue;
    }
    ASSERT_TRUE(set) << set.error().line();
    // Pulses that were computed for tests of formats: no head.
    if (file.path().filename() == "Pulse.sofa" || file.path().filename() == "tester.sofa") continue;
    for (const Response& r : set->responses) {
      const float azimuth = direction(r.speaker, layout).azimuth_deg;
      if (azimuth > 0) EXPECT_GT(energy(r.left), energy(r.right)) << file.path() << to_string(r.speaker);
      if (azimuth < 0) EXPECT_GT(energy(r.right), energy(r.left)) << file.path() << to_string(r.speaker);
    }
  }
}

TEST(RealSofa, BrokenFilesAreRefused) {
  const auto folder = weir::test::data("bad/sofa");
  if (!folder) GTEST_SKIP() << weir::test::no_data("bad/sofa");
  for (const auto& file : std::filesystem::directory_iterator(*folder)) {
    const auto set = read_sofa(file.path(), *parse_layout("7.1"));
    ASSERT_FALSE(set) << file.path();
    EXPECT_EQ(set.error().code, Code::corrupt) << set.error().line();
  }
}

}  // namespace
}  // namespace weir::media
