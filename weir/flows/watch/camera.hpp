// Camera: the line of one camera. source → [wire] [disk] → decoder → frames → look → [detect] → follow, and → pictures.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "weir/core/abreast.hpp"
#include "weir/core/capacity.hpp"
#include "weir/core/channel.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/supervisor.hpp"
#include "weir/flows/watch/detect_stage.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/flows/watch/follow.hpp"
#include "weir/flows/watch/intake.hpp"
#include "weir/flows/watch/look_stage.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/flows/watch/preview_stage.hpp"
#include "weir/flows/watch/snapshot_stage.hpp"
#include "weir/flows/watch/story.hpp"
#include "weir/flows/watch/watch.hpp"
#include "weir/flows/watch/wire_index.hpp"
#include "weir/media/mux/recorder.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {

// What all cameras of a run have in common. All but `fast` and the story may be missing.
struct Common {
  bool fast = false;
  server::StreamHub* hub = nullptr;
  EventWriter* events = nullptr;
  Story* story = nullptr;
  media::Retention* retention = nullptr;
};

// Thread-safety: run() and run_detect() on supervised children's threads, report() and tick() from any.
// Allocates: when it starts and when the format changes.  Blocks: run(), run_detect(), finish().
// Ownership: owns its stages and channels for the whole run.
class Camera {
 public:
  // `detector`: what the camera's engine is, unless it is movement.
  static Result<std::unique_ptr<Camera>> make(CameraOptions options, std::uint32_t index, const Common& common,
                                              DetectStage* detector);
  ~Camera();

  // One life of the stream that is shown, and of the one that is looked at where that is another.
  Outcome run(Supervisor::Child& child) { return run(*main_, child); }
  Outcome run_detect(Supervisor::Child& child) { return run(*second_, child); }
  bool has_second() const noexcept { return second_ != nullptr; }
  // No more frames come: what looks at them drains and ends. Then the detectors can.
  void stop_looking();
  // After the detectors have ended: so does the rest.
  void finish();
  // Lets the access units go that are kept for clients; after the server has stopped.
  void clear_wire() noexcept;

  const std::string& id() const noexcept { return options_.id; }
  // Of the second stream's child.
  std::string second_id() const { return options_.id + "/detect"; }
  server::Broadcast* stream() const noexcept { return stream_; }
  // A file or scene: what cannot be opened now will not open later either.
  bool retries() const noexcept { return main_->retries(); }
  std::uint64_t frames() const noexcept { return decoded_.load(std::memory_order_relaxed); }
  Nanos silent_for(Instant now) const noexcept { return main_->silent_for(now); }
  // About once a second: for the frame rate.
  void tick(Instant now);
  // Without what the supervisor knows: state, restarts and their causes.
  CameraReport report() const;

  Follow& follow() noexcept { return *follow_; }
  // The JPEG of an event that goes on; empty: there is none.
  std::string picture(const std::string& path) const { return snapshots_ ? snapshots_->picture(path) : std::string(); }

 private:
  Camera(CameraOptions options, std::uint32_t index, const Common& common, DetectStage* detector);
  Result<void> plan();
  Result<void> plan_recording();
  void plan_intakes();
  Outcome run(Intake& intake, Supervisor::Child& child);
  bool abreast() const noexcept { return second_ != nullptr && common_.fast; }

  // Puts the packet into the stream's ring, and into the recorder's.
  void packet(const media::Packet& packet, const media::StreamInfo& info);
  std::uint64_t wire(const media::Packet& packet, const media::StreamInfo& info);
  void decoded(media::Frame&& frame, const std::stop_token& stop);
  void announce(const media::StreamInfo& info);
  double frame_rate() const noexcept;  // under mutex_
  double frame_interval_s() const noexcept;
  Shown shown_of(const media::Frame& frame) const noexcept;

  CameraOptions options_;
  const std::uint32_t index_;
  const Common common_;
  DetectStage* const detector_;
  server::Broadcast* stream_ = nullptr;

  Line line_;
  std::unique_ptr<Channel<Looked>> frames_;
  std::unique_ptr<Channel<Looked>> detecting_;
  std::unique_ptr<Channel<media::Frame>> pictures_;
  std::unique_ptr<Channel<Snapshot>> taken_;
  std::unique_ptr<media::Recorder> recorder_;
  std::unique_ptr<SnapshotStage> snapshots_;
  std::unique_ptr<Follow> follow_;
  std::unique_ptr<LookStage> look_;
  std::unique_ptr<PreviewStage> preview_;
  std::unique_ptr<Intake> main_, second_;
  HotPath receive_path_{"watch.receive"};
  HotPath publish_path_{"watch.publish"};
  WireIndex sent_;
  Abreast abreast_;  // with a second stream, as fast as possible

  // The decoding thread only.
  std::int64_t next_look_us_ = INT64_MIN, next_picture_us_ = INT64_MIN;
  std::int64_t last_look_capture_us_ = 0;

  std::atomic<std::uint64_t> decoded_{0};
  std::atomic<int> width_{0}, height_{0};  // of the stream that is shown
  mutable std::mutex mutex_;
  std::array<std::pair<Instant, std::uint64_t>, 6> ticks_{};
  std::size_t tick_count_ = 0;
};

}  // namespace weir::watch
