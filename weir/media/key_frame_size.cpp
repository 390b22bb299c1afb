#include "weir/media/key_frame_size.hpp"

#include <cstdint>

extern "C" {
#include <libavcodec/codec_id.h>
}

namespace weir::media {
namespace {

unsigned value(std::byte b) { return std::to_integer<unsigned>(b); }

// RFC 6386 9.1: 3 bytes frame tag, start code 9d 01 2a, then 14-bit width and height, each with 2 bits of scale.
std::optional<PictureSize> vp8(std::span<const std::byte> f) {
  if (f.size() < 10 || (value(f[0]) & 1) != 0) return std::nullopt;
  if (value(f[3]) != 0x9d || value(f[4]) != 0x01 || value(f[5]) != 0x2a) return std::nullopt;
  return PictureSize{static_cast<int>((value(f[6]) | value(f[7]) << 8) & 0x3fff),
                     static_cast<int>((value(f[8]) | value(f[9]) << 8) & 0x3fff)};
}

class Bits {
 public:
  explicit Bits(std::span<const std::byte> bytes) : bytes_(bytes) {}
  unsigned take(int n) {
    unsigned out = 0;
    for (; n > 0; --n, ++at_) {
      const unsigned byte = at_ / 8 < bytes_.size() ? value(bytes_[at_ / 8]) : 0;
      out = out << 1 | ((byte >> (7 - at_ % 8)) & 1);
    }
    return out;
  }
  bool past_end() const { return at_ > bytes_.size() * 8; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

// "VP9 Bitstream & Decoding Process Specification" 6.2, uncompressed_header() of a key frame.
std::optional<PictureSize> vp9(std::span<const std::byte> f) {
  Bits bits(f);
  if (bits.take(2) != 2) return std::nullopt;
  const unsigned low = bits.take(1), profile = low | bits.take(1) << 1;
  if (profile == 3) bits.take(1);
  if (bits.take(1) != 0) return std::nullopt;  // show_existing_frame
  if (bits.take(1) != 0) return std::nullopt;  // not a key frame
  bits.take(2);                                // show_frame, error_resilient_mode
  if (bits.take(24) != 0x498342) return std::nullopt;
  if (profile >= 2) bits.take(1);  // ten_or_twelve_bit
  constexpr unsigned srgb = 7;
  if (bits.take(3) != srgb) {
    bits.take(1);                                    // color_range
    if (profile == 1 || profile == 3) bits.take(3);  // subsampling, reserved
  } else if (profile == 1 || profile == 3) {
    bits.take(1);  // reserved
  }
  const PictureSize size{static_cast<int>(bits.take(16)) + 1, static_cast<int>(bits.take(16)) + 1};
  if (bits.past_end()) return std::nullopt;
  return size;
}

}  // namespace

std::optional<PictureSize> key_frame_size(int codec_id, std::span<const std::byte> frame) noexcept {
  if (codec_id == AV_CODEC_ID_VP8) return vp8(frame);
  if (codec_id == AV_CODEC_ID_VP9) return vp9(frame);
  return std::nullopt;
}

}  // namespace weir::media
