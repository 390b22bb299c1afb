// Pictures for detection tests, read and scaled by the ffmpeg command, as a detector wants to look at them.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "weir/engines/detect/detector.hpp"

namespace weir::detect::test {

struct TestPicture {
  std::vector<std::uint8_t> pixels;
  int width = 0, height = 0;
  Picture view() const { return {pixels.data(), static_cast<std::ptrdiff_t>(width) * 3, width, height}; }
};

inline TestPicture plain(const Placement& p, std::uint8_t grey) {
  return {std::vector<std::uint8_t>(static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height) * 3, grey),
          p.width, p.height};
}

// Without size where the file cannot be read or ffmpeg is not installed.
// `part`: left, top, width, height of what to look at; all of it if the width is 0.
inline TestPicture placed(const std::filesystem::path& path, const Placement& p, std::array<int, 4> part = {}) {
  std::string crop;
  if (part[2] > 0) {
    crop = "crop=" + std::to_string(part[2]) + ":" + std::to_string(part[3]) + ":" + std::to_string(part[0]) + ":" +
           std::to_string(part[1]) + ",";
  }
  const std::string command = "ffmpeg -nostdin -v error -i '" + path.string() + "' -frames:v 1 -vf " + crop +
                              "scale=" + std::to_string(p.w) + ":" + std::to_string(p.h) +
                              ":flags=area -pix_fmt bgr24 -f rawvideo -";
  TestPicture picture = plain(p, p.border);
  std::FILE* pipe = ::popen(command.c_str(), "r");
  bool good = pipe != nullptr;
  for (int y = 0; y < p.h && good; ++y) {
    const std::size_t at =
        static_cast<std::size_t>(p.y + y) * static_cast<std::size_t>(p.width) + static_cast<std::size_t>(p.x);
    good = std::fread(picture.pixels.data() + at * 3, 3, static_cast<std::size_t>(p.w), pipe) ==
           static_cast<std::size_t>(p.w);
  }
  if (pipe != nullptr) ::pclose(pipe);
  return good ? picture : TestPicture{};
}

}  // namespace weir::detect::test
