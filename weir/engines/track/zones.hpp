// ZoneWatch: who comes into an area of the picture, stays, leaves, or crosses a line.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/engines/track/polygon.hpp"
#include "weir/engines/track/tracker.hpp"

namespace weir::track {

struct Zone {
  std::string name;
  std::vector<Point> points;  // that pass check_polygon()
  std::vector<int> labels;    // empty: all
  std::int64_t dwell_us = 0;  // 0: no dwell event
};

struct Line {
  std::string name;
  Point a, b;               // that pass check_line()
  std::vector<int> labels;  // empty: all
};

enum class Happening {
  enter,
  leave,
  dwell,     // inside for dwell_us; once a stay
  forward,   // from the left of a→b to its right, as someone sees it who stands at a on the picture and looks to b
  backward,  // from its right to its left
};

struct ZoneEvent {
  Happening what = Happening::enter;
  std::size_t index = 0;  // of the zone or line
  std::uint64_t track = 0;
  int label = 0;  // of the track; for leave, what it had when it entered
  std::int64_t pts_us = 0;
  std::int64_t inside_us = 0;  // leave, dwell: since it entered, up to when it was last seen
  Box box;
};

struct ZoneCount {
  std::uint64_t inside = 0, entered = 0, left = 0;  // entered − left is always inside
};
struct LineCount {
  std::uint64_t forward = 0, backward = 0;
};
template <class Count>
struct LabelCount {
  int label = 0;
  Count count;
};

// A track is where its foot point is: the middle of the box's lower edge, moved into the picture if it lies outside.
//
// So that a foot on the border does not come and go with every frame, a track changes sides only when its foot is
// deeper on the new side than `margin` of its box's height, or has been there at every look for `settle_us`. A track
// begins outside of all zones. It stays where it was while it is lost, and leaves when it ends.
//
// A line is crossed when a track changes sides in that sense and one of the steps between its successive foot points
// since it last was settled cut the line, ends included: a way around the end is no crossing. A foot exactly on the
// line's extension is on its left. A track begins on the side where it is first seen.
//
// `labels` decide when a track enters or crosses; one that is inside leaves whatever it is called by then.
// Thread-safety: one thread at a time.  Allocates: construction; update() for a label that is new to a zone or line.
// Blocks: never.  Ownership: owns zones and lines; events are valid until the next update().
class ZoneWatch {
 public:
  static constexpr double margin = 0.05;
  static constexpr std::int64_t settle_us = 1'000'000;
  static constexpr std::size_t max_tracks = 512;  // remembered at once; beyond, who was not seen for longest leaves
  static constexpr std::size_t max_labels = 128;  // counted one by one in a zone or line; further ones only in the sum

  ZoneWatch(std::vector<Zone> zones, std::vector<Line> lines);

  // Tracker::update()'s answer and its ended(); boxes in pixels of a picture of this size.
  std::span<const ZoneEvent> update(std::span<const Track> tracked, std::span<const Track> ended, int width, int height,
                                    std::int64_t pts_us);

  std::span<const Zone> zones() const noexcept { return zones_; }
  std::span<const Line> lines() const noexcept { return lines_; }
  std::span<const ZoneCount> zone_counts() const noexcept { return zone_counts_; }  // one a zone
  std::span<const LineCount> line_counts() const noexcept { return line_counts_; }  // one a line
  // In the order in which the labels first came.
  std::span<const LabelCount<ZoneCount>> zone_labels(std::size_t zone) const noexcept { return zone_labels_[zone]; }
  std::span<const LabelCount<LineCount>> line_labels(std::size_t line) const noexcept { return line_labels_[line]; }

 private:
  // Which of two sides, decided with hysteresis.
  struct Side {
    bool on = false;       // settled: inside the zone, right of the line
    bool leaning = false;  // the foot is on the other side, but not settled there
    std::int64_t leaning_since_us = 0;

    // True if it changes sides now.
    bool look(bool now_on, double depth, double least_depth, std::int64_t pts_us) noexcept;
  };
  struct InZone {
    Side side;
    bool dwelt = false;
    int label = 0;
    std::int64_t since_us = 0;
  };
  struct AtLine {
    Side side;
    int net = 0;  // cuts of the line since it was settled: forward less backward
  };
  // What is remembered of one track; its zones and lines lie in at_zones_ and at_lines_ at its place.
  struct Known {
    std::uint64_t track = 0;
    std::size_t place = 0;
    bool fresh = true;  // has no foot yet
    Point foot;
    std::int64_t last_us = 0;
    Box box;
  };

  Known& known(std::uint64_t track, std::int64_t pts_us);
  void forget(std::size_t index, std::int64_t pts_us);
  void look_at_zones(Known& known, const Track& track, Point foot, int width, int height, std::int64_t pts_us);
  void look_at_lines(Known& known, const Track& track, Point foot, int width, int height, std::int64_t pts_us);
  void enter(std::size_t zone, InZone& in, const Track& track, std::int64_t pts_us);
  void leave(std::size_t zone, InZone& in, const Known& known, std::int64_t pts_us);

  std::vector<Zone> zones_;
  std::vector<Line> lines_;
  std::vector<ZoneCount> zone_counts_;
  std::vector<LineCount> line_counts_;
  std::vector<std::vector<LabelCount<ZoneCount>>> zone_labels_;
  std::vector<std::vector<LabelCount<LineCount>>> line_labels_;
  std::vector<Known> known_;
  std::vector<std::size_t> free_places_;
  std::vector<InZone> at_zones_;  // place × zone
  std::vector<AtLine> at_lines_;  // place × line
  std::vector<ZoneEvent> events_;
};

}  // namespace weir::track
