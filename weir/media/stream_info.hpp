// What a stream's StreamInfo says, worked out from its parameters: the same for a source in this process and for one
// behind a worker.
#pragma once

#include <cstdint>

#include "weir/core/result.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

// H.264 and HEVC have NAL units; every other AVCodecID has none.
NalCodec nal_codec(int codec_id) noexcept;

// Describes a stream whose parameter sets are those of its extradata. The parameters are copied.
// Corrupt: the parameter sets cannot be read. Exhausted: no memory.
Result<StreamInfo> describe_stream(const AVCodecParameters& parameters, double fps, std::uint32_t epoch);

// Works out again what follows from parameters, parameter sets and rate, when one of them has changed.
void refresh(StreamInfo& info);

}  // namespace weir::media
