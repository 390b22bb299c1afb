// Real clips for motion tests: the luma plane of each frame, decoded by the ffmpeg command.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "weir/engines/motion/luma.hpp"

namespace weir::motion::test {

class TestVideo {
 public:
  TestVideo(const std::filesystem::path& path, int width, int height)
      : width_(width), height_(height), frame_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {
    // The plane as it is coded: a conversion to grey would stretch its range.
    const std::string command =
        "ffmpeg -nostdin -v error -i '" + path.string() + "' -an -vf extractplanes=y -vsync 0 -f rawvideo -";
    pipe_ = ::popen(command.c_str(), "r");
  }
  ~TestVideo() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  TestVideo(const TestVideo&) = delete;
  TestVideo& operator=(const TestVideo&) = delete;

  bool next() { return pipe_ != nullptr && std::fread(frame_.data(), 1, frame_.size(), pipe_) == frame_.size(); }
  LumaView view() const { return {frame_.data(), width_, width_, height_}; }

 private:
  int width_, height_;
  std::vector<std::uint8_t> frame_;
  std::FILE* pipe_ = nullptr;
};

}  // namespace weir::motion::test
