// Frame: one decoded picture, held by a lease.
#pragma once

#include <array>
#include <cstdint>

#include "weir/core/pool.hpp"

namespace weir::media {

// Thread-safety: used by one thread at a time; the pixels are read by all who hold the slot and written by none.
// Allocates: never.  Blocks: never.  Ownership: move-only; the pixels are good while the lease is held.
struct Frame {
  Lease lease;               // Role::engine for whom the decoder gives it to; share() it for others
  std::uint64_t number = 0;  // from 0, in presentation order, over loops
  std::int64_t pts_us = 0;   // 0 at the first frame; the packet's that it came from
  std::int64_t capture_us = 0;
  std::uint32_t epoch = 1;
  bool key = false;
  bool full_range = false;  // luma 0-255 instead of 16-235
  int width = 0, height = 0;
  int format = -1;  // AVPixelFormat
  // Plane by plane; null where the format has none. A stride is negative when the picture is stored bottom up.
  std::array<const std::uint8_t*, 4> data{};
  std::array<int, 4> stride{};

  // Another holder of the same picture. Its lease is empty if that role holds the slot 128 times already.
  Frame share(Role role) const {
    Frame f;
    f.lease = lease.share(role);
    f.number = number, f.pts_us = pts_us, f.capture_us = capture_us, f.epoch = epoch;
    f.key = key, f.full_range = full_range, f.width = width, f.height = height, f.format = format;
    f.data = data, f.stride = stride;
    return f;
  }
};

}  // namespace weir::media
