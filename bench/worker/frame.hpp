// Frame: a 1080p picture (I420) that says which one it is, all over, so that a copy that is not whole is found out.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

constexpr std::size_t frame_bytes = std::size_t{1920} * 1080 * 3 / 2;
constexpr std::size_t page_bytes = 4096;

std::int64_t now_ns();  // CLOCK_MONOTONIC, the same in both processes

// Writes the whole frame.
void write_frame(std::byte* place, std::uint64_t number);
// The last that is done to a frame before it is handed over.
void stamp_frame(std::byte* place);

// Reads the frame's first and last bytes, and tells how long ago it was stamped.
std::int64_t age_ns(const std::byte* frame);
// Looks at each page of the frame; gives up unless it is all that of this number.
void check_frame(const std::byte* frame, std::uint64_t number);

}  // namespace bench
