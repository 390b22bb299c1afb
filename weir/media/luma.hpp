// Luma: how to read the brightness of a frame of any pixel format, without a copy where the format has it as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"

struct SwsContext;

namespace weir::media {

// Where a pixel format keeps its luma.
struct LumaLayout {
  int plane = 0;
  int offset_bytes = 0;  // of the first sample in the line
  int step_bytes = 1;    // from one sample to the next
  int sample_bytes = 1;  // 1, or 2 in the machine's byte order
  int shift = 0;         // sample >> shift gives 8 bits
};

// For every planar, semi-planar and packed YUV and every grey format of at least 8 bits in the machine's byte order.
// Empty for the others (RGB, palettes, Bayer, foreign byte order, hardware surfaces): those need a conversion.
std::optional<LumaLayout> luma_layout(int pixel_format) noexcept;

// 8-bit luma at (x, y): sample at data + y·stride + x·step, of sample_bytes, shifted right by `shift`.
struct LumaView {
  const std::uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  // bytes; negative when the picture is stored bottom up
  int width = 0, height = 0;
  int step_bytes = 1, sample_bytes = 1, shift = 0;

  std::uint8_t at(int x, int y) const noexcept {
    const std::uint8_t* p = data + y * stride + static_cast<std::ptrdiff_t>(x) * step_bytes;
    const unsigned sample = sample_bytes == 1 ? p[0] : *reinterpret_cast<const std::uint16_t*>(p);
    return static_cast<std::uint8_t>(sample >> shift);
  }
};

// Thread-safety: used by one thread.  Allocates: when a format that needs conversion comes first or changes.
// Blocks: never.  Ownership: a view is good while its frame's lease is held and until the next call.
class LumaReader {
 public:
  LumaReader();
  ~LumaReader();
  LumaReader(LumaReader&&) noexcept;
  LumaReader& operator=(LumaReader&&) noexcept;

  // Unsupported: a format that cannot be converted to grey.
  Result<LumaView> view(const Frame& frame);
  // Frames for which view() had to convert.
  std::uint64_t conversions() const noexcept { return conversions_; }

 private:
  struct SwsDelete {
    void operator()(SwsContext* context) const noexcept;
  };
  std::unique_ptr<SwsContext, SwsDelete> scaler_;
  std::vector<std::uint8_t> grey_;
  int width_ = 0, height_ = 0, format_ = -1;
  std::uint64_t conversions_ = 0;
};

}  // namespace weir::media
