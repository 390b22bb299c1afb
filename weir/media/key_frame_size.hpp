// The picture size that a VP8 or VP9 key frame states, so that a change of it is noticed before decoding.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace weir::media {

struct PictureSize {
  int width = 0, height = 0;
};

// `codec_id` is an AVCodecID. Empty for other codecs, and for frames whose header cannot be read.
std::optional<PictureSize> key_frame_size(int codec_id, std::span<const std::byte> frame) noexcept;

}  // namespace weir::media
