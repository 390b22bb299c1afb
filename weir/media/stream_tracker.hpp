// StreamTracker: keeps a source's StreamInfo true while the stream goes on, and puts packets on its time line.
#pragma once

#include <cstdint>

#include "weir/media/av.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: when the stream's description changes.  Blocks: never.
// Ownership: value type.
class StreamTracker {
 public:
  // The stream as its container describes it. Corrupt: its parameter sets cannot be read.
  static Result<StreamTracker> make(const AVCodecParameters& parameters, double fps, std::uint32_t first_epoch,
                                    std::int64_t first_pts_us);

  const StreamInfo& info() const noexcept { return info_; }

  // Fills `packet` from `native`, whose times are in `time_base` and are moved to µs on the stream's line. When the
  // parameter sets or the picture size change, the epoch does.
  void take(AVPacket& native, AVRational time_base, Packet& packet);

  // The source begins anew: a new epoch, and the next packet follows on the one shown last.
  void restart();

 private:
  void look_for_change(const AVPacket& native);
  void look_for_new_extradata(const AVPacket& native);
  void look_for_new_size(const AVPacket& native);
  void changed();

  StreamInfo info_;
  bool any_ = false;    // a packet has been shown
  bool based_ = false;  // base_us_ is known
  bool restarting_ = false;
  std::int64_t base_us_ = 0;    // the container's time of the first frame
  std::int64_t offset_us_ = 0;  // where that is on the stream's line
  std::int64_t end_us_ = 0;     // the end of the last frame so far, on the stream's line
  std::int64_t last_dts_us_ = 0;
};

}  // namespace weir::media
