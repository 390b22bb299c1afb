#include "weir/core/owner_trend.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "weir/core/theil_sen.hpp"

namespace weir::detail {
namespace {

constexpr double warm_up_seconds = 15;
constexpr double shortest_seconds = 30;  // of growth, before it is called so
constexpr double minute_seconds = 64;
constexpr double hour_seconds = 3600;
// Fast growth is called within a minute; caches of an ordinary program fill more slowly than this, or are full sooner.
constexpr double fast_per_hour = 32.0 * 1024 * 1024;
constexpr double slow_per_hour = 64.0 * 1024;
constexpr double least_growth = 128.0 * 1024;
constexpr double confidence = 3.3;
constexpr double falls_to_exceed = 3;
constexpr double falls_to_exceed_soon = 4;  // below an hour: a short look meets few falls
constexpr std::size_t segments = 8;
constexpr std::size_t fewest_points = 16;
constexpr std::size_t most_points = 48;
constexpr int passes_needed = 3;

using Segments = std::array<double, segments>;

// Whether the rise is spread over the segments: no step, and not the luck of a random walk, whose increments vary more
// than they add up to (Student's t over the increments).
bool steady(const Segments& least, double growth) {
  constexpr double count = segments - 1, least_t = 3;
  const double mean = (least.back() - least.front()) / count;
  double squares = 0;
  for (std::size_t s = 1; s < segments; ++s) {
    const double increment = least[s] - least[s - 1];
    if (increment > growth / 2) return false;
    squares += (increment - mean) * (increment - mean);
  }
  return mean >= least_t * std::sqrt(squares / (count - 1) / count);
}

}  // namespace

void Stretch::append(const Stretch& later) {
  fall = std::max({fall, later.fall, high - later.low});
  low = std::min(low, later.low);
  high = std::max(high, later.high);
}

OwnerTrend::OwnerTrend(std::string_view owner, const Timeline& timeline)
    : owner_(owner), began_(timeline.now.seconds + warm_up_seconds) {
  // Figures from before its time are never looked at; they only keep it in step with the others.
  recent_.resize(timeline.recent.empty() ? 0 : timeline.recent.size() - 1);
  stretches_.resize(timeline.ends.size());
}

void OwnerTrend::add(double bytes, const Timeline& timeline) {
  recent_.push_back(bytes);
  if (timeline.now.seconds < began_) return;
  block_ = std::min(bytes, block_.value_or(bytes));
}

void OwnerTrend::close_block() {
  if (!block_) return;
  const Stretch closed = Stretch::of(*block_);
  if (open_) {
    open_->append(closed);
  } else {
    open_ = closed;
  }
  if (first_blocks_ < static_cast<int>(segments)) {
    ++first_blocks_;
    first_level_ = std::min(*block_, first_level_.value_or(*block_));
  }
  block_.reset();
}

void OwnerTrend::close_stretch() {
  stretches_.push_back(open_.value_or(Stretch{}));
  open_.reset();
}

void OwnerTrend::halve() {
  for (std::size_t i = 0; i + 1 < stretches_.size(); i += 2) {
    Stretch both = stretches_[i];
    both.append(stretches_[i + 1]);
    stretches_[i / 2] = both;
  }
  stretches_.resize(stretches_.size() / 2);
}

bool OwnerTrend::old_enough(const Timeline& timeline) const {
  return timeline.now.seconds - began_ >= shortest_seconds;
}

Stretch OwnerTrend::looked_back(const Timeline& timeline, double seconds) const {
  std::optional<Stretch> all;
  const double from = std::max(began_ + timeline.stretch_seconds(), timeline.now.seconds - seconds);
  for (std::size_t i = 0; i < stretches_.size(); ++i) {
    if (timeline.ends[i].seconds < from) continue;
    if (all) {
      all->append(stretches_[i]);
    } else {
      all = stretches_[i];
    }
  }
  if (all && open_) all->append(*open_);
  if (!all) all = open_;
  return all.value_or(Stretch{});
}

double OwnerTrend::least_since(const Timeline& timeline, double seconds) const {
  return looked_back(timeline, seconds).low;
}

OwnerTrend::Finding OwnerTrend::look(const Window& window, double least_per_hour, double fall, double& per_hour,
                                     std::vector<double>& scratch) const {
  const std::size_t n = window.bytes.size();
  if (n < fewest_points) return Finding::none;
  const double length = window.seconds.back() - window.seconds.front();
  if (length <= 0) return Finding::none;
  Segments least;
  for (std::size_t s = 0; s < segments; ++s) {
    const auto first = window.bytes.begin() + static_cast<std::ptrdiff_t>(s * n / segments);
    const auto last = window.bytes.begin() + static_cast<std::ptrdiff_t>((s + 1) * n / segments);
    least[s] = *std::min_element(first, last);
  }
  // Most owners stay where they are: no need to compare all pairs to see it.
  if ((least.back() - least.front()) / length * hour_seconds < least_per_hour / 2) return Finding::none;

  const double worked = window.work.back() - window.work.front();
  const std::vector<double>& x = worked >= static_cast<double>(n) ? window.work : window.seconds;
  const double span = x.back() - x.front();
  const auto slope = theil_sen(x, window.bytes, confidence, scratch);
  if (!slope || slope->low <= 0) return Finding::none;
  const double growth = slope->median * span;
  per_hour = growth / length * hour_seconds;
  if (per_hour < least_per_hour || growth < least_growth) return Finding::none;

  // Growth that ended or is about to: the later half has less than half of the slope. A half without work says nothing.
  const std::span<const double> xs(x), ys(window.bytes);
  const auto late = theil_sen(xs.subspan(n / 2), ys.subspan(n / 2), confidence, scratch);
  const auto early = theil_sen(xs.first(n / 2), ys.first(n / 2), confidence, scratch);
  if (late && late->median < slope->median / 2) return Finding::none;

  // No more than the owner's ups and downs.
  if (growth < fall) return Finding::none;
  // A rise, but perhaps one step.
  if (early && early->median < slope->median / 4) return Finding::rising;
  if (!steady(least, growth)) return Finding::rising;
  const double enough = length < 0.8 * hour_seconds ? falls_to_exceed_soon : falls_to_exceed;
  return growth < enough * fall ? Finding::rising : Finding::growing;
}

OwnerTrend::Finding OwnerTrend::look_at_last_minute(const Timeline& timeline, double& per_hour, double& began,
                                                    std::vector<double>& scratch) {
  const double from = std::max(began_, timeline.now.seconds - minute_seconds);
  if (timeline.now.seconds - from < shortest_seconds) return Finding::none;
  const auto first = std::lower_bound(timeline.recent.begin(), timeline.recent.end(), from,
                                      [](const Moment& moment, double t) { return moment.seconds < t; });
  const auto skipped = static_cast<std::size_t>(first - timeline.recent.begin());
  if (recent_.size() < skipped + fewest_points) return Finding::none;
  // Cheaper than building the window, and enough for nearly all.
  if ((recent_.back() - recent_[skipped]) < 0 && (recent_.back() - recent_[(skipped + recent_.size()) / 2]) < 0) {
    return Finding::none;
  }
  Window window;
  for (std::size_t i = skipped; i < recent_.size(); ++i) {
    window.seconds.push_back(timeline.recent[i].seconds);
    window.work.push_back(timeline.recent[i].work);
    window.bytes.push_back(recent_[i]);
  }
  began = window.seconds.front();
  return look(window, fast_per_hour, looked_back(timeline, 2 * hour_seconds).fall, per_hour, scratch);
}

bool OwnerTrend::window_of_stretches(const Timeline& timeline, double length, Window& window) const {
  const double from = timeline.now.seconds - length;
  if (from < began_) return false;
  std::size_t first = stretches_.size();
  while (first > 0 && timeline.ends[first - 1].seconds > from) --first;
  const std::size_t count = stretches_.size() - first;
  if (count < fewest_points) return false;
  const std::size_t each = (count + most_points - 1) / most_points;
  for (std::size_t i = first; i < stretches_.size(); i += each) {
    const std::size_t last = std::min(i + each, stretches_.size()) - 1;
    double low = stretches_[i].low;
    for (std::size_t k = i; k <= last; ++k) low = std::min(low, stretches_[k].low);
    window.seconds.push_back(timeline.ends[last].seconds);
    window.work.push_back(timeline.ends[last].work);
    window.bytes.push_back(low);
  }
  return true;
}

void OwnerTrend::confirm(const Growth& growth, double now) {
  const double since = growing_ ? std::min(growing_->since_seconds, growth.since_seconds) : growth.since_seconds;
  // The longest window knows the rate best.
  if (!growing_ || growth.window_seconds >= growing_->window_seconds || now > confirmed_) growing_ = growth;
  growing_->since_seconds = since;
  confirmed_ = now;
}

void OwnerTrend::judge(const Timeline& timeline, bool stretch_closed, std::vector<double>& scratch) {
  const double now = timeline.now.seconds;
  if (!old_enough(timeline)) return;
  double per_hour = 0, began = 0;
  const Finding minute = look_at_last_minute(timeline, per_hour, began, scratch);
  passes_ = minute == Finding::growing ? passes_ + 1 : 0;
  if (passes_ >= passes_needed) confirm({per_hour, began, now - began}, now);

  if (stretch_closed) {
    rising_ = minute == Finding::rising;
    for (double length = 2 * minute_seconds; now - length >= began_; length *= 2) {
      // Minutes double up to about an hour; from there it is hours that double.
      const bool slow = length >= 0.9 * hour_seconds;
      const double look_back = std::max(2 * hour_seconds, 4 * length);
      Window window;
      if (!window_of_stretches(timeline, length, window)) continue;
      const Finding finding =
          look(window, slow ? slow_per_hour : fast_per_hour, looked_back(timeline, look_back).fall, per_hour, scratch);
      if (finding == Finding::growing) confirm({per_hour, now - length, length}, now);
      // The longest window has the last word.
      rising_ = finding != Finding::none;
      if (!slow && finding == Finding::none) {
        rising_ =
            look(window, slow_per_hour, looked_back(timeline, look_back).fall, per_hour, scratch) != Finding::none;
      }
    }
  }
  if (growing_ && now - confirmed_ > std::max(12.0, growing_->window_seconds / 8)) growing_.reset();
}

bool OwnerTrend::has_grown(const Timeline& timeline) const {
  if (!first_level_ || first_blocks_ < static_cast<int>(segments)) return false;
  const double age = timeline.now.seconds - began_;
  const double level = least_since(timeline, std::max(32.0, age / 4));
  return level - *first_level_ > std::max(1024.0 * 1024, *first_level_ / 10);
}

}  // namespace weir::detail
