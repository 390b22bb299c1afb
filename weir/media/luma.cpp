#include "weir/media/luma.hpp"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <bit>

#include "weir/media/scaler.hpp"

namespace weir::media {

std::optional<LumaLayout> luma_layout(int pixel_format) noexcept {
  const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(pixel_format));
  if (d == nullptr || d->nb_components == 0) return std::nullopt;
  constexpr std::uint64_t other = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                                  AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT;
  if ((d->flags & other) != 0) return std::nullopt;
  // XYZ is no RGB for the library, and its first component is no luma.
  if (pixel_format == AV_PIX_FMT_XYZ12LE || pixel_format == AV_PIX_FMT_XYZ12BE) return std::nullopt;
  const AVComponentDescriptor& y = d->comp[0];
  const int bits = y.depth + y.shift;
  if (y.depth < 8 || bits > 16) return std::nullopt;
  const bool big_endian = (d->flags & AV_PIX_FMT_FLAG_BE) != 0;
  if (bits > 8 && big_endian != (std::endian::native == std::endian::big)) return std::nullopt;
  return LumaLayout{y.plane, y.offset, y.step, bits > 8 ? 2 : 1, bits - 8};
}

void LumaReader::SwsDelete::operator()(SwsContext* context) const noexcept { sws_freeContext(context); }

LumaReader::LumaReader() = default;
LumaReader::~LumaReader() = default;
LumaReader::LumaReader(LumaReader&&) noexcept = default;
LumaReader& LumaReader::operator=(LumaReader&&) noexcept = default;

Result<LumaView> LumaReader::view(const Frame& frame) {
  if (const auto layout = luma_layout(frame.format)) {
    const auto plane = static_cast<std::size_t>(layout->plane);
    return LumaView{frame.data[plane] + layout->offset_bytes,
                    frame.stride[plane],
                    frame.width,
                    frame.height,
                    layout->step_bytes,
                    layout->sample_bytes,
                    layout->shift};
  }
  if (scaler_ == nullptr || width_ != frame.width || height_ != frame.height || format_ != frame.format) {
    silence_libraries();
    scaler_.reset();
    scaler_.reset(
        make_scaler(frame.width, frame.height, frame.format, frame.width, frame.height, AV_PIX_FMT_GRAY8, SWS_POINT)
            .release());
    if (scaler_ == nullptr) {
      return fail(Code::unsupported, "pictures of this pixel format cannot be looked at", {},
                  pixel_format_name(frame.format));
    }
    width_ = frame.width, height_ = frame.height, format_ = frame.format;
    // swscale writes whole vectors: room behind the last line.
    grey_.assign(static_cast<std::size_t>(width_ + 63) / 64 * 64 * static_cast<std::size_t>(height_) + 64, 0);
  }
  const int stride = (width_ + 63) / 64 * 64;
  std::uint8_t* const out[4] = {grey_.data(), nullptr, nullptr, nullptr};
  const int out_stride[4] = {stride, 0, 0, 0};
  sws_scale(scaler_.get(), frame.data.data(), frame.stride.data(), 0, height_, out, out_stride);
  ++conversions_;
  return LumaView{grey_.data(), stride, width_, height_, 1, 1, 0};
}

}  // namespace weir::media
