#include "weir/engines/motion/average.hpp"

#include <algorithm>
#include <cmath>

namespace weir::motion {

namespace {

constexpr float background_s = 3.0F;      // time constant of the average, where nothing moves
constexpr float first_s = 0.4F;           // learned before anything is reported
constexpr float relearned_s = 0.25F;      // the same after a relearning
constexpr float blend_every_s = 0.06F;    // steps smaller than this would drown in rounding
constexpr float still_s = 8.0F;           // what stands still for this long becomes background …
constexpr float still_at_start_s = 2.0F;  // … sooner in the first seconds, when it was there from the start
constexpr float start_s = 5.0F;
constexpr float still_levels = 4.0F;  // a block's mean may wander so far and still be standing still
constexpr float absorb_s = 0.3F;      // time constant of becoming background
constexpr float sway_s = 0.1F;        // of following a sway
constexpr float noise_quiet_s = 2.0F, noise_moving_s = 60.0F;  // time constants of the noise estimate
constexpr float noise_weight = 2.5F;       // of the mean absolute difference: about two standard deviations
constexpr float most_noise = 12.0F;        // levels; busy places must not grow blind
constexpr unsigned weak = 6, strong = 16;  // moved pixels of a block's 64
constexpr float too_much = 0.6F;           // of the picture at once is a new picture, not motion …
constexpr float too_much_in_new_light = 0.2F;
constexpr float sudden_light = 0.12F;  // relative change of gain between two looks
constexpr float most_offset = 48.0F;   // levels; with what a gain adds it stays below most_offset_step
constexpr float recent_s = 3.0F;       // time constant in which an earlier exposure is forgotten
constexpr float longest_gap_s = 2.0F;

std::int16_t rate(float seconds, float time_constant) {
  return static_cast<std::int16_t>(std::lround((1.0F - std::exp(-seconds / time_constant)) * 32767.0F));
}

// The sum of a block from the sums of its eight columns.
template <class Column>
std::uint32_t block_sum(const std::vector<Column>& columns, int block) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 8; ++i) sum += columns[static_cast<std::size_t>(block) * 8 + i];
  return sum;
}

LightStep in_steps(Light light) {
  // apply() turns about the black level; the kernels' form about zero.
  const float offset = light.offset + Light::black * (1.0F - light.gain);
  const auto units = static_cast<std::uint16_t>(std::lround(std::abs(offset) * (1 << level_bits)));
  return {static_cast<std::int16_t>(std::lround((light.gain - 1.0F) * 32767.0F)), offset > 0 ? units : std::uint16_t{0},
          offset < 0 ? units : std::uint16_t{0}};
}

}  // namespace

AverageEngine::AverageEngine(const MotionConfig& config, Size source, Size small, const AverageKernels& kernels)
    : config_(config),
      source_(source),
      small_(small),
      kernels_(kernels),
      columns_((small.width + side - 1) / side),
      rows_((small.height + side - 1) / side),
      padded_(static_cast<std::size_t>(columns_ * side)),
      background_(padded_ * static_cast<std::size_t>(small.height)),
      limit_(padded_),
      moved_columns_(padded_),
      level_columns_(padded_),
      rate_(padded_),
      now_mean_(static_cast<std::size_t>(columns_ * rows_)),
      learned_mean_(now_mean_.size()),
      noise_(now_mean_.size()),
      still_s_(now_mean_.size()),
      still_mean_(now_mean_.size()),
      moved_(now_mean_.size()),
      masked_(now_mean_.size()),
      limits_(now_mean_.size()),
      swayed_(now_mean_.size()),
      standing_(now_mean_.size()),
      difference_(now_mean_.size()),
      fit_(now_mean_.size()),
      grouper_(columns_, rows_),
      former_(columns_, rows_) {
  boxes_.reserve(Grouper::max_groups);
  unmasked_ = masked_.size();
}

float AverageEngine::seconds_since_last(std::int64_t pts_us) noexcept {
  const std::int64_t passed_us = pts_us - last_pts_us_;
  last_pts_us_ = pts_us;
  // Time that stands still or runs backwards (a file that starts over, a camera's clock that is set) says nothing about
  // how long it was really; a long gap must not teach the background all of the one picture after it.
  if (passed_us > 0) last_seconds_ = std::min(static_cast<float>(passed_us) * 1e-6F, longest_gap_s);
  return last_seconds_;
}

