// Made-up scenes for motion tests: a textured place, figures that cross it, light, noise and a swaying camera.
// What is true of them is known, so that each guarantee can be tested alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "weir/engines/motion/motion.hpp"

namespace weir::motion::test {

struct Figure {
  double x, y, w, h;
  double level;  // of its body, before light
};

class Scene {
 public:
  static constexpr int margin = 16;  // around the picture, for a camera that sways

  Scene(Size size, unsigned seed) : size_(size), random_(seed) {
    place_.resize(static_cast<std::size_t>(width() * height()));
    row_.resize(static_cast<std::size_t>(size.width));
    pixels_.resize(static_cast<std::size_t>(size.width * size.height));
    grain_.resize(1 << 15);
    std::normal_distribution<float> normal;
    for (auto& value : grain_) value = normal(random_);
    // Patches of different brightness with soft grain.
    std::uniform_real_distribution<double> patch(50, 170), grain(-6, 6);
    const int columns = width() / 40 + 1;
    std::vector<double> patches(static_cast<std::size_t>(columns * (height() / 40 + 1)));
    for (auto& level : patches) level = patch(random_);
    for (int y = 0; y < height(); ++y) {
      for (int x = 0; x < width(); ++x) {
        place_[static_cast<std::size_t>(y * width() + x)] =
            static_cast<float>(patches[static_cast<std::size_t>(y / 40 * columns + x / 40)] + grain(random_));
      }
    }
  }

  double gain = 1, offset = 0;  // of the light; multiplies what is above black (16)
  double noise = 1.5;           // standard deviation, levels
  int sway_x = 0, sway_y = 0;   // pixels, at most `margin`
  std::vector<Figure> figures;

  LumaView render() {
    for (int y = 0; y < size_.height; ++y) {
      const float* place = &place_[static_cast<std::size_t>((y + margin + sway_y) * width() + margin + sway_x)];
      std::copy_n(place, size_.width, row_.begin());
      for (const auto& figure : figures) {
        if (y < figure.y || y >= figure.y + figure.h) continue;
        const int left = std::clamp(static_cast<int>(std::ceil(figure.x)), 0, size_.width);
        const int right = std::clamp(static_cast<int>(std::ceil(figure.x + figure.w)), left, size_.width);
        std::fill(row_.begin() + left, row_.begin() + right, static_cast<float>(figure.level));
      }
      const auto gain_now = static_cast<float>(gain), noise_now = static_cast<float>(noise);
      const float add = 16 - 16 * gain_now + static_cast<float>(offset) + 0.5F;
      // Drawing every pixel's noise anew would take longer than all else: a row's place in a table of it is drawn.
      const float* grain = &grain_[random_() % (grain_.size() - static_cast<std::size_t>(size_.width))];
      std::uint8_t* out = &pixels_[static_cast<std::size_t>(y * size_.width)];
      for (int x = 0; x < size_.width; ++x) {
        const float level = row_[static_cast<std::size_t>(x)] * gain_now + add + grain[x] * noise_now;
        out[x] = static_cast<std::uint8_t>(std::clamp(level, 0.0F, 255.0F));
      }
    }
    return {pixels_.data(), size_.width, size_.width, size_.height};
  }

  Size size() const { return size_; }

 private:
  int width() const { return size_.width + 2 * margin; }
  int height() const { return size_.height + 2 * margin; }

  Size size_;
  std::mt19937 random_;
  std::vector<float> place_, row_, grain_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace weir::motion::test
