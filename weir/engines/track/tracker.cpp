#include "weir/engines/track/tracker.hpp"

#include <algorithm>
#include <cmath>

namespace weir::track {

namespace {

constexpr std::size_t most_tracks = 256;
constexpr float most = 1e7f;          // of any coordinate
constexpr float least = 1e-6f;        // of any side
constexpr double same_place = 0.7;    // IoU from which two observations of one frame are of one thing
constexpr double most_growth = 0.25;  // of the side, on each side
constexpr double us_per_s = 1e6;

bool is_usable(const Observation& seen) noexcept {
  const Box& b = seen.box;
  return std::abs(b.x) <= most && std::abs(b.y) <= most && b.w >= least && b.w <= most && b.h >= least && b.h <= most &&
         std::isfinite(seen.confidence);
}

Box grown(const Box& box, double by) noexcept {
  const double w = std::min(by, most_growth * box.w), h = std::min(by, most_growth * box.h);
  return {static_cast<float>(box.x - w), static_cast<float>(box.y - h), static_cast<float>(box.w + 2 * w),
          static_cast<float>(box.h + 2 * h)};
}

bool is_older(std::int64_t then_us, std::int64_t now_us, std::int64_t than_us) noexcept {
  std::int64_t age = 0;
  return __builtin_sub_overflow(now_us, then_us, &age) || age > than_us;
}

}  // namespace

Tracker::Tracker(TrackerConfig config) : config_(config), next_id_(config.first_id) {
  config_.max_tracks = std::clamp(config_.max_tracks, std::size_t{1}, most_tracks);
  config_.confirm_hits = std::max(config_.confirm_hits, 1U);
  const std::size_t n = config_.max_tracks;
  kept_.reserve(n);
  seen_.reserve(n);
  given_.reserve(n);
  taken_.reserve(n);
  rows_.reserve(n);
  columns_.reserve(n);
  gain_.reserve(n * n);
  assignment_.reserve(n, n);
  tracked_.reserve(n);
  lost_.reserve(n);
  ended_.reserve(2 * n);  // all that were kept, and all that had to make room in the same frame
}

std::span<const Track> Tracker::update(std::span<const Observation> seen, std::int64_t pts_us) {
  ended_.clear();
  expire(pts_us);
  for (Kept& kept : kept_) {
    kept.filter.predict(static_cast<double>(pts_us - now_us_) / us_per_s);
    kept.matched = false;
  }
  now_us_ = pts_us;

  take(seen);
  const auto is_confirmed = [](const Kept& kept) { return kept.track.state != State::tentative; };
  const auto is_fresh = [](const Kept& kept) { return kept.track.state == State::tracked; };
  const auto is_tentative = [](const Kept& kept) { return kept.track.state == State::tentative; };
  match(0, confident_, is_confirmed, config_.iou);
  match(confident_, seen_.size(), is_fresh, config_.iou_low);
  match(0, confident_, is_tentative, config_.iou);
  std::erase_if(kept_, [](const Kept& kept) { return !kept.matched && kept.track.state == State::tentative; });
  begin_tracks();
  publish();
  return tracked_;
}

std::span<const Track> Tracker::flush() {
  ended_.clear();
  for (const Kept& kept : kept_) end(kept);
  kept_.clear();
  publish();
  return ended_;
}

// Tracks that were waited for long enough; all of them, if this frame comes before the last one.
void Tracker::expire(std::int64_t pts_us) {
  const bool back = pts_us < now_us_;
  std::erase_if(kept_, [&](const Kept& kept) {
    const bool over = back || is_older(kept.track.last_us, pts_us, config_.lost_us);
    if (over) end(kept);
    return over;
  });
}

// The most confident of what can be used, in that order; equal ones as they came.
void Tracker::take(std::span<const Observation> seen) {
  seen_.clear();
  given_.clear();
  const auto before = [](const Observation& a, const Observation& b) { return a.confidence > b.confidence; };
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Observation& one = seen[i];
    if (!is_usable(one) || one.confidence < config_.low) continue;
    if (seen_.size() == config_.max_tracks) {
      if (!before(one, seen_.back())) continue;
      seen_.pop_back();
      given_.pop_back();
    }
    const auto place = std::upper_bound(seen_.begin(), seen_.end(), one, before);
    given_.insert(given_.begin() + (place - seen_.begin()), i);
    seen_.insert(place, one);
  }
  for (Observation& one : seen_) one.confidence = std::min(one.confidence, 1.0f);
  taken_.assign(seen_.size(), 0);
  confident_ = static_cast<std::size_t>(std::count_if(
      seen_.begin(), seen_.end(), [&](const Observation& one) { return one.confidence >= config_.high; }));
}

