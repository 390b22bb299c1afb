#include "weir/flows/watch/follow.hpp"

#include <algorithm>

#include "weir/core/log.hpp"

namespace weir::watch {
namespace {

// How long nothing must have moved until movement is over.
constexpr std::int64_t motion_over_us = 5'000'000;
// Longer than the pause between looks at what does not move.
constexpr std::int64_t lost_us = 4'000'000;

track::TrackerConfig tracker_config(const CameraOptions& options) {
  track::TrackerConfig config;
  config.lost_us = lost_us;
  if (options.engine == DetectEngine::motion) {
    // Whatever moved is as good as it gets, and what moves is where it was before only roughly.
    config.high = config.low = config.new_track = 0;
    config.confirm_hits = 3;
    return config;
  }
  const auto least = static_cast<float>(options.confidence);
  config.new_track = least;
  config.high = least;
  config.low = std::min(config.low, least);
  return config;
}

std::optional<std::vector<int>> label_ids(const std::vector<std::string>& names, const std::vector<std::string>& labels,
                                          std::string& unknown) {
  std::vector<int> ids;
  for (const std::string& name : names) {
    const auto found = std::find(labels.begin(), labels.end(), name);
    if (found == labels.end()) {
      unknown = name;
      return std::nullopt;
    }
    ids.push_back(static_cast<int>(found - labels.begin()));
  }
  return ids;
}

tl::unexpected<Error> no_such_class(std::string owner, const std::string& unknown,
                                    const std::vector<std::string>& labels) {
  std::string some;
  for (std::size_t i = 0; i < std::min<std::size_t>(labels.size(), 8); ++i) some += (i > 0 ? ", " : "") + labels[i];
  if (labels.size() > 8) some += ", …";
  return fail(Code::invalid, "the engine knows no such class", std::move(owner),
              "found " + unknown + "; it knows " + some);
}

std::vector<track::Point> points_of(const std::vector<Point>& points) {
  std::vector<track::Point> out;
  for (const Point& point : points) out.push_back({static_cast<float>(point.x), static_cast<float>(point.y)});
  return out;
}

// Where a track is thought to be may lie partly outside of the picture; what is told of it does not.
track::Box within(const track::Box& box, int width, int height) noexcept {
  const auto right = static_cast<float>(width), bottom = static_cast<float>(height);
  const float x = std::clamp(box.x, 0.0F, right), y = std::clamp(box.y, 0.0F, bottom);
  return {x, y, std::clamp(box.x + box.w, 0.0F, right) - x, std::clamp(box.y + box.h, 0.0F, bottom) - y};
}

track::Box scaled(const track::Box& box, float across, float down) noexcept {
  return {box.x * across, box.y * down, box.w * across, box.h * down};
}

}  // namespace

Result<Drawn> Drawn::make(const DrawnOptions& options, const std::vector<std::string>& labels) {
  Drawn out;
  std::string unknown;
  const auto owned = [](Error error, std::string owner) {
    error.owner = std::move(owner);
    return tl::unexpected(std::move(error));
  };
  for (const ZoneOptions& zone : options.zones) {
    auto ids = label_ids(zone.classes, labels, unknown);
    if (!ids) return no_such_class("zones." + zone.name + ".classes", unknown, labels);
    auto points = points_of(zone.points);
    if (auto good = track::check_polygon(points); !good) return owned(good.error(), "zones." + zone.name + ".points");
    out.zones.push_back({zone.name, std::move(points), std::move(*ids),
                         std::chrono::duration_cast<std::chrono::microseconds>(zone.dwell).count()});
  }
  for (const LineOptions& line : options.lines) {
    auto ids = label_ids(line.classes, labels, unknown);
    if (!ids) return no_such_class("lines." + line.name + ".classes", unknown, labels);
    const auto ends = points_of({line.from, line.to});
    if (auto good = track::check_line(ends[0], ends[1]); !good)
      return owned(good.error(), "lines." + line.name + ".points");
    out.lines.push_back({line.name, ends[0], ends[1], std::move(*ids)});
  }
  std::vector<std::vector<track::Point>> masks;
  for (const MaskOptions& mask : options.masks) {
    masks.push_back(points_of(mask.points));
    if (auto good = track::check_polygon(masks.back()); !good)
      return owned(good.error(), "masks." + mask.name + ".points");
  }
  auto mask = track::Mask::make(std::move(masks));
  if (!mask) return tl::unexpected(mask.error());
  out.mask = std::move(*mask);
  return out;
}

Follow::Follow(const CameraOptions& options, std::uint32_t camera, const std::vector<std::string>& labels,
               Outlets outlets)
    : options_(options),
      camera_(camera),
      labels_(labels),
      motion_only_(options.engine == DetectEngine::motion),
      out_(outlets),
      wanted_(labels.size(), options.classes.empty() ? 1 : 0),
      tracker_(tracker_config(options)) {}

Result<std::unique_ptr<Follow>> Follow::make(const CameraOptions& options, std::uint32_t camera,
                                             const std::vector<std::string>& labels, Outlets outlets) {
  std::unique_ptr<Follow> follow(new Follow(options, camera, labels, outlets));
  std::string unknown;
  // Movement has no class to choose by.
  const auto ids =
      follow->motion_only_ ? std::optional(std::vector<int>{0}) : label_ids(options.classes, labels, unknown);
  if (!ids) return no_such_class("cameras." + options.id + ".detect.classes", unknown, labels);
  for (const int id : *ids) follow->wanted_[static_cast<std::size_t>(id)] = 1;
  if (auto drawn = follow->draw(options.drawn); !drawn) return tl::unexpected(drawn.error());
  return follow;
}

Result<void> Follow::draw(const DrawnOptions& options) {
  auto drawn = Drawn::make(options, labels_);
  if (!drawn) return tl::unexpected(drawn.error());
  std::lock_guard lock(mutex_);
  drawn_ = options;
  fresh_ = std::move(*drawn);
  drawings_.fetch_add(1, std::memory_order_release);
  return {};
}

DrawnOptions Follow::drawn() const {
  std::lock_guard lock(mutex_);
  return drawn_;
}

void Follow::adopt_drawing() {
  if (adopted_ == drawings()) return;
  std::lock_guard lock(mutex_);
  adopted_ = drawings();
  if (!fresh_) return;
  // What is inside leaves with the zone, and is seen to enter the new one.
  if (zones_)
    tell_turns(zones_->update({}, followed_, std::max(1, last_width_), std::max(1, last_height_), last_pts_us_));
  mask_ = std::move(fresh_->mask);
  zones_ = std::make_unique<track::ZoneWatch>(std::move(fresh_->zones), std::move(fresh_->lines));
  fresh_.reset();
}

void Follow::age(const Looked& looked) {
  // Wall time can be set back meanwhile; then the age is unknown, and 0.
  const auto age_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_ns() - looked.frame.capture_us * 1000));
  counters_.age_ns.record(age_ns);
  counters_.age_sum_ns.fetch_add(age_ns, std::memory_order_relaxed);
}

