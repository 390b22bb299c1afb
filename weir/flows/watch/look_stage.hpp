// LookStage: decoded frames in, boxes out. Its own thread, one camera.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "weir/core/channel.hpp"
#include "weir/core/exclusive.hpp"
#include "weir/core/histogram.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/engines/motion/luma_scale.hpp"
#include "weir/engines/motion/motion.hpp"
#include "weir/flows/watch/events.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/luma.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {

// A decoded frame, and which access unit of the wire shows it.
struct Looked {
  media::Frame frame;
  std::uint64_t sequence = 0;
};

// Thread-safety: counters from any thread, the rest from the camera's.  Allocates: when a new picture size comes.
// Blocks: its own thread only.  Ownership: borrows channel, hub and events; its thread ends with the channel.
class LookStage {
 public:
  struct Counters {
    std::atomic<std::uint64_t> detected{0}, boxes{0};
    Histogram age_ns;
    std::atomic<std::uint64_t> age_sum_ns{0};
  };

  LookStage(const CameraOptions& options, std::uint32_t camera, Channel<Looked>& frames, server::StreamHub* hub,
            server::Broadcast* stream, EventWriter* events);
  ~LookStage();

  const Counters& counters() const noexcept { return counters_; }
  // Waits for the thread, which ends when the channel is closed and drained.
  void join();

 private:
  void run();
  void look(const Looked& looked);
  // Sets up scaler and engine for a new kind of picture. False: a picture that cannot be looked at, logged once.
  bool prepare(const motion::LumaView& view);
  void publish(const Looked& looked, std::span<const motion::Box> boxes);

  const CameraOptions& options_;
  const std::uint32_t camera_;
  Channel<Looked>& frames_;
  server::StreamHub* const hub_;
  server::Broadcast* const stream_;
  EventWriter* const events_;
  HotPath scale_path_{"watch.scale"};
  HotPath motion_path_{"watch.motion"};
  media::LumaReader reader_;
  motion::LumaView layout_;  // that scaler and engine are made for
  std::optional<motion::LumaScale> scale_;
  using Engine = std::unique_ptr<motion::MotionEngine>;
  std::unique_ptr<Exclusive<Engine>> engine_;
  bool unreadable_ = false;
  Counters counters_;
  std::thread thread_;
};

}  // namespace weir::watch
