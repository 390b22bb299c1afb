// LookStage: decoded frames in; where something moves, what moves is found, by itself or by the detector.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/exclusive.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/engines/motion/luma_scale.hpp"
#include "weir/engines/motion/motion.hpp"
#include "weir/flows/watch/detect_stage.hpp"
#include "weir/flows/watch/follow.hpp"
#include "weir/flows/watch/looked.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/luma.hpp"

namespace weir::watch {

// The detector that a camera wants, if movement alone is not what is looked for.
struct Detecting {
  DetectStage* stage = nullptr;
  std::size_t client = 0;
  Channel<Looked>* waiting = nullptr;  // to the stage
};

// Thread-safety: looked() from any thread, the rest from the camera's.  Allocates: when a new picture size comes.
// Blocks: its own thread only.  Ownership: borrows all that it is given; its thread ends with the channel.
class LookStage {
 public:
  // `moved` hears of the time of each frame on which something moved.
  LookStage(const CameraOptions& options, bool fast, Channel<Looked>& frames, Follow& follow, Detecting detecting,
            std::function<void(std::int64_t)> moved);
  ~LookStage();

  // Frames in which movement was looked for.
  std::uint64_t looked() const noexcept { return looked_.load(std::memory_order_relaxed); }
  // Waits for the thread, which ends when the channel is closed and drained.
  void join();

 private:
  void run();
  void look(Looked&& looked);
  // What moves, in source pixels; empty also where nothing can be looked for.
  std::span<const motion::Box> movement(const Looked& looked);
  // Sets up scaler and engine for a new kind of picture. False: a picture that cannot be looked at, logged once.
  bool prepare(const motion::LumaView& view);
  void mask();
  bool worth_detecting(const Looked& looked, bool moves) noexcept;

  const CameraOptions& options_;
  const bool fast_;
  Channel<Looked>& frames_;
  Follow& follow_;
  const Detecting detecting_;
  const std::function<void(std::int64_t)> moved_;
  HotPath scale_path_{"watch.scale"};
  HotPath motion_path_{"watch.motion"};
  media::LumaReader reader_;
  motion::LumaView layout_;  // that scaler and engine are made for
  std::optional<motion::LumaScale> scale_;
  using Engine = std::unique_ptr<motion::MotionEngine>;
  std::unique_ptr<Exclusive<Engine>> engine_;
  std::array<motion::Box, motion::max_boxes> boxes_;
  std::vector<track::Observation> observations_;
  std::uint32_t masked_by_ = 0;  // the drawing that the engine's mask is from
  std::optional<std::int64_t> last_detect_us_;
  bool unreadable_ = false;
  std::atomic<std::uint64_t> looked_{0};
  std::thread thread_;
};

}  // namespace weir::watch
