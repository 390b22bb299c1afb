// Packet and StreamInfo: what a source gives, whatever kind of source it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "weir/media/annexb.hpp"

struct AVCodecParameters;
struct AVPacket;

namespace weir::media {

// The one video stream of a source, as it is since the newest epoch.
// Thread-safety: value type.  Allocates: copies do.  Blocks: never.  Ownership: shares the immutable parameters.
struct StreamInfo {
  std::string codec;      // FFmpeg's name: "h264", "mjpeg"
  std::string webcodecs;  // for browsers; empty when none decodes it
  int width = 0, height = 0;
  double fps = 0;           // a guess, 0 when there is nothing to guess from
  std::uint32_t epoch = 1;  // changes with the parameter sets, the picture size, and with every loop
  AccessUnits units;        // turns a packet's bytes into what goes to browsers
  std::shared_ptr<const AVCodecParameters> parameters;  // for the decoder
};

// One compressed access unit, in decoding order.
// Thread-safety: used by one thread.  Allocates: never.  Blocks: never.
// Ownership: a view; valid until the source's next read().
struct Packet {
  std::span<const std::byte> bytes;  // as the container stores them: see StreamInfo::units
  std::int64_t pts_us = 0;           // 0 at the first frame; goes on over loops
  std::int64_t dts_us = 0;
  std::int64_t capture_us = 0;  // wall time at which it was received
  std::uint32_t epoch = 1;
  bool key = false;
  bool restart = false;              // what came before does not go on: a loop begins anew
  const AVPacket* native = nullptr;  // times in µs on the same line, unknown ones stay unknown
};

}  // namespace weir::media
