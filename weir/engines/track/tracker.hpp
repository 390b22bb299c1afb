// Tracker: the same thing keeps the same number from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "weir/engines/track/assignment.hpp"
#include "weir/engines/track/box.hpp"
#include "weir/engines/track/box_filter.hpp"
#include "weir/engines/track/label_votes.hpp"

namespace weir::track {

// What a detector saw. Ignored, if not finite, if a side is not positive, or if anything is beyond 1e7.
struct Observation {
  Box box;
  float confidence = 1;  // 0…1; more counts as 1
  int label = 0;
};

enum class State {
  tentative,  // seen less than confirm_hits times
  tracked,    // seen in this very frame
  lost,       // not seen now; box is where it should be
};

struct Track {
  std::uint64_t id = 0;
  Box box;               // filtered
  float confidence = 0;  // of the last observation
  int label = 0;         // what most observations said, weighted by their confidence
  State state = State::tentative;
  std::int64_t first_us = 0, last_us = 0;  // first and last observation
  std::uint32_t hits = 0;                  // observations
  float vx = 0, vy = 0;                    // the box's units per second
  std::size_t seen_as = 0;                 // of a tracked one: the observation that it was, of update()'s
};

struct TrackerConfig {
  float high = 0.6f;                 // confidence from which observations are matched first
  float low = 0.1f;                  // … below which they are not used at all; those between only continue tracks
  float new_track = 0.7f;            // … from which they may begin a track
  float iou = 0.2f;                  // least similarity (see Tracker) for an observation to continue a track
  float iou_low = 0.4f;              // … for one between low and high
  float other_label = 0.6f;          // times the similarity, where the observation's label is not the track's
  std::int64_t lost_us = 2'000'000;  // how long a track that is not seen is kept
  std::uint32_t confirm_hits = 2;    // observations in as many successive frames before a track is shown
  std::uint64_t first_id = 1;        // ids count up from here and are never used again
  std::size_t max_tracks = 256;      // at once, 1…256; also the most observations of a frame that are used
};

// ByteTrack's order (Zhang et al. 2022) over a Kalman filter (SORT, Bewley et al. 2016): confident observations are
// matched with all confirmed tracks, then doubtful ones with those still unmatched that were seen a moment ago, then
// the confident rest with tentative tracks; what is left begins tracks, unless it covers something already seen.
// Similarity is the IoU with the predicted box, both grown by what the filter does not know about the position, so that
// rare looks at fast things still meet. Labels may differ, at a price: a car that is called a truck once stays itself.
// When max_tracks is reached, the track that is lost for longest ends for a new one; if none is lost, none begins.
// If time jumps back, or by more than lost_us, all tracks end.
// Thread-safety: one thread at a time.  Allocates: construction only.  Blocks: never.
// Ownership: answers are valid until the next update() or flush().
class Tracker {
 public:
  explicit Tracker(TrackerConfig config = {});

  // The frame's observations; answers the confirmed tracks seen in this very frame, by id.
  std::span<const Track> update(std::span<const Observation> seen, std::int64_t pts_us);
  std::span<const Track> lost() const noexcept { return lost_; }    // confirmed, not seen now, still waited for
  std::span<const Track> ended() const noexcept { return ended_; }  // confirmed ones given up in the last call
  // At the end of the stream: all confirmed ones end. Time may start anew afterwards; ids go on.
  std::span<const Track> flush();

 private:
  struct Kept {
    Track track;
    BoxFilter filter;
    LabelVotes votes;
    bool matched = false;  // in this frame
  };
  using Wanted = bool (*)(const Kept&);

  void expire(std::int64_t pts_us);
  void take(std::span<const Observation> seen);
  void match(std::size_t first, std::size_t last, Wanted wanted, double least);
  double similarity(const Kept& kept, const Observation& seen) const noexcept;
  void note(Kept& kept, std::size_t place) noexcept;
  bool covers_a_taken_one(const Observation& seen) const noexcept;
  void begin_tracks();
  bool make_room();
  void end(const Kept& kept);
  void publish();

  TrackerConfig config_;
  std::uint64_t next_id_;
  std::int64_t now_us_ = 0;
  std::vector<Kept> kept_;            // by id
  std::vector<Observation> seen_;     // of this frame, most confident first
  std::vector<std::size_t> given_;    // beside seen_: which of update()'s it is
  std::vector<char> taken_;           // beside seen_
  std::size_t confident_ = 0;         // so many of seen_ reach config_.high
  std::vector<std::size_t> rows_;     // indices into kept_ …
  std::vector<std::size_t> columns_;  // … and seen_ of the matching in work
  std::vector<double> gain_;
  Assignment assignment_;
  std::vector<Track> tracked_, lost_, ended_;
};

}  // namespace weir::track
