#include "weir/media/worker/picture_check.hpp"

extern "C" {
#include <libavcodec/defs.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <cstdlib>

namespace weir::media::decode {
namespace {

constexpr std::int32_t max_side = 1 << 20;  // as parse_stream(): no codec has more

struct Plane {
  std::int64_t line_bytes = 0, lines = 0;
};

// Sizes of the planes as the library counts them; none for what it does not know.
std::array<Plane, 4> planes_of(const FrameBody& f, const AVPixFmtDescriptor& descriptor) noexcept {
  std::array<Plane, 4> planes{};
  const auto format = static_cast<AVPixelFormat>(f.format);
  int line_bytes[4] = {};
  if (av_image_fill_linesizes(line_bytes, format, f.width) < 0) return planes;
  for (std::size_t p = 0; p < 4; ++p) {
    if (line_bytes[p] <= 0) continue;
    const int shift = p == 1 || p == 2 ? descriptor.log2_chroma_h : 0;
    planes[p] = {line_bytes[p], (f.height + (1 << shift) - 1) >> shift};
  }
  if ((descriptor.flags & AV_PIX_FMT_FLAG_PAL) != 0) planes[1] = {AVPALETTE_SIZE, 1};
  return planes;
}

std::uint64_t sample_bytes(const AVPixFmtDescriptor& descriptor) noexcept {
  int depth = 8;
  for (int c = 0; c < descriptor.nb_components; ++c) depth = std::max(depth, descriptor.comp[c].depth);
  return depth > 16 ? 4 : depth > 8 ? 2 : 1;
}

}  // namespace

const char* check_picture(const FrameBody& f, std::size_t slot_bytes) noexcept {
  if (f.format < 0 || f.format >= AV_PIX_FMT_NB) return "a pixel format that does not exist";
  const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(f.format));
  if (descriptor == nullptr || (descriptor->flags & AV_PIX_FMT_FLAG_HWACCEL) != 0) {
    return "a pixel format that is not in memory";
  }
  if (f.width <= 0 || f.height <= 0 || f.width > max_side || f.height > max_side) return "a size that no picture has";
  const std::array<Plane, 4> planes = planes_of(f, *descriptor);
  const std::uint64_t sample = sample_bytes(*descriptor);
  if (planes[0].lines == 0) return "a size that no picture has";
  for (std::size_t p = 0; p < 4; ++p) {
    const bool named = (f.planes >> p & 1) != 0;
    if (named != (planes[p].lines > 0)) return "other planes than its pixel format has";
    if (!named) continue;
    // At most 2^31 times 2^20, and less than 2^62 with what is added: no overflow.
    if (f.offset[p] > slot_bytes) return "a plane outside of its slot";
    const auto first = static_cast<std::int64_t>(f.offset[p]);
    const auto stride = static_cast<std::int64_t>(f.stride[p]);
    const std::int64_t last = first + stride * (planes[p].lines - 1);
    const std::int64_t end = std::max(first, last) + planes[p].line_bytes + AV_INPUT_BUFFER_PADDING_SIZE;
    if (last < 0 || static_cast<std::uint64_t>(end) > slot_bytes) return "a plane outside of its slot";
    if (planes[p].lines > 1 && std::abs(stride) < planes[p].line_bytes) return "lines that overlap";
    if (f.offset[p] % sample != 0 || static_cast<std::uint64_t>(std::abs(stride)) % sample != 0) {
      return "samples that are not aligned";
    }
  }
  return nullptr;
}

}  // namespace weir::media::decode
