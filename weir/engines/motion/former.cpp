#include "weir/engines/motion/former.hpp"

#include <algorithm>

namespace weir::motion {

namespace {

constexpr std::size_t block_pixels = FormerBackground::side * FormerBackground::side;
constexpr float established_s = 30;  // a background that has held for so long is worth remembering rather than an older
constexpr float settled_s = 60;      // … and for so long, is not going to leave

}  // namespace

FormerBackground::FormerBackground(int columns, int rows)
    : entries_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)),
      pixels_(entries_.size() * block_pixels) {}

void FormerBackground::held(std::size_t block, float seconds) noexcept {
  Entry& entry = entries_[block];
  entry.held_s += seconds;
  if (entry.held_s > settled_s) entry.remembered = false;
}

void FormerBackground::replaced(std::size_t block, const std::int16_t* background, std::size_t stride, int width,
                                int height) noexcept {
  Entry& entry = entries_[block];
  if (!entry.remembered || entry.held_s >= established_s) {
    entry.remembered = true;
    std::int16_t* to = pixels_.data() + block * block_pixels;
    for (int y = 0; y < height; ++y, to += side, background += stride) std::copy_n(background, width, to);
  }
  entry.held_s = 0;
}

bool FormerBackground::is_back(std::size_t block, const std::uint8_t* now, std::ptrdiff_t stride, LightStep light,
                               int width, int height, int limit, unsigned most) const noexcept {
  if (!entries_[block].remembered) return false;
  const std::int16_t* former = pixels_.data() + block * block_pixels;
  unsigned differ = 0;
  for (int y = 0; y < height; ++y, former += side, now += stride) {
    for (int x = 0; x < width; ++x) differ += difference(now[x], former[x], light) > limit ? 1 : 0;
  }
  return differ < most;
}

void FormerBackground::restore(std::size_t block, std::int16_t* background, std::size_t stride, int width,
                               int height) noexcept {
  const std::int16_t* former = pixels_.data() + block * block_pixels;
  for (int y = 0; y < height; ++y, former += side, background += stride) std::copy_n(former, width, background);
  entries_[block] = {established_s, false};
}

void FormerBackground::relight(LightStep light) noexcept {
  if (light.gain_less_one == 0 && light.plus == 0 && light.minus == 0) return;
  for (std::size_t block = 0; block < entries_.size(); ++block) {
    if (!entries_[block].remembered) continue;
    for (std::size_t i = 0; i < block_pixels; ++i) {
      std::int16_t& pixel = pixels_[block * block_pixels + i];
      pixel = relit(pixel, light);
    }
  }
}

void FormerBackground::forget_all() noexcept { std::fill(entries_.begin(), entries_.end(), Entry{}); }

}  // namespace weir::motion
