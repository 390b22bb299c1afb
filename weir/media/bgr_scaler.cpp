#include "weir/media/bgr_scaler.hpp"

#include <cstring>
#include <vector>

#include "weir/media/scaler.hpp"

namespace weir::media {

namespace {

constexpr int high_definition_lines = 720;

}  // namespace

struct BgrScaler::State {
  Av<SwsContext> scaler;
  int in_width = 0, in_height = 0, in_format = -1;
  bool in_full_range = false;
  int out_width = 0, out_height = 0;
  // swscale writes whole vectors, over the end of lines: it gets a place of its own.
  std::vector<std::uint8_t> scaled;
  int scaled_stride = 0;

  Result<void> prepare(const Frame& frame, int w, int h);
};

BgrScaler::BgrScaler() : state_(std::make_unique<State>()) {}
BgrScaler::~BgrScaler() = default;
BgrScaler::BgrScaler(BgrScaler&&) noexcept = default;
BgrScaler& BgrScaler::operator=(BgrScaler&&) noexcept = default;

Result<void> BgrScaler::State::prepare(const Frame& frame, int w, int h) {
  if (scaler != nullptr && in_width == frame.width && in_height == frame.height && in_format == frame.format &&
      in_full_range == frame.full_range && out_width == w && out_height == h) {
    return {};
  }
  silence_libraries();
  scaler.reset();
  // Both average what falls into a pixel when they shrink; the area filter is the sharper one there.
  const bool smaller = w < frame.width && h < frame.height;
  Av<SwsContext> made =
      make_scaler(frame.width, frame.height, frame.format, w, h, AV_PIX_FMT_BGR24, smaller ? SWS_AREA : SWS_BILINEAR);
  if (made == nullptr) {
    return fail(Code::unsupported, "pictures of this pixel format cannot be looked at", {},
                pixel_format_name(frame.format));
  }
  const int* matrix = sws_getCoefficients(frame.height >= high_definition_lines ? SWS_CS_ITU709 : SWS_CS_ITU601);
  sws_setColorspaceDetails(made.get(), matrix, frame.full_range ? 1 : 0, matrix, 1, 0, 1 << 16, 1 << 16);
  constexpr int alignment = 64;
  scaled_stride = (w * 3 + 2 * alignment - 1) / alignment * alignment;
  scaled.assign(static_cast<std::size_t>(scaled_stride) * static_cast<std::size_t>(h) + alignment, 0);
  scaler = std::move(made);
  in_width = frame.width, in_height = frame.height, in_format = frame.format, in_full_range = frame.full_range;
  out_width = w, out_height = h;
  return {};
}

Result<void> BgrScaler::scale(const Frame& frame, int x, int y, int w, int h, std::uint8_t* bgr,
                              std::ptrdiff_t stride_bytes, int canvas_w, int canvas_h, std::uint8_t border) {
  constexpr int longest = 16'384;
  if (frame.width <= 0 || frame.height <= 0 || frame.data[0] == nullptr) return fail(Code::invalid, "an empty frame");
  if (bgr == nullptr || w < 1 || h < 1 || x < 0 || y < 0 || canvas_w > longest || canvas_h > longest ||
      x > canvas_w - w || y > canvas_h - h || stride_bytes < static_cast<std::ptrdiff_t>(canvas_w) * 3) {
    return fail(Code::invalid, "the rectangle to scale into is not inside the picture");
  }
  State& s = *state_;
  if (const Result<void> ready = s.prepare(frame, w, h); !ready) return ready;
  std::uint8_t* const out[4] = {s.scaled.data(), nullptr, nullptr, nullptr};
  const int out_stride[4] = {s.scaled_stride, 0, 0, 0};
  if (sws_scale(s.scaler.get(), frame.data.data(), frame.stride.data(), 0, frame.height, out, out_stride) != h) {
    return fail(Code::failed, "a picture could not be scaled");
  }
  const std::size_t line = static_cast<std::size_t>(canvas_w) * 3, left = static_cast<std::size_t>(x) * 3,
                    middle = static_cast<std::size_t>(w) * 3;
  for (int i = 0; i < canvas_h; ++i, bgr += stride_bytes) {
    if (i < y || i >= y + h) {
      std::memset(bgr, border, line);
      continue;
    }
    std::memset(bgr, border, left);
    std::memcpy(bgr + left, s.scaled.data() + static_cast<std::ptrdiff_t>(i - y) * s.scaled_stride, middle);
    std::memset(bgr + left + middle, border, line - left - middle);
  }
  return {};
}

}  // namespace weir::media