void AverageEngine::learn_all(const LumaView& small) noexcept {
  for (int y = 0; y < small_.height; ++y) {
    const std::uint8_t* now = small.row(y);
    std::int16_t* background = background_.data() + static_cast<std::size_t>(y) * padded_;
    for (int x = 0; x < small_.width; ++x) background[x] = static_cast<std::int16_t>(now[x] << level_bits);
  }
  learned_mean_ = now_mean_;
  still_mean_ = now_mean_;
  std::fill(still_s_.begin(), still_s_.end(), 0.0F);
  former_.forget_all();
  age_s_ = 0;
  unblended_s_ = 0;
  light_ = {};
  last_gain_ = 1;
  recent_gain_ = 1;
}

void AverageEngine::measure(const LumaView& small) noexcept {
  for (int row = 0; row < rows_; ++row) {
    std::fill(level_columns_.begin(), level_columns_.end(), std::uint16_t{0});
    for (int y = row * side; y < row * side + rows_in(row); ++y) {
      kernels_.sum(small.row(y), level_columns_.data(), static_cast<std::size_t>(small_.width));
    }
    for (int column = 0; column < columns_; ++column) {
      const auto block = static_cast<std::size_t>(row * columns_ + column);
      now_mean_[block] =
          static_cast<float>(block_sum(level_columns_, column)) / static_cast<float>(pixels_in(row, column));
    }
  }
}

void AverageEngine::compare(const LumaView& small) noexcept {
  for (int row = 0; row < rows_; ++row) {
    const auto first = static_cast<std::size_t>(row * columns_);
    for (int column = 0; column < columns_; ++column) {
      const auto block = first + static_cast<std::size_t>(column);
      const float limit = static_cast<float>(config_.threshold) + noise_weight * noise_[block];
      limits_[block] = static_cast<std::uint8_t>(std::min(limit, 255.0F));
      std::fill_n(limit_.begin() + column * side, side, limits_[block]);
    }
    std::fill(moved_columns_.begin(), moved_columns_.end(), std::uint8_t{0});
    std::fill(level_columns_.begin(), level_columns_.end(), std::uint16_t{0});
    for (int y = row * side; y < row * side + rows_in(row); ++y) {
      kernels_.compare(small.row(y), background_.data() + static_cast<std::size_t>(y) * padded_, step_, limit_.data(),
                       moved_columns_.data(), level_columns_.data(), static_cast<std::size_t>(small_.width));
    }
    for (int column = 0; column < columns_; ++column) {
      const auto block = first + static_cast<std::size_t>(column);
      moved_[block] = masked_[block] != 0 ? 0 : static_cast<std::uint8_t>(block_sum(moved_columns_, column));
      difference_[block] = static_cast<std::uint16_t>(block_sum(level_columns_, column));
    }
  }
}

AverageEngine::Patch AverageEngine::patch_of(std::size_t block) noexcept {
  const int x = static_cast<int>(block) % columns_ * side, y = static_cast<int>(block) / columns_ * side;
  return {x, y, std::min(side, small_.width - x), std::min(side, small_.height - y),
          background_.data() + static_cast<std::size_t>(y) * padded_ + static_cast<std::size_t>(x)};
}

void AverageEngine::remember(std::size_t block) noexcept {
  const Patch patch = patch_of(block);
  former_.replaced(block, patch.background, padded_, patch.width, patch.height);
}

// What each block learned from this look, besides its pixels: its noise, for how long it has stood still, and whether
// what stood there has left.
void AverageEngine::settle(const LumaView& small, float seconds) noexcept {
  const float quiet = seconds / (noise_quiet_s + seconds);
  const float moving = seconds / (noise_moving_s + seconds);
  const float still_enough = age_s_ < start_s ? still_at_start_s : still_s;
  for (std::size_t block = 0; block < moved_.size(); ++block) {
    const bool moves = moved_[block] >= weak;
    const float noise = std::min(static_cast<float>(difference_[block]) / (side * side), most_noise);
    noise_[block] += (noise - noise_[block]) * (moves ? moving : quiet);
    standing_[block] = 0;
    if (!moves) {
      former_.held(block, seconds);
      still_s_[block] = 0;
      still_mean_[block] = now_mean_[block];
      continue;
    }
    const Patch patch = patch_of(block);
    const std::uint8_t* now = small.row(patch.y) + patch.x;
    if (former_.is_back(block, now, small.stride_bytes, step_, patch.width, patch.height, limits_[block], weak)) {
      former_.restore(block, patch.background, padded_, patch.width, patch.height);
      moved_[block] = 0;
      still_s_[block] = 0;
      continue;
    }
    if (std::abs(now_mean_[block] - still_mean_[block]) < still_levels) {
      const bool before = still_s_[block] >= still_enough;
      still_s_[block] += seconds;
      standing_[block] = still_s_[block] >= still_enough ? 1 : 0;
      if (!before && standing_[block] != 0) remember(block);
    } else {
      still_s_[block] = 0;
      still_mean_[block] = now_mean_[block];
    }
  }
}

