// Intake: one stream of a camera, over all its lives: source → packets, and → decoder → frames.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weir/core/channel_base.hpp"
#include "weir/core/supervisor.hpp"
#include "weir/flows/watch/idle_gate.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/source.hpp"
#include "weir/media/video_decoder.hpp"

namespace weir::watch {

// What comes out, on the supervised child's thread.
struct IntakeSinks {
  std::function<void(const media::StreamInfo&)> format;                        // before the first packet of an epoch
  std::function<void(const media::Packet&, const media::StreamInfo&)> packet;  // every access unit
  std::function<void(media::Frame&&, const std::stop_token&)> frame;           // empty: nothing is decoded
};

struct IntakeReport {
  std::uint64_t received = 0;
  media::DecoderReport decoder;  // over all lives
  DropCounts idle{};             // packets that were not decoded because nothing moves
  Seconds decoding{0};           // CPU time of decoding, in this process
  Seconds saved{0};              // what the packets that were left out would have taken, going by the others
  std::string codec;
  int width = 0, height = 0;
};

// Thread-safety: run() on the supervised child's thread; report(), silent_for() and moved() from any.
// Allocates: when it starts and when the format changes.  Blocks: run(), drain().
// Ownership: owns source and decoder of a life.
class Intake {
 public:
  // `id` of its frames' pool; `slots` that are held downstream; `reserved_bytes` of the camera that others have.
  struct Options {
    std::string url;
    std::string pool_id;
    bool fast = false;
    std::size_t slots = 0;
    std::size_t reserved_bytes = 0;
  };
  Intake(const CameraOptions& camera, Options options, IntakeSinks sinks);

  // One life, from opening to its end.
  Outcome run(Supervisor::Child& child);
  // After the stages have ended: nobody is left who could hold a frame, and what is held is lost.
  void drain();

  media::SourceKind kind() const noexcept { return kind_; }
  // A network or device: what cannot be opened now may be there later.
  bool retries() const noexcept { return kind_ == media::SourceKind::network || kind_ == media::SourceKind::device; }
  // Since the last access unit; 0 before the first one.
  Nanos silent_for(Instant now) const noexcept;
  // Something moves at this presentation time: all is decoded again.
  void moved(std::int64_t pts_us) noexcept { idle_.moved(pts_us); }
  IntakeReport report() const;

 private:
  media::SourceOptions source_options() const;
  Outcome outcome_of(Error error) const;
  Result<std::unique_ptr<media::VideoDecoder>> open_decoder(const media::StreamInfo& info, const std::stop_token& stop);
  Outcome play(media::Source& source, media::VideoDecoder* decoder, Supervisor::Child& child);
  Result<void> decode(const media::Packet& packet, const media::StreamInfo& info, media::VideoDecoder& decoder,
                      const std::stop_token& stop);
  void give(media::Frame&& frame, const std::stop_token& stop);
  // Waits until the frames of the decoder that has ended are back, or the run ends.
  void await_frames(Supervisor::Child& child);
  void warn_of_damage(const media::DecoderReport& life) const;

  const CameraOptions& camera_;
  const Options options_;
  const IntakeSinks sinks_;
  const media::SourceKind kind_;

  // The child's thread only.
  std::unique_ptr<media::VideoDecoder> ending_;  // while its frames are still held
  unsigned attempts_ = 0;
  std::optional<media::Transport> transport_that_worked_;
  std::uint32_t announced_epoch_ = 0;
  std::int64_t next_pts_us_ = 0;  // where time goes on after a restart
  std::uint32_t next_epoch_ = 1;
  std::uint64_t first_number_ = 0, given_ = 0;  // frames of earlier lives, and of all
  std::int64_t last_pts_us_ = 0, frame_interval_us_ = 40'000;

  IdleGate idle_;
  std::atomic<std::uint64_t> received_{0}, left_out_{0}, decoded_packets_{0}, decoding_ns_{0};
  std::atomic<Instant> last_received_{Instant{}};
  mutable std::mutex mutex_;     // the rest is for reports
  media::DecoderReport former_;  // lives that are over
  const media::VideoDecoder* decoder_ = nullptr;
  std::string codec_;
  int width_ = 0, height_ = 0;
};

}  // namespace weir::watch