// Matches what is free of seen_[first, last) with the unmatched tracks that are wanted.
void Tracker::match(std::size_t first, std::size_t last, Wanted wanted, double least_similarity) {
  rows_.clear();
  columns_.clear();
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (!kept_[i].matched && wanted(kept_[i])) rows_.push_back(i);
  }
  for (std::size_t i = first; i < last; ++i) {
    if (taken_[i] == 0) columns_.push_back(i);
  }
  if (rows_.empty() || columns_.empty()) return;
  gain_.clear();
  for (const std::size_t row : rows_) {
    // A pair gains what it has above the least: two poor pairs are not better than one good one.
    for (const std::size_t column : columns_) gain_.push_back(similarity(kept_[row], seen_[column]) - least_similarity);
  }
  const auto column_of = assignment_.solve(gain_, rows_.size(), columns_.size());
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (column_of[row] == Assignment::none) continue;
    const std::size_t column = columns_[static_cast<std::size_t>(column_of[row])];
    taken_[column] = 1;
    Kept& kept = kept_[rows_[row]];
    kept.filter.correct(seen_[column].box);
    note(kept, column);
  }
}

double Tracker::similarity(const Kept& kept, const Observation& seen) const noexcept {
  const double by = kept.filter.uncertainty();
  const double overlap = iou(grown(kept.filter.box(), by), grown(seen.box, by));
  return seen.label == kept.track.label ? overlap : overlap * config_.other_label;
}

void Tracker::note(Kept& kept, std::size_t place) noexcept {
  const Observation& seen = seen_[place];
  kept.votes.add(seen.label, seen.confidence);
  kept.matched = true;
  Track& track = kept.track;
  track.label = kept.votes.label();
  track.confidence = seen.confidence;
  track.seen_as = given_[place];
  track.last_us = now_us_;
  ++track.hits;
  if (track.state != State::tentative || track.hits >= config_.confirm_hits) track.state = State::tracked;
}

// Detectors that suppress doubles per class give the same thing twice, under two labels.
bool Tracker::covers_a_taken_one(const Observation& seen) const noexcept {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (taken_[i] != 0 && iou(seen_[i].box, seen.box) >= same_place) return true;
  }
  return false;
}

void Tracker::begin_tracks() {
  for (std::size_t i = 0; i < confident_; ++i) {
    const Observation& seen = seen_[i];
    if (taken_[i] != 0 || seen.confidence < config_.new_track || covers_a_taken_one(seen) || !make_room()) continue;
    taken_[i] = 1;
    Kept& kept = kept_.emplace_back(Kept{.track = {}, .filter = BoxFilter(seen.box), .votes = {}});
    kept.track.id = next_id_++;
    kept.track.first_us = now_us_;
    note(kept, i);
  }
}

// False if every place is taken by a track that is seen in this frame.
bool Tracker::make_room() {
  if (kept_.size() < config_.max_tracks) return true;
  auto oldest = kept_.end();
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    if (!kept->matched && (oldest == kept_.end() || kept->track.last_us < oldest->track.last_us)) oldest = kept;
  }
  if (oldest == kept_.end()) return false;
  end(*oldest);
  kept_.erase(oldest);
  return true;
}

void Tracker::end(const Kept& kept) {
  if (kept.track.state == State::tentative) return;
  ended_.push_back(kept.track);
  ended_.back().state = State::lost;
}

void Tracker::publish() {
  tracked_.clear();
  lost_.clear();
  for (Kept& kept : kept_) {
    if (kept.track.state == State::tentative) continue;
    Track& track = kept.track;
    track.state = kept.matched ? State::tracked : State::lost;
    track.box = kept.filter.box();
    track.vx = kept.filter.vx();
    track.vy = kept.filter.vy();
    (kept.matched ? tracked_ : lost_).push_back(track);
  }
}

}  // namespace weir::track
