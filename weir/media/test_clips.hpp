// Clips that tests make for themselves, so that every guarantee is tested without shared data.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "weir/media/files/test_files.hpp"

namespace weir::media::test {

struct ClipOptions {
  std::string encoder = "libx264";
  std::string pixel_format = "yuv420p";
  int width = 320, height = 240, frames = 40, fps = 25;
  int gop = 12, b_frames = 0;
  std::map<std::string, std::string> encoder_options = {};  // as FFmpeg names them
};

// Encodes a moving pattern; the container is guessed from the name. Throws std::runtime_error: a test without its input
// has failed.
std::filesystem::path make_clip(const std::filesystem::path& path, const ClipOptions& options);

// One clip of every kind that decoders differ in. 40 frames each.
struct ClipFormat {
  const char* name;
  const char* file;
  ClipOptions clip;
  bool into_leases;  // the codec writes into memory that it is given
};
std::vector<ClipFormat> clip_formats();

// 320x240, then 640x352, then the first again: 90 frames of H.264 with reordering.
std::filesystem::path clip_that_changes_size(const Scratch& scratch);

}  // namespace weir::media::test
