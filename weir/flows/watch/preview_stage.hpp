// PreviewStage: now and then a decoded frame as JPEG, for clients that cannot decode the stream. Its own thread.
#pragma once

#include <memory>
#include <thread>

#include "weir/core/channel.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/flows/watch/options.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/jpeg.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::watch {

// Thread-safety: memory_bytes() from any thread, the rest from the camera's.  Allocates: when a new picture size comes.
// Blocks: its own thread only.  Ownership: owns its slots; its thread ends with the channel.
class PreviewStage {
 public:
  static Result<std::unique_ptr<PreviewStage>> make(const CameraOptions& options, Channel<media::Frame>& pictures,
                                                    server::StreamHub& hub, server::Broadcast& stream);
  ~PreviewStage();

  std::size_t memory_bytes() const noexcept { return pool_->memory().size(); }
  // Waits for the thread, which ends when the channel is closed and drained.
  void join();

 private:
  PreviewStage(const CameraOptions& options, Channel<media::Frame>& pictures, server::StreamHub& hub,
               server::Broadcast& stream, std::unique_ptr<Pool> pool);
  void run();
  void encode(const media::Frame& frame);

  const CameraOptions& options_;
  Channel<media::Frame>& pictures_;
  server::StreamHub& hub_;
  server::Broadcast& stream_;
  std::unique_ptr<Pool> pool_;
  media::JpegEncoder encoder_;
  bool failed_ = false;
  std::thread thread_;
};

}  // namespace weir::watch
