#include "weir/engines/motion/sway.hpp"

#include <algorithm>

namespace weir::motion {

namespace {

constexpr int bright = 180;
constexpr int enough = 205;     // 80 %
constexpr int promising = 102;  // 40 %: worth a closer look around

}  // namespace

int Sway::explained(const LumaView& now, const LearnedView& learned, int limit, int dx, int dy) const noexcept {
  int inside = 0, same = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const int x = samples_[i].x + dx, y = samples_[i].y + dy;
    if (x < 1 || y < 1 || x >= learned.width - 1 || y >= learned.height - 1) continue;
    ++inside;
    // A shift by half a pixel leaves an edge between its neighbours' levels.
    int lowest = 255, highest = 0;
    const std::int16_t* at = learned.background + y * learned.stride + x;
    for (const std::ptrdiff_t offset :
         {std::ptrdiff_t{0}, std::ptrdiff_t{-1}, std::ptrdiff_t{1}, -learned.stride, learned.stride}) {
      const int before = level_in_light(at[offset], LightStep{}), after = level_in_light(at[offset], learned.light);
      lowest = std::min({lowest, before, after});
      highest = std::max({highest, before, after});
      // Bright marks do not follow a change of exposure as the rest does: anything between earlier and now will do.
      const int earlier = level_in_light(at[offset], learned.earlier);
      if (std::max(earlier, after) >= bright) {
        lowest = std::min(lowest, earlier);
        highest = std::max(highest, earlier);
      }
    }
    const int here = now.row(samples_[i].y)[samples_[i].x];
    if (here >= lowest - limit && here <= highest + limit) ++same;
  }
  return 2 * inside < static_cast<int>(count_) ? 0 : same * 256 / std::max(inside, 1);
}

bool Sway::explains(const LumaView& now, const LearnedView& learned, int limit) noexcept {
  if (count_ == 0) return false;
  if (explained(now, learned, limit, last_dx_, last_dy_) >= enough) return true;
  int best = 0, best_dx = 0, best_dy = 0;
  const auto consider = [&](int dx, int dy) {
    const int share = explained(now, learned, limit, dx, dy);
    if (share > best) best = share, best_dx = dx, best_dy = dy;
  };
  for (int dy = -reach; dy <= reach; dy += 2) {
    for (int dx = -reach; dx <= reach; dx += 2) consider(dx, dy);
  }
  if (best >= promising && best < enough) {
    const int around_dx = best_dx, around_dy = best_dy;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) consider(around_dx + dx, around_dy + dy);
    }
  }
  if (best < enough) return false;
  last_dx_ = best_dx;
  last_dy_ = best_dy;
  return true;
}

}  // namespace weir::motion