void Follow::found(const Looked& looked, std::span<const track::Observation> seen) {
  adopt_drawing();
  const media::Frame& frame = looked.frame;
  kept_.clear();
  for (const track::Observation& one : seen) {
    const auto label = static_cast<std::size_t>(one.label);
    if (label >= wanted_.size() || wanted_[label] == 0) continue;
    if (mask_ && mask_->covers(one.box, frame.width, frame.height)) continue;
    kept_.push_back(one);
  }
  counters_.detected.fetch_add(1, std::memory_order_relaxed);
  age(looked);
  now_ = {frame.number, looked.shown.pts_us, frame.capture_us};

  // Movement is followed from frame to frame only where somebody wants to know who enters or crosses what.
  const bool drawn = !zones_->zones().empty() || !zones_->lines().empty();
  std::span<const track::Track> tracks;
  if (!motion_only_ || drawn) tracks = tracker_.update(kept_, frame.pts_us);
  publish(looked, kept_, tracks);
  if (motion_only_) follow_motion(looked, kept_);
  if (!motion_only_ || drawn) follow_tracks(looked, tracks);
  // After the tracks: what leaves a zone now is told of movement that is still an event.
  if (motion_only_) end_motion(frame.pts_us);
  followed_.assign(tracks.begin(), tracks.end());
  followed_.insert(followed_.end(), tracker_.lost().begin(), tracker_.lost().end());
  following_.store(!tracks.empty() || !tracker_.lost().empty(), std::memory_order_relaxed);

  std::lock_guard lock(mutex_);
  report_.tracks = tracks.size();
  report_.zones.resize(zones_->zones().size());
  for (std::size_t i = 0; i < report_.zones.size(); ++i) {
    report_.zones[i] = {zones_->zones()[i].name, zones_->zone_counts()[i]};
  }
  report_.lines.resize(zones_->lines().size());
  for (std::size_t i = 0; i < report_.lines.size(); ++i) {
    report_.lines[i] = {zones_->lines()[i].name, zones_->line_counts()[i]};
  }
}

