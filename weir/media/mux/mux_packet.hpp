// MuxPacket: one access unit on its way into a file, with everything that is needed to begin a file with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/media/packet.hpp"

namespace weir::media {

// H.264 and HEVC are Annex B in it, with the parameter sets that the stream itself carries and no others; other codecs
// are as their container stores them. Times as in Packet.
// Thread-safety: used by one thread.  Allocates: resize(), up to the largest unit so far.  Blocks: never.
// Ownership: owns its bytes, shares the description of its stream.
struct MuxPacket {
  std::span<const std::byte> bytes() const noexcept { return {buffer.data(), size}; }
  // Makes room for `count` bytes and returns it; what was there is gone. Zeros follow, as parsers read a little
  // further.
  std::span<std::byte> resize(std::size_t count) {
    if (buffer.size() < count + padding) buffer.resize(count + padding);
    size = count;
    std::fill_n(buffer.begin() + static_cast<std::ptrdiff_t>(count), padding, std::byte{0});
    return {buffer.data(), count};
  }

  static constexpr std::size_t padding = 64;

  std::vector<std::byte> buffer;  // grows only
  std::size_t size = 0;
  std::int64_t pts_us = 0, dts_us = 0, capture_us = 0;
  std::uint32_t epoch = 0;
  bool key = false;
  std::shared_ptr<const StreamInfo> info;  // of its epoch
};

}  // namespace weir::media
