#include "weir/media/responses/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/data.hpp"
#include "weir/media/responses/test_files.hpp"

namespace weir::media {
namespace {

using enum Speaker;
using test::numbered;
using test::track_of;
using test::write_audio;
using test::write_text;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const Layout& surround() {
  static const Layout layout = *parse_layout("7.1");
  return layout;
}

void expect_tracks(const Result<ResponseSet>& set, Speaker speaker, int left, int right) {
  ASSERT_TRUE(set) << set.error().line();
  const Response* r = set->find(speaker);
  ASSERT_NE(r, nullptr) << to_string(speaker);
  EXPECT_EQ(track_of(r->left), left) << to_string(speaker);
  EXPECT_EQ(track_of(r->right), right) << to_string(speaker);
}

void expect_refused(const Result<ResponseSet>& set, Code code, const char* says) {
  ASSERT_FALSE(set) << says;
  EXPECT_EQ(set.error().code, code) << set.error().line();
  EXPECT_THAT(set.error().line(), HasSubstr(says));
  EXPECT_EQ(set.error().line().find('\n'), std::string::npos);
}

TEST(LoadResponses, HeSuViFilesInEveryFormatThatCarriesThem) {
  const test::Folder folder;
  for (const auto& [name, format] : {std::pair{"a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT},
                                     {"b.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24},
                                     {"c.wav", SF_FORMAT_RF64 | SF_FORMAT_DOUBLE},
                                     {"d.w64", SF_FORMAT_W64 | SF_FORMAT_PCM_16},
                                     {"e.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_32}}) {
    write_audio(folder / name, numbered(14), 44100, format);
    const auto set = load_responses(folder / name, surround());
    expect_tracks(set, FL, 0, 1);
    expect_tracks(set, FR, 8, 7);
    expect_tracks(set, FC, 6, 13);
    expect_tracks(set, SR, 10, 9);
    expect_tracks(set, BR, 12, 11);
    EXPECT_EQ(set->rate_hz, 44100);
    EXPECT_EQ(set->taps(), 8U);
  }
  write_audio(folder / "seven.wav", numbered(7), 96000);
  const auto set = load_responses(folder / "seven.wav", surround());
  expect_tracks(set, FR, 1, 0);
  expect_tracks(set, FC, 6, 6);
  EXPECT_EQ(set->name, "seven");
  EXPECT_THAT(set->responses, SizeIs(7));
}

TEST(LoadResponses, TheOrderCanBeSaid) {
  const test::Folder folder;
  write_audio(folder / "x.wav", numbered(16));
  expect_tracks(load_responses(folder / "x.wav", surround()), SR, 14, 15);
  expect_tracks(load_responses(folder / "x.wav", surround(), {.order = TrackOrder::blocks}), SR, 7, 15);
  expect_tracks(load_responses(folder / "x.wav", surround(), {.order = TrackOrder::hesuvi}), WL, 14, 15);
}

TEST(LoadResponses, AMapBesideTheFileOrGivenIsObeyed) {
  const test::Folder folder;
  write_audio(folder / "x.wav", numbered(6));
  write_text(folder / "mix.txt", "FL = 4, 5\nFR = 5, 4\n");
  expect_tracks(load_responses(folder / "x.wav", surround()), FL, 4, 5);
  write_text(folder / "other.txt", "FL = 2, 0\n");
  expect_tracks(load_responses(folder / "x.wav", surround(), {.map = folder / "other.txt"}), FL, 2, 0);
  // An order that was asked for is not overruled by a file that happens to lie there.
  expect_tracks(load_responses(folder / "x.wav", surround(), {.order = TrackOrder::pairs}), FL, 0, 1);
  write_text(folder / "mix.txt", "FL = 0, 1\nFR = 2, 6\n");
  const auto beyond = load_responses(folder / "x.wav", surround());
  expect_refused(beyond, Code::invalid, "mix.txt: ");
  expect_refused(beyond, Code::invalid, "line 2");
  write_text(folder / "mix.txt", std::string(70000, '#'));
  expect_refused(load_responses(folder / "x.wav", surround()), Code::invalid, "64 KiB");
  expect_refused(load_responses(folder / "x.wav", surround(), {.map = folder / "none.txt"}), Code::not_found,
                 "none.txt");
}

TEST(LoadResponses, StereoFilesAreNamedAsTheirSpeakers) {
  const test::Folder folder;
  write_audio(folder / "FL.wav", numbered(2));
  write_audio(folder / "fr.flac", numbered(2), 48000, SF_FORMAT_FLAC | SF_FORMAT_PCM_24);
  write_text(folder / "readme.txt", "FL and FR");
  expect_tracks(load_responses(folder / "FL.wav", surround()), FL, 0, 1);
  const auto both = load_responses(folder.path(), surround());
  expect_tracks(both, FL, 0, 1);
  expect_tracks(both, FR, 0, 1);
  EXPECT_THAT(both->responses, SizeIs(2));
  write_audio(folder / "FC.wav", numbered(2), 44100);
  expect_refused(load_responses(folder.path(), surround()), Code::invalid, "different sample rates");
  write_audio(folder / "FC.wav", numbered(1));
  expect_refused(load_responses(folder.path(), surround()), Code::invalid, "two tracks");
  std::filesystem::remove(folder / "FC.wav");
  write_audio(folder / "L.wav", numbered(2));
  expect_refused(load_responses(folder.path(), surround()), Code::invalid, "two responses (FL)");
}

TEST(LoadResponses, AFileForEachEarIsReadWithTheOther) {
  const test::Folder folder;
  const std::vector<int> side{SF_CHANNEL_MAP_LEFT, SF_CHANNEL_MAP_RIGHT,     SF_CHANNEL_MAP_CENTER,
                              SF_CHANNEL_MAP_LFE,  SF_CHANNEL_MAP_SIDE_LEFT, SF_CHANNEL_MAP_SIDE_RIGHT};
  auto right = numbered(6);
  for (auto& track : right) track[3] += 0.5F;  // tracks 64 to 69
  const int format = SF_FORMAT_WAVEX | SF_FORMAT_FLOAT;
  write_audio(folder / "room_L.wav", numbered(6), 48000, format, side);
  write_audio(folder / "room_R.wav", right, 48000, format, side);
  for (const auto& path : {folder / "room_L.wav", folder / "room_R.wav", folder.path()}) {
    const auto set = load_responses(path, surround());
    expect_tracks(set, FL, 0, 64);
    expect_tracks(set, SR, 5, 69);
    EXPECT_EQ(set->find(BL), nullptr);  // the file says 5.1(side)
    EXPECT_EQ(set->name, "room");
  }
  write_audio(folder / "room_R.wav", right, 44100, format, side);
  expect_refused(load_responses(folder.path(), surround()), Code::invalid, "differ in rate");
}

TEST(LoadResponses, WhatIsNoResponseIsRefusedInOneLine) {
  const test::Folder folder;
  const auto load = [&](const char* name) { return load_responses(folder / name, surround()); };
  expect_refused(load("none.wav"), Code::not_found, "no such file");
  expect_refused(load_responses(folder.path(), surround()), Code::not_found, "FL.wav");
  write_text(folder / "empty.wav", "");
  expect_refused(load("empty.wav"), Code::corrupt, "empty");
  write_text(folder / "words.wav", "these are words and no sound at all, although there are enough of them");
  expect_refused(load("words.wav"), Code::unsupported, "format is not known");
  write_audio(folder / "eight.wav", numbered(8));
  expect_refused(load("eight.wav"), Code::invalid, "8 tracks; known are 7, 14 and 30");
  write_audio(folder / "slow.wav", numbered(14), 4000);
  expect_refused(load("slow.wav"), Code::invalid, "sample rate");
  auto bad = numbered(7);
  bad[1][2] = std::nanf("");
  write_audio(folder / "nan.wav", bad);
  expect_refused(load("nan.wav"), Code::invalid, "no number");
  bad[1][2] = INFINITY;
  write_audio(folder / "inf.wav", bad);
  expect_refused(load("inf.wav"), Code::invalid, "no number");
  write_audio(folder / "silent.wav", test::Samples(7, std::vector<float>(8)));
  expect_refused(load("silent.wav"), Code::invalid, "silent");
  test::Samples nothing(7);
  write_audio(folder / "nothing.wav", nothing);
  expect_refused(load("nothing.wav"), Code::corrupt, "no samples");
  write_audio(folder / "long.wav", test::Samples(7, std::vector<float>(8000 * 11, 0.5F)), 8000);
  expect_refused(load("long.wav"), Code::invalid, "at most 10 s");
  write_text(folder / "words.sofa", "words");
  expect_refused(load("words.sofa"), Code::corrupt, "no SOFA file");
}

// A header that speaks of ten minutes is enough: no samples need to be there, and none are read.
TEST(LoadResponses, TenMinutesAreRefusedBeforeTheyAreRead) {
  const test::Folder folder;
  write_audio(folder / "x.wav", test::Samples(14, std::vector<float>(48000)));
  std::filesystem::resize_file(folder / "x.wav", std::uint64_t{600} * 48000 * 14 * 4);  // a hole: no disk, only size
  std::fstream file(folder / "x.wav", std::ios::in | std::ios::out | std::ios::binary);
  const auto put = [&](std::uint32_t at, std::uint32_t value) {
    file.seekp(at);
    file.write(reinterpret_cast<const char*>(&value), 4);
  };
  std::string head(200, '\0');
  file.read(head.data(), 200);
  const auto data = static_cast<std::uint32_t>(head.find("data"));
  put(4, std::uint32_t{600} * 48000 * 14 * 4 - 8);
  put(data + 4, std::uint32_t{600} * 48000 * 14 * 4 - data - 8);
  file.close();
  expect_refused(load_responses(folder / "x.wav", surround()), Code::invalid, "at most 10 s and 64 MiB in all (599 s)");
}

TEST(LoadResponses, AFileThatIsCutOffIsRefused) {
  const test::Folder folder;
  auto tracks = numbered(14);
  for (auto& t : tracks) t.resize(4096, 0.01F);
  write_audio(folder / "x.flac", {tracks[0], tracks[1]}, 48000, SF_FORMAT_FLAC | SF_FORMAT_PCM_24);
  std::filesystem::copy_file(folder / "x.flac", folder / "FL.flac");
  ASSERT_TRUE(load_responses(folder / "FL.flac", surround()));
  std::filesystem::resize_file(folder / "FL.flac", std::filesystem::file_size(folder / "FL.flac") / 2);
  EXPECT_EQ(load_responses(folder / "FL.flac", surround()).error().code, Code::corrupt);
  write_audio(folder / "x.wav", tracks);
  ASSERT_TRUE(load_responses(folder / "x.wav", surround()));
  std::filesystem::resize_file(folder / "x.wav", std::filesystem::file_size(folder / "x.wav") / 2);
  expect_refused(load_responses(folder / "x.wav", surround()), Code::corrupt, "cut off");
}

double energy(const std::vector<float>& samples) {
  double sum = 0;
  for (const float v : samples) sum += static_cast<double>(v) * static_cast<double>(v);
  return sum;
}

// Whatever stands on the left is louder in the left ear.
void expect_sides(const ResponseSet& set) {
  for (const Response& r : set.responses) {
    const float azimuth = direction(r.speaker, surround()).azimuth_deg;
    const double left = energy(r.left), right = energy(r.right);
    if (azimuth > 0 && azimuth < 180) EXPECT_GT(left, 1.2 * right) << set.name << ' ' << to_string(r.speaker);
    if (azimuth < 0) EXPECT_GT(right, 1.2 * left) << set.name << ' ' << to_string(r.speaker);
    if (azimuth == 0) EXPECT_NEAR(std::log10(left / right), 0, 0.3) << set.name << ' ' << to_string(r.speaker);
  }
}

TEST(RealResponses, EverySetIsReadAndItsLeftIsLeft) {
  int sets = 0;
  for (const char* folder : {"audio/hesuvi", "audio/airwave"}) {
    const auto path = weir::test::data(folder);
    if (!path) GTEST_SKIP() << weir::test::no_data(folder);
    for (const auto& file : std::filesystem::directory_iterator(*path)) {
      if (!file.is_regular_file()) continue;
      const auto set = load_responses(file.path(), surround());
      ASSERT_TRUE(set) << set.error().line();
      EXPECT_THAT(set->responses, SizeIs(7)) << file.path();
      expect_sides(*set);
      ++sets;
    }
  }
  EXPECT_GE(sets, 20);
}

TEST(RealResponses, HeSuVisNoneIsExactlyTheIdentity) {
  const auto path = weir::test::data("audio/hesuvi/none.wav");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/hesuvi/none.wav");
  const auto set = load_responses(*path, surround());
  ASSERT_TRUE(set) << set.error().line();
  for (const auto& [speaker, left, right] : {std::tuple{FL, 1.F, 0.F},
                                             {FR, 0.F, 1.F},
                                             {SL, 1.F, 0.F},
                                             {SR, 0.F, 1.F},
                                             {BL, 1.F, 0.F},
                                             {BR, 0.F, 1.F},
                                             {FC, 0.5F, 0.5F}}) {
    ASSERT_EQ(set->taps(), 1U);
    EXPECT_NEAR(set->find(speaker)->left[0], left, 1e-5) << to_string(speaker);
    EXPECT_NEAR(set->find(speaker)->right[0], right, 1e-5) << to_string(speaker);
  }
}

TEST(RealResponses, AnEarsFileAndHeSuVisFileOfOneSetAgree) {
  const auto pair = weir::test::data("audio/hesuvi/stereo-pairs"), hesuvi = weir::test::data("audio/hesuvi/atmos.wav");
  if (!pair || !hesuvi) GTEST_SKIP() << weir::test::no_data("audio/hesuvi/stereo-pairs");
  const auto one = load_responses(*pair, surround()), other = load_responses(*hesuvi, surround());
  ASSERT_TRUE(one) << one.error().line();
  ASSERT_TRUE(other) << other.error().line();
  EXPECT_EQ(one->name, "atmos");
  for (const Response& r : other->responses) {
    EXPECT_EQ(one->find(r.speaker)->left, r.left) << to_string(r.speaker);
    EXPECT_EQ(one->find(r.speaker)->right, r.right) << to_string(r.speaker);
  }
}

TEST(RealResponses, RecordingsAndSweepsAreNoResponses) {
  const auto path = weir::test::data("audio/impulcifer");
  if (!path) GTEST_SKIP() << weir::test::no_data("audio/impulcifer");
  expect_refused(load_responses(*path / "demo_FC.wav", surround()), Code::invalid, "at most 10 s");
  expect_refused(load_responses(*path / "sweep-6.15s-48000Hz.wav", surround()), Code::invalid, "1 tracks");
}

TEST(RealResponses, BrokenFilesAreRefusedInOneLine) {
  for (const char* folder : {"bad/wav", "bad/flac"}) {
    const auto path = weir::test::data(folder);
    if (!path) GTEST_SKIP() << weir::test::no_data(folder);
    for (const auto& file : std::filesystem::directory_iterator(*path)) {
      const auto set = load_responses(file.path(), surround());
      ASSERT_FALSE(set) << file.path();
      EXPECT_EQ(set.error().line().find('\n'), std::string::npos);
      EXPECT_THAT(set.error().line(), HasSubstr(file.path().filename().string()));
    }
  }
}

}  // namespace
}  // namespace weir::media
