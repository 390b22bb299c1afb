#include "weir/engines/track/zones.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weir::track {

namespace {

bool wants(const std::vector<int>& labels, int label) noexcept {
  return labels.empty() || std::ranges::find(labels, label) != labels.end();
}

Point foot_of(const Box& box, int width, int height) noexcept {
  return {std::clamp((box.x + 0.5f * box.w) / static_cast<float>(width), 0.0f, 1.0f),
          std::clamp((box.y + box.h) / static_cast<float>(height), 0.0f, 1.0f)};
}

// Where a line and a point are, in pixels: how far right of a→b the point is, and how far along it, 0…1 from a to b.
struct Place {
  double right = 0, along = 0;
};
Place place_at(const Line& line, Point p, int width, int height) noexcept {
  const double dx = (double{line.b.x} - line.a.x) * width, dy = (double{line.b.y} - line.a.y) * height;
  const double px = (double{p.x} - line.a.x) * width, py = (double{p.y} - line.a.y) * height;
  const double length = std::hypot(dx, dy);
  if (!(length > 0)) return {};
  return {(dx * py - dy * px) / length, (dx * px + dy * py) / (length * length)};
}

// 1 where the step cuts the line forward, -1 backward, 0 where it does not cut it.
int cut(const Place& from, const Place& to) noexcept {
  const bool was_right = from.right > 0, is_right = to.right > 0;
  if (was_right == is_right) return 0;
  const double share = from.right / (from.right - to.right);
  const double along = from.along + share * (to.along - from.along);
  if (!(along >= 0 && along <= 1)) return 0;
  return is_right ? 1 : -1;
}

std::int64_t between(std::int64_t from_us, std::int64_t to_us) noexcept {
  std::int64_t us = 0;
  return __builtin_sub_overflow(to_us, from_us, &us) ? 0 : std::max<std::int64_t>(us, 0);
}

template <class Count>
Count* count_of(std::vector<LabelCount<Count>>& counts, int label, std::size_t most) {
  const auto found = std::ranges::find(counts, label, &LabelCount<Count>::label);
  if (found != counts.end()) return &found->count;
  if (counts.size() >= most) return nullptr;
  return &counts.emplace_back(LabelCount<Count>{label, {}}).count;
}

}  // namespace

ZoneWatch::ZoneWatch(std::vector<Zone> zones, std::vector<Line> lines)
    : zones_(std::move(zones)),
      lines_(std::move(lines)),
      zone_counts_(zones_.size()),
      line_counts_(lines_.size()),
      zone_labels_(zones_.size()),
      line_labels_(lines_.size()),
      at_zones_(max_tracks * zones_.size()),
      at_lines_(max_tracks * lines_.size()) {
  known_.reserve(max_tracks);
  free_places_.reserve(max_tracks);
  for (std::size_t place = max_tracks; place > 0; --place) free_places_.push_back(place - 1);
}

std::span<const ZoneEvent> ZoneWatch::update(std::span<const Track> tracked, std::span<const Track> ended, int width,
                                             int height, std::int64_t pts_us) {
  events_.clear();
  for (const Track& track : ended) {
    const auto at = std::ranges::find(known_, track.id, &Known::track);
    if (at != known_.end()) forget(static_cast<std::size_t>(at - known_.begin()), pts_us);
  }
  if (width <= 0 || height <= 0) return events_;
  for (const Track& track : tracked) {
    const Point foot = foot_of(track.box, width, height);
    if (!std::isfinite(foot.x) || !std::isfinite(foot.y)) continue;
    Known& one = known(track.id, pts_us);
    one.box = track.box;
    one.last_us = pts_us;
    look_at_zones(one, track, foot, width, height, pts_us);
    look_at_lines(one, track, foot, width, height, pts_us);
    one.foot = foot;
    one.fresh = false;
  }
  return events_;
}

ZoneWatch::Known& ZoneWatch::known(std::uint64_t track, std::int64_t pts_us) {
  const auto found = std::ranges::find(known_, track, &Known::track);
  if (found != known_.end()) return *found;
  if (free_places_.empty()) {
    const auto oldest = std::ranges::min_element(known_, {}, &Known::last_us);
    forget(static_cast<std::size_t>(oldest - known_.begin()), pts_us);
  }
  const std::size_t place = free_places_.back();
  free_places_.pop_back();
  std::fill_n(at_zones_.begin() + static_cast<std::ptrdiff_t>(place * zones_.size()), zones_.size(), InZone{});
  std::fill_n(at_lines_.begin() + static_cast<std::ptrdiff_t>(place * lines_.size()), lines_.size(), AtLine{});
  return known_.emplace_back(Known{.track = track, .place = place, .foot = {}, .box = {}});
}

