// Camera: the line of one camera. source → [wire] → decoder → frames → look → boxes, and → pictures → preview.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "weir/core/capacity.hpp"
#include "weir/core/channel.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/supervisor.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/flows/watch/look_stage.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/flows/watch/preview_stage.hpp"
#include "weir/flows/watch/watch.hpp"
#include "weir/media/decoder.hpp"
#include "weir/media/source.hpp"
#include "weir/media/video_decoder.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {

// Thread-safety: run() on the supervised child's thread, report() and tick() from any.
// Allocates: when it starts and when the format changes.  Blocks: run().
// Ownership: owns its stages and channels for the whole run, decoder and source for one run of the child.
class Camera {
 public:
  // `hub` and `events` may be null: nobody listens, nobody asked.
  static Result<std::unique_ptr<Camera>> make(CameraOptions options, std::uint32_t index, bool fast,
                                              server::StreamHub* hub, EventWriter* events);
  ~Camera();

  // One life of the camera, from opening to its end.
  Outcome run(Supervisor::Child& child);
  // No more frames come: the stages drain and end.
  void finish();
  // Lets the access units go that are kept for clients; after the server has stopped.
  void clear_wire() noexcept;

  const std::string& id() const noexcept { return options_.id; }
  server::Broadcast* stream() const noexcept { return stream_; }
  // A file or scene: what cannot be opened now will not open later either.
  bool retries() const noexcept { return retries_; }
  std::uint64_t frames() const noexcept { return decoded_.load(std::memory_order_relaxed); }
  // Since the last access unit; 0 before the first one.
  Nanos silent_for(Instant now) const noexcept;
  // About once a second: for the frame rate.
  void tick(Instant now);
  // Without what the supervisor knows: state, restarts and their causes.
  CameraReport report() const;

 private:
  Camera(CameraOptions options, std::uint32_t index, bool fast, server::StreamHub* hub, EventWriter* events);
  Result<void> plan();

  media::SourceOptions source_options() const;
  Outcome outcome_of(Error error, media::SourceKind kind) const;
  Outcome play(media::Source& source, media::VideoDecoder& decoder, Supervisor::Child& child);
  Result<std::unique_ptr<media::VideoDecoder>> open_decoder(const media::StreamInfo& info,
                                                            const media::DecoderOptions& decoding,
                                                            const std::stop_token& stop) const;
  // Waits until the frames of the decoder that has ended are back, or the run ends.
  void await_frames(Supervisor::Child& child);
  void warn_of_damage(const media::DecoderReport& life) const;
  // Puts the packet into the stream's ring. Returns its sequence number there.
  std::uint64_t wire(const media::Packet& packet, const media::StreamInfo& info);
  void decoded(media::Frame&& frame, const std::stop_token& stop);
  void announce(const media::StreamInfo& info);
  std::uint64_t sequence_of(std::int64_t pts_us) const noexcept;

  CameraOptions options_;
  const std::uint32_t index_;
  const bool fast_;
  bool retries_ = false;
  server::StreamHub* const hub_;
  server::Broadcast* stream_ = nullptr;
  EventWriter* const events_;

  Line line_;
  std::unique_ptr<Channel<Looked>> frames_;
  std::unique_ptr<Channel<media::Frame>> pictures_;
  std::unique_ptr<LookStage> look_;
  std::unique_ptr<PreviewStage> preview_;
  HotPath receive_path_{"watch.receive"};
  HotPath publish_path_{"watch.publish"};

  // Camera thread only.
  std::unique_ptr<media::VideoDecoder>
      ending_;  // while its frames are still held; after the run, finish() waits for them
  unsigned attempts_ = 0;
  std::optional<media::Transport> transport_that_worked_;
  std::uint32_t announced_epoch_ = 0;
  std::int64_t next_pts_us_ = 0;  // where time goes on after a restart
  std::uint32_t next_epoch_ = 1;
  std::uint64_t first_number_ = 0;  // frames of earlier lives
  std::int64_t last_pts_us_ = 0, frame_interval_us_ = 40'000;
  std::int64_t next_look_us_ = INT64_MIN, next_picture_us_ = INT64_MIN;
  std::int64_t last_look_capture_us_ = 0;
  struct Sent {
    std::int64_t pts_us = 0;
    std::uint64_t sequence = 0;
  };
  std::array<Sent, 64> sent_{};  // the last access units, to find the one a frame came from
  std::size_t sent_count_ = 0;

  std::atomic<std::uint64_t> received_{0}, decoded_{0};
  std::atomic<Instant> last_received_{Instant{}};

  mutable std::mutex mutex_;     // the rest is for reports
  media::DecoderReport former_;  // lives that are over
  const media::VideoDecoder* decoder_ = nullptr;
  std::string codec_;
  int width_ = 0, height_ = 0;
  std::array<std::pair<Instant, std::uint64_t>, 6> ticks_{};
  std::size_t tick_count_ = 0;
};

}  // namespace weir::watch
