#include "weir/flows/spatial/driver.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

namespace weir::spatial {
namespace {

constexpr int channels = 2;

// Each channel to its own ear, one sample long.
std::unique_ptr<Renderer> identity() {
  const convolve::Shape shape{.inputs = channels, .block = 256, .max_taps = 1};
  const std::vector<float> one = {1.0F}, none;
  const std::vector<convolve::Impulses> impulses = {{one, none}, {none, one}};
  auto sound = std::make_unique<Sound>();
  sound->filter = std::move(*convolve::Filter::prepare(shape, impulses));
  return std::move(*Renderer::make({.shape = shape}, std::move(sound)));
}

class DriverTest : public testing::Test {
 protected:
  static std::unique_ptr<Ring> ring(const char* id, std::size_t frames) {
    return std::move(
        *Ring::make({.id = id, .owner = "driver test", .frame_bytes = channels * sizeof(float), .frames = frames}));
  }
  // Frame n is (n, -n) thousandths.
  void put(std::size_t frames) {
    const auto room = input->writable();
    ASSERT_GE(room.size(), frames * input->frame_bytes());
    for (std::size_t i = 0; i < frames; ++i, ++written) {
      const float frame[] = {static_cast<float>(written) / 1000, -static_cast<float>(written) / 1000};
      std::memcpy(room.data() + i * sizeof frame, frame, sizeof frame);
    }
    input->wrote(frames);
  }
  std::vector<float> got() {
    const auto bytes = output->readable();
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), bytes.size());
    output->read(bytes.size() / output->frame_bytes());
    return samples;
  }

  std::unique_ptr<Ring> input = ring("test/in", 8192), output = ring("test/out", 1 << 20);
  std::unique_ptr<Renderer> renderer = identity();
  std::size_t written = 0;
};

TEST_F(DriverTest, GivesAllOfTheInputThenTheTailAndNothingMore) {
  put(1000);
  input->end();
  Driver driver({.channels = channels, .tail_frames = 77, .blocks = {256}}, *renderer, *input, *output);
  driver.run({});
  const auto samples = got();
  ASSERT_EQ(samples.size(), 2U * 1077);
  for (std::size_t n = 0; n < 1077; ++n) {
    ASSERT_NEAR(samples[2 * n], n < 1000 ? static_cast<float>(n) / 1000 : 0.0F, 1e-6);
    ASSERT_NEAR(samples[2 * n + 1], n < 1000 ? -static_cast<float>(n) / 1000 : 0.0F, 1e-6);
  }
  EXPECT_TRUE(output->drained());
  EXPECT_EQ(driver.report().underruns, 0U);
}

TEST_F(DriverTest, WhatIsNotThereWhenABlockIsDueIsSilenceAndComesLater) {
  put(1000);
  Driver driver({.channels = channels, .blocks = {256}, .paced = PacedOptions{.speed = 1000}}, *renderer, *input,
                *output);
  std::jthread late([&] {
    // Not before there was silence.
    while (driver.report().underruns < 3) std::this_thread::yield();
    put(500);
    input->end();
  });
  driver.run({});
  const DriverReport report = driver.report();
  EXPECT_EQ(report.frames_in, 1500U) << "late is not lost";
  EXPECT_EQ(report.frames_out + report.overrun_frames, 1500 + report.underrun_frames);
  // What came, without the silence; that shares blocks with sound and is as exact as their transforms.
  std::vector<long> heard;
  const auto samples = got();
  for (std::size_t n = 0; n < samples.size(); n += 2) {
    const long thousandths = std::lround(samples[n] * 1000);
    ASSERT_NEAR(samples[n], static_cast<float>(thousandths) / 1000, 1e-5);
    if (thousandths != 0) heard.push_back(thousandths);
  }
  ASSERT_EQ(report.overruns, 0U);
  ASSERT_EQ(heard.size(), 1499U);
  for (std::size_t n = 0; n < heard.size(); ++n) ASSERT_EQ(heard[n], static_cast<long>(n + 1));
}

TEST_F(DriverTest, WhatTheOutputHasNoRoomForIsCounted) {
  output = ring("test/small", 100);
  const std::size_t room = output->capacity();
  put(8000);
  input->end();
  Driver driver({.channels = channels, .blocks = {512}, .paced = PacedOptions{.speed = 1000}}, *renderer, *input,
                *output);
  driver.run({});
  const DriverReport report = driver.report();
  EXPECT_EQ(report.frames_out, room);
  EXPECT_EQ(report.overrun_frames, 8000 - room);
  EXPECT_GT(report.overruns, 10U);
}

TEST_F(DriverTest, BlocksAreTheSameWithAndWithoutJitter) {
  std::vector<std::uint64_t> counts;
  for (const double jitter : {0.0, 1.0}) {
    written = 0;
    input = ring("test/in", 8192);
    output = ring("test/out", 16384);
    put(8000);
    input->end();
    Driver driver({.channels = channels,
                   .blocks = {1, 100, 256},
                   .seed = 7,
                   .paced = PacedOptions{.speed = 1000, .jitter = jitter}},
                  *renderer, *input, *output);
    driver.run({});
    counts.push_back(driver.report().blocks);
  }
  EXPECT_EQ(counts[0], counts[1]);
}

TEST_F(DriverTest, EndsWhenAskedTo) {
  Driver driver({.channels = channels, .blocks = {256}}, *renderer, *input, *output);
  std::stop_source stop;
  std::jthread running([&] { driver.run(stop.get_token()); });
  stop.request_stop();
  running.join();
  EXPECT_TRUE(output->ended());
}

}  // namespace
}  // namespace weir::spatial
