#include "weir/app/log_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace weir::app {
namespace {

using testing::EndsWith;
using testing::MatchesRegex;
using testing::SizeIs;

class LineSinkTest : public testing::Test {
 protected:
  std::vector<std::string> lines() {
    std::rewind(file.get());
    std::string all;
    std::array<char, 4096> part{};
    for (std::size_t n; (n = std::fread(part.data(), 1, part.size(), file.get())) > 0;) all.append(part.data(), n);
    std::vector<std::string> out;
    std::istringstream in(all);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};
};

TEST_F(LineSinkTest, a_line_has_time_level_owner_and_text) {
  LineSink sink(Level::debug, file.get());
  sink.write(Level::warn, "front", "no answer {} %v, trying again");
  ASSERT_THAT(lines(), SizeIs(1));
  EXPECT_THAT(lines()[0],
              MatchesRegex("20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\\.[0-9][0-9][0-9]Z "
                           "warn front: no answer \\{\\} %v, trying again"));
}

TEST_F(LineSinkTest, an_event_stays_one_line_and_steers_no_terminal) {
  LineSink sink(Level::debug, file.get());
  sink.write(Level::info, "fro\nnt", "\x1b[2Jup\r\nerror yard: forged");
  ASSERT_THAT(lines(), SizeIs(1));
  EXPECT_THAT(lines()[0], EndsWith("info fro nt:  [2Jup  error yard: forged"));
}

TEST_F(LineSinkTest, a_cameras_password_is_not_written) {
  LineSink sink(Level::debug, file.get());
  sink.write(Level::error, "front", "cannot open rtsp://user:hunter2@10.0.0.5/live: refused");
  ASSERT_THAT(lines(), SizeIs(1));
  EXPECT_THAT(lines()[0], EndsWith("error front: cannot open rtsp://***@10.0.0.5/live: refused"));
}

TEST_F(LineSinkTest, events_below_the_level_are_left_out) {
  const std::array all{Level::debug, Level::info, Level::warn, Level::error};
  for (std::size_t least = 0; least < all.size(); ++least) {
    file.reset(std::tmpfile());
    LineSink sink(all[least], file.get());
    for (const Level level : all) sink.write(level, "a", "b");
    EXPECT_THAT(lines(), SizeIs(all.size() - least));
  }
}

TEST_F(LineSinkTest, lines_of_many_threads_stay_whole) {
  LineSink sink(Level::debug, file.get());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) sink.write(Level::info, "thread", "a whole line");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto written = lines();
  EXPECT_THAT(written, SizeIs(1000));
  EXPECT_THAT(written, testing::Each(EndsWith("Z info thread: a whole line")));
}

TEST(ParseLevel, the_four_names_and_nothing_else) {
  EXPECT_EQ(parse_level("debug"), Level::debug);
  EXPECT_EQ(parse_level("info"), Level::info);
  EXPECT_EQ(parse_level("warn"), Level::warn);
  EXPECT_EQ(parse_level("error"), Level::error);
  EXPECT_EQ(parse_level("warning"), std::nullopt);
  EXPECT_EQ(parse_level("Info"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
}

}  // namespace
}  // namespace weir::app
