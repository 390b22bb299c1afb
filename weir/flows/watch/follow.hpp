// Follow: from what was found on one frame after the other to things with a number, and to what they do.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/histogram.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/track/mask.hpp"
#include "weir/engines/track/tracker.hpp"
#include "weir/engines/track/zones.hpp"
#include "weir/flows/watch/detect_stage.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/flows/watch/looked.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/flows/watch/snapshot_stage.hpp"
#include "weir/flows/watch/story.hpp"
#include "weir/media/mux/recorder.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {

// Where Follow tells what it knows. All but the story may be missing.
struct Outlets {
  server::StreamHub* hub = nullptr;
  server::Broadcast* stream = nullptr;
  EventWriter* events = nullptr;
  Story* story = nullptr;
  media::Recorder* clips = nullptr;
  Channel<Snapshot>* snapshots = nullptr;
  SnapshotStage* pictures = nullptr;
};

// Polygons as the engines take them; an error names what was drawn wrong.
struct Drawn {
  std::vector<track::Zone> zones;
  std::vector<track::Line> lines;
  track::Mask mask;
  static Result<Drawn> make(const DrawnOptions& options, const std::vector<std::string>& labels);
};

struct FollowReport {
  std::uint64_t tracks = 0;  // now
  struct Zone {
    std::string name;
    track::ZoneCount count;
  };
  struct Line {
    std::string name;
    track::LineCount count;
  };
  std::vector<Zone> zones;
  std::vector<Line> lines;
};

// Thread-safety: found() and finish() from the looking thread; draw(), report() and the counters from any.
// Allocates: yes.  Blocks: where the events' file does; short locks.  Ownership: borrows its outlets.
class Follow final : public Finder {
 public:
  struct Counters {
    std::atomic<std::uint64_t> detected{0}, boxes{0};
    Histogram age_ns;
    std::atomic<std::uint64_t> age_sum_ns{0};
  };

  // `labels`: of the camera's engine. Invalid: a class that the engine does not know, a polygon that is none.
  static Result<std::unique_ptr<Follow>> make(const CameraOptions& options, std::uint32_t camera,
                                              const std::vector<std::string>& labels, Outlets outlets);

  void found(const Looked& looked, std::span<const track::Observation> seen) override;
  // No more frames come: what is there ends.
  void finish();

  // Something is there, or may come back: worth a look although nothing moves.
  bool following() const noexcept { return following_.load(std::memory_order_relaxed); }
  // From now on other zones, lines and masks. Counts begin anew.
  Result<void> draw(const DrawnOptions& options);
  DrawnOptions drawn() const;
  const std::vector<std::string>& labels() const noexcept { return labels_; }
  // Goes up with every draw().
  std::uint32_t drawings() const noexcept { return drawings_.load(std::memory_order_acquire); }
  const Counters& counters() const noexcept { return counters_; }
  FollowReport report() const;

 private:
  Follow(const CameraOptions& options, std::uint32_t camera, const std::vector<std::string>& labels, Outlets outlets);
  void adopt_drawing();
  void age(const Looked& looked);
  void publish(const Looked& looked, std::span<const track::Observation> shown, std::span<const track::Track> tracks);
  void follow_tracks(const Looked& looked, std::span<const track::Track> tracks);
  void follow_motion(const Looked& looked, std::span<const track::Observation> shown);
  void end_motion(std::int64_t pts_us);
  void tell_turns(std::span<const track::ZoneEvent> turns);
  std::string begin(const Looked& looked, const std::string& label, std::uint64_t track, const track::Box& box,
                    float confidence);
  void seen_again(const Looked& looked, const std::string& id, const track::Box& box, float confidence);
  void end(const std::string& id);
  void picture(const Looked& looked, const std::string& id);
  static track::Box as_shown(const Looked& looked, const track::Box& box) noexcept;

  const CameraOptions& options_;
  const std::uint32_t camera_;
  const std::vector<std::string> labels_;
  const bool motion_only_;
  const Outlets out_;
  std::vector<char> wanted_;  // by label
  track::Tracker tracker_;

  // Looking thread only.
  std::optional<track::Mask> mask_;
  std::unique_ptr<track::ZoneWatch> zones_;
  std::uint32_t adopted_ = 0;
  std::map<std::uint64_t, std::string> incidents_;  // by track; 0: movement of no one thing
  std::int64_t last_motion_us_ = 0;
  Moment now_;                          // of the last frame that was looked at
  std::int64_t last_pts_us_ = 0;        // that tracks were followed to
  std::vector<track::Track> followed_;  // then
  int last_width_ = 0, last_height_ = 0;
  float last_across_ = 1, last_down_ = 1;  // from the frame to the picture that is shown
  std::vector<track::Observation> kept_;
  std::vector<server::Box> boxes_;

  std::atomic<bool> following_{false};
  std::atomic<std::uint32_t> drawings_{1};
  Counters counters_;
  mutable std::mutex mutex_;
  DrawnOptions drawn_;
  std::optional<Drawn> fresh_;  // drawn, not yet adopted
  FollowReport report_;
};

}  // namespace weir::watch
