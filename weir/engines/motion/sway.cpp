#include "weir/engines/motion/sway.hpp"

#include <algorithm>

namespace weir::motion {

namespace {

constexpr int bright = 180;  // level from which a camera no longer answers in proportion
constexpr std::size_t coarse_samples = 32;
constexpr int enough = 205;     // 80 %
constexpr int promising = 102;  // 40 %: worth a closer look around

}  // namespace

int Sway::explained(const LearnedView& learned, int limit, int dx, int dy, std::size_t every,
                    int least) const noexcept {
  int inside = 0, same = 0, left = static_cast<int>((count_ + every - 1) / every);
  const int samples = left;
  for (std::size_t i = 0; i < count_; i += every, --left) {
    if ((same + left) * 256 < least * (inside + left)) return 0;
    const int x = samples_[i].x + dx, y = samples_[i].y + dy;
    if (x < 1 || y < 1 || x >= learned.width - 1 || y >= learned.height - 1) continue;
    ++inside;
    // A shift by half a pixel leaves an edge between its neighbours' levels.
    const std::int16_t* at = learned.background + y * learned.stride + x;
    const std::int16_t darkest = std::min({at[0], at[-1], at[1], at[-learned.stride], at[learned.stride]});
    const std::int16_t brightest = std::max({at[0], at[-1], at[1], at[-learned.stride], at[learned.stride]});
    const int here = samples_[i].level;
    const auto fits = [here, limit](int low, int high) { return here >= low - limit && here <= high + limit; };
    int lowest = level_in_light(darkest, LightStep{}), highest = level_in_light(brightest, LightStep{});
    if (fits(lowest, highest)) {
      ++same;
      continue;
    }
    lowest = std::min(lowest, level_in_light(darkest, learned.light));
    highest = std::max(highest, level_in_light(brightest, learned.light));
    // Bright marks do not follow a change of exposure as the rest does: anything between earlier and now will do.
    const int earlier = level_in_light(brightest, learned.earlier);
    if (std::max(earlier, highest) >= bright) {
      lowest = std::min(lowest, level_in_light(darkest, learned.earlier));
      highest = std::max(highest, earlier);
    }
    if (fits(lowest, highest)) ++same;
  }
  return 2 * inside < samples ? 0 : same * 256 / std::max(inside, 1);
}

bool Sway::explains(const LearnedView& learned, int limit) noexcept {
  if (count_ == 0) return false;
  if (explained(learned, limit, last_dx_, last_dy_, 1, enough) >= enough) return true;
  if (searches_ == 0) return false;
  --searches_;
  // A coarse search with a part of the samples, then a fine one around its best with all of them.
  const std::size_t every = count_ / coarse_samples + 1;
  int best = promising - 1, best_dx = 0, best_dy = 0;
  const auto consider = [&](int dx, int dy, std::size_t nth) {
    const int share = explained(learned, limit, dx, dy, nth, best + 1);
    if (share > best) best = share, best_dx = dx, best_dy = dy;
  };
  for (int dy = -reach; dy <= reach; dy += 2) {
    for (int dx = -reach; dx <= reach; dx += 2) consider(dx, dy, every);
  }
  if (best < promising) return false;
  const int around_dx = best_dx, around_dy = best_dy;
  best = enough - 1;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) consider(around_dx + dx, around_dy + dy, 1);
  }
  if (best < enough) return false;
  last_dx_ = best_dx;
  last_dy_ = best_dy;
  return true;
}

}  // namespace weir::motion