void AverageEngine::blend(const LumaView& small, float seconds) noexcept {
  // At first a plain mean over all that was seen, then a running one.
  const std::int16_t learn = rate(seconds, std::clamp(age_s_, seconds, background_s));
  const std::int16_t absorb = rate(seconds, absorb_s), follow = rate(seconds, sway_s);
  for (int row = 0; row < rows_; ++row) {
    const auto first = static_cast<std::size_t>(row * columns_);
    for (int column = 0; column < columns_; ++column) {
      const auto block = first + static_cast<std::size_t>(column);
      const std::int16_t at = swayed_[block] != 0     ? follow
                              : moved_[block] < weak  ? learn
                              : standing_[block] != 0 ? absorb
                                                      : std::int16_t{0};
      std::fill_n(rate_.begin() + column * side, side, at);
    }
    std::fill(level_columns_.begin(), level_columns_.end(), std::uint16_t{0});
    for (int y = row * side; y < row * side + rows_in(row); ++y) {
      kernels_.blend(small.row(y), background_.data() + static_cast<std::size_t>(y) * padded_, step_, rate_.data(),
                     level_columns_.data(), static_cast<std::size_t>(small_.width));
    }
    for (int column = 0; column < columns_; ++column) {
      const auto block = first + static_cast<std::size_t>(column);
      learned_mean_[block] =
          static_cast<float>(block_sum(level_columns_, column)) / static_cast<float>(pixels_in(row, column));
      still_mean_[block] = light_.apply(still_mean_[block]);
    }
  }
  // The background now is in today's light.
  former_.relight(step_);
  last_gain_ /= light_.gain;
  recent_gain_ = 1 + (recent_gain_ * light_.gain - 1) * std::exp(-seconds / recent_s);
  light_ = {};
  step_ = {};
}

bool AverageEngine::pixel_moved(const LumaView& small, int x, int y) const noexcept {
  const std::int16_t background = background_[static_cast<std::size_t>(y) * padded_ + static_cast<std::size_t>(x)];
  const auto block = static_cast<std::size_t>(y / side * columns_ + x / side);
  return difference(small.row(y)[x], background, step_) > limits_[block];
}

// Draws a group's edges in from whole blocks to the first row or column with two moved pixels.
Group AverageEngine::in_pixels(const LumaView& small, const Group& group) const noexcept {
  Group box = group;
  box.left = group.left * side;
  box.top = group.top * side;
  box.right = std::min((group.right + 1) * side, small_.width) - 1;
  box.bottom = std::min((group.bottom + 1) * side, small_.height) - 1;
  const auto row_moved = [&](int y) {
    int count = 0;
    for (int x = box.left; x <= box.right && count < 2; ++x) count += pixel_moved(small, x, y) ? 1 : 0;
    return count == 2;
  };
  const auto column_moved = [&](int x) {
    int count = 0;
    for (int y = box.top; y <= box.bottom && count < 2; ++y) count += pixel_moved(small, x, y) ? 1 : 0;
    return count == 2;
  };
  for (int i = 1; i < side && box.top < box.bottom && !row_moved(box.top); ++i) ++box.top;
  for (int i = 1; i < side && box.top < box.bottom && !row_moved(box.bottom); ++i) --box.bottom;
  for (int i = 1; i < side && box.left < box.right && !column_moved(box.left); ++i) ++box.left;
  for (int i = 1; i < side && box.left < box.right && !column_moved(box.right); ++i) --box.right;
  return box;
}

bool AverageEngine::only_swayed(const LumaView& small, const Group& group) noexcept {
  const auto members = grouper_.members(group);
  // Spread over the whole group: every n-th moved pixel of every n-th block.
  constexpr std::size_t most_blocks = 48;
  const std::size_t step = members.size() / most_blocks + 1;
  const auto every = group.moved / step / Sway::max_samples + 1;
  std::size_t nth = 0;
  sway_.begin();
  for (std::size_t i = 0; i < members.size(); i += step) {
    const auto block = static_cast<std::size_t>(members[i]);
    const Patch patch = patch_of(block);
    const int limit = limits_[block];
    for (int y = 0; y < patch.height; ++y) {
      const std::uint8_t* now = small.row(patch.y + y) + patch.x;
      const std::int16_t* background = patch.background + static_cast<std::size_t>(y) * padded_;
      for (int x = 0; x < patch.width; ++x) {
        if (difference(now[x], background[x], step_) <= limit) continue;
        if (nth++ % every == 0) sway_.add(patch.x + x, patch.y + y, now[x]);
      }
    }
  }
  const LightStep earlier = in_steps({std::clamp(1 / (recent_gain_ * light_.gain), 0.5F, most_gain_step), 0});
  const LearnedView learned{
      background_.data(), static_cast<std::ptrdiff_t>(padded_), small_.width, small_.height, step_, earlier};
  if (!sway_.explains(learned, config_.threshold)) return false;
  for (const std::int32_t member : members) {
    const auto block = static_cast<std::size_t>(member);
    swayed_[block] = 1;
    remember(block);
  }
  return true;
}

