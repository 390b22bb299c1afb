// DetectStage: one detector for all cameras that want it. Its own thread; it takes the newest frame of the camera whose
// result is oldest.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/exclusive.hpp"
#include "weir/core/fair_pull.hpp"
#include "weir/core/histogram.hpp"
#include "weir/core/result.hpp"
#include "weir/engines/detect/detector.hpp"
#include "weir/engines/track/tracker.hpp"
#include "weir/flows/watch/looked.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/bgr_scaler.hpp"

namespace weir::watch {

// Gets what was found on a frame.
class Finder {
 public:
  virtual void found(const Looked& looked, std::span<const track::Observation> seen) = 0;

 protected:
  ~Finder() = default;
};

struct DetectReport {
  std::string id;  // "detect/onnx"
  std::string name, layout, shapes;
  std::uint64_t cameras = 0, frames = 0;
  std::uint64_t failures = 0;
  std::uint64_t service_p50_ns = 0, service_max_ns = 0;
};

// Thread-safety: add() and start() from one thread, before frames come; offer(), now() and close() one thread for each
// client; report() from any.
// Allocates: construction, and inside OpenCV.  Blocks: now() while others are served; join().
// Ownership: owns the detector; borrows channels and finders, which outlive join(). Once started, every client must be
// closed and join() called before the destruction.
class DetectStage {
 public:
  static Result<std::unique_ptr<DetectStage>> make(DetectEngine engine, const DetectorOptions& options,
                                                   double least_confidence);
  ~DetectStage();

  const std::vector<std::string>& labels() const noexcept { return labels_; }
  // The client's number.
  std::size_t add(Channel<Looked>& channel, Finder& finder);
  void start();

  Offer offer(std::size_t client, Looked&& looked) { return pull_.offer(client, std::move(looked)); }
  // On the caller's thread, first come, first served: where no frame may be passed over.
  void now(std::size_t client, const Looked& looked);
  // Nothing more comes from this client.
  void close(std::size_t client) { pull_.close(client); }
  void join();

  DetectReport report() const;
  // How old the newest result of a camera that sends a frame every `interval` can get.
  Nanos oldest(Nanos interval) const noexcept;

 private:
  struct Engine {
    std::unique_ptr<detect::Detector> detector;
    std::vector<media::BgrScaler> scalers;  // one a client: their pictures differ
    std::vector<std::uint8_t> canvas;
  };
  DetectStage(std::string id, std::unique_ptr<detect::Detector> detector);
  void run();

  const std::string id_;
  const std::vector<std::string> labels_;
  const detect::DetectorInfo info_;
  Exclusive<Engine> engine_;
  FairPull<Looked> pull_;
  std::vector<Finder*> finders_;
  Histogram service_ns_;
  std::atomic<std::uint64_t> frames_{0}, failures_{0};
  std::thread thread_;
};

}  // namespace weir::watch
