// WebCodecs codec strings: what a browser needs to be told before it can decode a stream.
#pragma once

#include <cstddef>
#include <span>
#include <string>

struct AVCodecParameters;

namespace weir::media {

// The codec string of a stream (RFC 6381; the WebCodecs registry): "avc1.640028", "hev1.1.6.L93.B0", "vp8",
// "vp09.00.31.08", "av01.0.04M.08". `parameter_sets` are the stream's as Annex B, if it has any. Empty when no browser
// decodes the stream, or when what is known of it is not enough to say.
std::string webcodecs_string(const AVCodecParameters& parameters, std::span<const std::byte> parameter_sets,
                             double fps);

}  // namespace weir::media