void AverageEngine::find_boxes(const LumaView& small) noexcept {
  const auto least = static_cast<unsigned>(config_.min_area * small_.width * small_.height);
  const float across = static_cast<float>(source_.width) / static_cast<float>(small_.width);
  const float down = static_cast<float>(source_.height) / static_cast<float>(small_.height);
  sway_.start();
  for (const Group& group : grouper_.group(moved_, difference_, weak, strong, std::max(least, strong))) {
    if (only_swayed(small, group)) continue;
    const Group box = in_pixels(small, group);
    const int x = static_cast<int>(static_cast<float>(box.left) * across);
    const int y = static_cast<int>(static_cast<float>(box.top) * down);
    const int right = std::min(static_cast<int>(std::ceil(static_cast<float>(box.right + 1) * across)), source_.width);
    const int bottom = std::min(static_cast<int>(std::ceil(static_cast<float>(box.bottom + 1) * down)), source_.height);
    const float mean = static_cast<float>(group.difference) / static_cast<float>(group.blocks * side * side);
    boxes_.push_back({x, y, right - x, bottom - y, mean / (mean + static_cast<float>(config_.threshold))});
  }
  if (boxes_.size() > max_boxes) {
    std::partial_sort(boxes_.begin(), boxes_.begin() + max_boxes, boxes_.end(),
                      [](const Box& a, const Box& b) { return a.w * a.h > b.w * b.h; });
    stats_.boxes_cut += boxes_.size() - max_boxes;
    boxes_.resize(max_boxes);
  }
}

void AverageEngine::mask(std::span<const std::uint8_t> cells) {
  std::fill(masked_.begin(), masked_.end(), std::uint8_t{0});
  if (cells.size() == masked_.size()) std::copy(cells.begin(), cells.end(), masked_.begin());
  unmasked_ = static_cast<std::size_t>(std::count(masked_.begin(), masked_.end(), std::uint8_t{0}));
}

std::span<const Box> AverageEngine::look(const LumaView& small, std::int64_t pts_us) noexcept {
  WEIR_CHECK(
      small.width == small_.width && small.height == small_.height && small.step_bytes == 1 && small.sample_bytes == 1,
      "the picture's size differs from the one this motion engine was made for");
  ++stats_.looks;
  boxes_.clear();
  const float seconds = seconds_since_last(pts_us);
  measure(small);
  if (!learned_) {
    learned_ = true;
    learn_all(small);
    return {};
  }
  age_s_ += seconds;
  unblended_s_ += seconds;
  light_ = config_.light_guard ? fit_.fit(learned_mean_, now_mean_) : Light{};
  const bool explained = light_.gain > 0.25F && light_.gain < most_gain_step && std::abs(light_.offset) < most_offset;
  if (!explained) light_ = {};
  const bool new_light = !explained || std::abs(light_.gain / last_gain_ - 1.0F) > sudden_light;
  last_gain_ = light_.gain;
  step_ = in_steps(light_);
  compare(small);

  const auto moving =
      static_cast<float>(std::count_if(moved_.begin(), moved_.end(), [](std::uint8_t count) { return count >= weak; }));
  const float share = moving / static_cast<float>(std::max<std::size_t>(1, unmasked_));
  if (config_.light_guard && share > (new_light ? too_much_in_new_light : too_much)) {
    ++stats_.relearned;
    learn_all(small);
    return {};
  }
  settle(small, seconds);
  std::fill(swayed_.begin(), swayed_.end(), std::uint8_t{0});
  if (age_s_ >= (stats_.relearned > 0 ? relearned_s : first_s)) find_boxes(small);
  if (unblended_s_ >= blend_every_s) {
    blend(small, unblended_s_);
    unblended_s_ = 0;
  }
  if (!boxes_.empty()) ++stats_.with_motion;
  return boxes_;
}

}  // namespace weir::motion
