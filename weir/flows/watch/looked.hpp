// Looked: a decoded frame on its way to an engine, and where it is shown.
#pragma once

#include <cstdint>

#include "weir/media/frame.hpp"

namespace weir::watch {

// The access unit that shows a frame to people: its own, or, where another stream is looked at, the one of the same
// time.
struct Shown {
  std::uint64_t sequence = 0;  // in the stream's ring
  std::uint32_t epoch = 1;
  std::int64_t pts_us = 0;
  int width = 0, height = 0;
};

struct Looked {
  media::Frame frame;
  Shown shown;
};

}  // namespace weir::watch