void ZoneWatch::forget(std::size_t index, std::int64_t pts_us) {
  const Known gone = known_[index];
  for (std::size_t zone = 0; zone < zones_.size(); ++zone) {
    InZone& in = at_zones_[gone.place * zones_.size() + zone];
    if (in.side.on) leave(zone, in, gone, pts_us);
  }
  free_places_.push_back(gone.place);
  known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(index));
}

bool ZoneWatch::Side::look(bool now_on, double depth, double least_depth, std::int64_t pts_us) noexcept {
  if (now_on == on) {
    leaning = false;
    return false;
  }
  if (!leaning) leaning_since_us = pts_us;
  leaning = true;
  if (depth < least_depth && between(leaning_since_us, pts_us) < settle_us) return false;
  on = now_on;
  leaning = false;
  return true;
}

void ZoneWatch::look_at_zones(Known& known, const Track& track, Point foot, int width, int height,
                              std::int64_t pts_us) {
  for (std::size_t i = 0; i < zones_.size(); ++i) {
    const Zone& zone = zones_[i];
    InZone& in = at_zones_[known.place * zones_.size() + i];
    if (!in.side.on && !wants(zone.labels, track.label)) {
      in.side.leaning = false;
      continue;
    }
    const bool inside = contains(zone.points, foot);
    const double depth = distance_to_border(zone.points, foot, width, height);
    if (in.side.look(inside, depth, margin * track.box.h, pts_us)) {
      if (inside) {
        enter(i, in, track, pts_us);
      } else {
        leave(i, in, known, pts_us);
      }
    }
    const std::int64_t inside_us = between(in.since_us, pts_us);
    if (in.side.on && !in.dwelt && zone.dwell_us > 0 && inside_us >= zone.dwell_us) {
      in.dwelt = true;
      events_.push_back({Happening::dwell, i, track.id, track.label, pts_us, inside_us, track.box});
    }
  }
}

void ZoneWatch::look_at_lines(Known& known, const Track& track, Point foot, int width, int height,
                              std::int64_t pts_us) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    AtLine& at = at_lines_[known.place * lines_.size() + i];
    const Place now = place_at(lines_[i], foot, width, height);
    const bool right = now.right > 0;
    if (known.fresh) {
      at.side.on = right;
      continue;
    }
    at.net += cut(place_at(lines_[i], known.foot, width, height), now);
    const bool changed = at.side.look(right, std::abs(now.right), margin * track.box.h, pts_us);
    const int net = at.net;
    // Settled on either side, and not only near the line: what was cut until now is over.
    if (changed || (!at.side.leaning && std::abs(now.right) >= margin * track.box.h)) at.net = 0;
    if (!changed || net != (right ? 1 : -1) || !wants(lines_[i].labels, track.label)) continue;
    LineCount* of_label = count_of(line_labels_[i], track.label, max_labels);
    ++(right ? line_counts_[i].forward : line_counts_[i].backward);
    if (of_label != nullptr) ++(right ? of_label->forward : of_label->backward);
    events_.push_back(
        {right ? Happening::forward : Happening::backward, i, track.id, track.label, pts_us, 0, track.box});
  }
}

void ZoneWatch::enter(std::size_t zone, InZone& in, const Track& track, std::int64_t pts_us) {
  in.since_us = pts_us;
  in.dwelt = false;
  in.label = track.label;
  ++zone_counts_[zone].inside;
  ++zone_counts_[zone].entered;
  if (ZoneCount* of_label = count_of(zone_labels_[zone], in.label, max_labels)) {
    ++of_label->inside;
    ++of_label->entered;
  }
  events_.push_back({Happening::enter, zone, track.id, in.label, pts_us, 0, track.box});
}

void ZoneWatch::leave(std::size_t zone, InZone& in, const Known& known, std::int64_t pts_us) {
  in.side = {};
  --zone_counts_[zone].inside;
  ++zone_counts_[zone].left;
  if (ZoneCount* of_label = count_of(zone_labels_[zone], in.label, max_labels)) {
    --of_label->inside;
    ++of_label->left;
  }
  events_.push_back(
      {Happening::leave, zone, known.track, in.label, pts_us, between(in.since_us, known.last_us), known.box});
}

}  // namespace weir::track
