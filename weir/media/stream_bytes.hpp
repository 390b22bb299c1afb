// A StreamInfo as bytes, for the way between processes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

// No stream's bytes are more than this. Extradata is a few hundred bytes in most streams, some 10 KiB in the largest.
constexpr std::size_t max_stream_bytes = std::size_t{56} << 10;

// Both ends must be of one build. Unsupported: extradata and parameter sets are larger than max_stream_bytes, or a size
// is beyond what parse_stream() takes. Invalid: no parameters.
Result<std::vector<std::byte>> write_stream(const StreamInfo& info);

// The same StreamInfo again. The bytes may come from anybody: nothing in them is used before it was checked, and
// `webcodecs` and `codec` are worked out here, not taken over. Corrupt: no stream.
Result<StreamInfo> parse_stream(std::span<const std::byte> bytes);

}  // namespace weir::media