track::Box Follow::as_shown(const Looked& looked, const track::Box& box) noexcept {
  const media::Frame& frame = looked.frame;
  return scaled(within(box, frame.width, frame.height),
                static_cast<float>(looked.shown.width) / static_cast<float>(looked.frame.width),
                static_cast<float>(looked.shown.height) / static_cast<float>(looked.frame.height));
}

// Every detection that is sure enough, and the doubtful ones that continue a track.
void Follow::publish(const Looked& looked, std::span<const track::Observation> seen,
                     std::span<const track::Track> tracks) {
  const media::Frame& frame = looked.frame;
  boxes_.clear();
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const track::Track* of = nullptr;
    if (!motion_only_) {
      const auto found = std::find_if(tracks.begin(), tracks.end(), [&](const auto& one) { return one.seen_as == i; });
      if (found != tracks.end()) of = &*found;
      if (of == nullptr && seen[i].confidence < options_.confidence) continue;
    }
    const track::Box box = as_shown(looked, seen[i].box);
    const auto label = static_cast<std::size_t>(of != nullptr ? of->label : seen[i].label);
    boxes_.push_back({static_cast<int>(box.x), static_cast<int>(box.y), static_cast<int>(box.w),
                      static_cast<int>(box.h), labels_[label], seen[i].confidence,
                      of != nullptr ? std::optional(of->id) : std::nullopt});
  }
  counters_.boxes.fetch_add(boxes_.size(), std::memory_order_relaxed);
  if (out_.stream != nullptr) {
    out_.stream->post_boxes({out_.stream->id(), looked.shown.epoch, frame.number, looked.shown.pts_us}, boxes_,
                            looked.shown.sequence);
    out_.hub->notify();
  }
  if (out_.events == nullptr) return;
  for (const server::Box& box : boxes_) {
    out_.events->offer({camera_, frame.number, looked.shown.pts_us, box.x, box.y, box.width, box.height,
                        static_cast<float>(box.confidence), box.label, box.track});
  }
}

void Follow::follow_motion(const Looked& looked, std::span<const track::Observation> shown) {
  if (shown.empty()) return;
  const auto going = incidents_.find(0);
  last_motion_us_ = looked.frame.pts_us;
  const auto& largest = *std::max_element(
      shown.begin(), shown.end(), [](const auto& a, const auto& b) { return a.box.w * a.box.h < b.box.w * b.box.h; });
  if (going == incidents_.end()) {
    incidents_[0] = begin(looked, labels_.front(), 0, largest.box, largest.confidence);
  } else {
    seen_again(looked, going->second, largest.box, largest.confidence);
  }
}

void Follow::end_motion(std::int64_t pts_us) {
  const auto going = incidents_.find(0);
  if (going == incidents_.end() || pts_us - last_motion_us_ < motion_over_us) return;
  end(going->second);
  incidents_.erase(going);
}

