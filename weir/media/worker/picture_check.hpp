// Does a picture that a worker describes lie inside the slot that it names?
#pragma once

#include <cstddef>

#include "weir/media/worker/decode_protocol.hpp"

namespace weir::media::decode {

// nullptr if every line of every plane, and the room behind for wide reads, is inside `slot_bytes`; else what is wrong.
// For any bytes in `frame`; nothing overflows.
const char* check_picture(const FrameBody& frame, std::size_t slot_bytes) noexcept;

}  // namespace weir::media::decode
