// IdleGate: which packets are decoded while nothing moves.
#pragma once

#include <atomic>
#include <cstdint>

#include "weir/flows/watch/options.hpp"
#include "weir/media/packet.hpp"

namespace weir::watch {

// Everything, until nothing has moved for `after_us` of the stream's own time; then only key frames, or only what other
// frames refer to. When something moves: everything again, from the next packet that can be decoded.
// Thread-safety: moved() from any thread, the rest from the decoding one.  Allocates: never.  Blocks: never.
// Ownership: value type.
class IdleGate {
 public:
  IdleGate(IdleDecode idle, std::int64_t after_us) noexcept : idle_(idle), after_us_(after_us) {}

  void moved(std::int64_t pts_us) noexcept { moved_us_.store(pts_us, std::memory_order_relaxed); }
  // A new decoder starts: nothing of what was left out concerns it, and nobody knows yet whether something moves.
  void restart() noexcept {
    fresh_ = true;
    whole_ = true;
  }
  // Whether the packet is to be decoded.
  bool wants(const media::Packet& packet, const media::StreamInfo& info) noexcept {
    if (idle_ == IdleDecode::full) return true;
    if (fresh_) moved(packet.pts_us);
    fresh_ = false;
    const bool quiet = packet.pts_us - moved_us_.load(std::memory_order_relaxed) >= after_us_;
    if (idle_ == IdleDecode::reference) return !quiet || !info.units.is_disposable(packet.bytes);
    // What follows a packet that was left out cannot be decoded before the next key.
    whole_ = packet.key || (whole_ && !quiet);
    return whole_;
  }

 private:
  const IdleDecode idle_;
  const std::int64_t after_us_;
  bool fresh_ = true;
  bool whole_ = true;  // everything since the last key was decoded
  std::atomic<std::int64_t> moved_us_{0};
};

}  // namespace weir::watch