void Follow::follow_tracks(const Looked& looked, std::span<const track::Track> tracks) {
  for (const track::Track& track : tracks) {
    const auto going = incidents_.find(track.id);
    if (going != incidents_.end()) {
      seen_again(looked, going->second, track.box, track.confidence);
    } else if (!motion_only_) {
      incidents_[track.id] =
          begin(looked, labels_[static_cast<std::size_t>(track.label)], track.id, track.box, track.confidence);
    }
  }
  const media::Frame& frame = looked.frame;
  last_across_ = static_cast<float>(looked.shown.width) / static_cast<float>(frame.width);
  last_down_ = static_cast<float>(looked.shown.height) / static_cast<float>(frame.height);
  last_width_ = frame.width;
  last_height_ = frame.height;
  last_pts_us_ = frame.pts_us;
  tell_turns(zones_->update(tracks, tracker_.ended(), frame.width, frame.height, frame.pts_us));
  for (const track::Track& track : tracker_.ended()) {
    const auto going = incidents_.find(track.id);
    if (going == incidents_.end()) continue;
    end(going->second);
    incidents_.erase(going);
  }
}

void Follow::tell_turns(std::span<const track::ZoneEvent> turns) {
  for (const track::ZoneEvent& one : turns) {
    const bool line = one.what == track::Happening::forward || one.what == track::Happening::backward;
    Place place;
    place.name = line ? zones_->lines()[one.index].name : zones_->zones()[one.index].name;
    place.forward = one.what == track::Happening::forward;
    place.inside_us = one.inside_us;
    place.box = scaled(within(one.box, last_width_, last_height_), last_across_, last_down_);
    const Turn turn = line                                  ? Turn::line
                      : one.what == track::Happening::enter ? Turn::enter
                      : one.what == track::Happening::leave ? Turn::leave
                                                            : Turn::dwell;
    // Of movement, the one incident that all of it is.
    const auto going = incidents_.find(motion_only_ ? 0 : one.track);
    if (out_.story != nullptr && going != incidents_.end()) out_.story->turn(going->second, turn, now_, place);
  }
}

std::string Follow::begin(const Looked& looked, const std::string& label, std::uint64_t track, const track::Box& box,
                          float confidence) {
  if (out_.story == nullptr) return {};
  std::string id = out_.story->begin(options_.id, label, track, now_, as_shown(looked, box), confidence,
                                     out_.clips != nullptr, out_.snapshots != nullptr);
  if (out_.clips != nullptr) out_.clips->clip_begin(id, looked.shown.pts_us);
  picture(looked, id);
  return id;
}

void Follow::seen_again(const Looked& looked, const std::string& id, const track::Box& box, float confidence) {
  if (out_.story == nullptr) return;
  if (out_.story->seen(id, now_, as_shown(looked, box), confidence)) picture(looked, id);
}

void Follow::end(const std::string& id) {
  if (out_.story == nullptr) return;
  if (out_.clips != nullptr) out_.clips->clip_end(id, now_.pts_us);
  if (out_.pictures != nullptr) out_.pictures->end(options_.id + "/snapshots/" + id + ".jpg");
  out_.story->end(id, now_);
}

void Follow::picture(const Looked& looked, const std::string& id) {
  if (out_.snapshots == nullptr) return;
  out_.snapshots->offer({looked.frame.share(Role::encoder), options_.id + "/snapshots/" + id + ".jpg"});
}

void Follow::finish() {
  const auto ended = tracker_.flush();
  if (zones_) tell_turns(zones_->update({}, ended, std::max(1, last_width_), std::max(1, last_height_), last_pts_us_));
  for (const auto& [track, id] : incidents_) end(id);
  incidents_.clear();
  following_.store(false, std::memory_order_relaxed);
}

FollowReport Follow::report() const {
  std::lock_guard lock(mutex_);
  return report_;
}

}  // namespace weir::watch
