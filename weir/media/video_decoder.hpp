// VideoDecoder: packets in, frames out. In this process (decoder.hpp) or in a worker (worker/remote_decoder.hpp): the
// same calls, the same frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/hw_accel.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

struct DecoderOptions {
  int threads = 1;                                        // of the codec; each beyond the first adds two slots
  std::size_t downstream_slots = 0;                       // what consumers hold at most: Line::slots() of the flow
  std::size_t camera_max_bytes = std::size_t{512} << 20;  // of all frame memory, former formats included
  std::string pool_id = "frames";                         // "front/frames"
  std::string owner;  // the account that the frames belong to, and the owner of errors
  HwAccel hwaccel = HwAccel::none;
};

struct DecoderReport {
  std::string codec;
  HwChoice hwaccel;
  std::uint64_t packets = 0;
  std::uint64_t frames = 0;                 // given to the sink
  std::uint64_t into_leases = 0;            // of these: decoded into a slot, without a copy
  std::uint64_t adopted = 0;                // the library's memory, held by a lease
  std::uint64_t copied = 0;                 // copied into a slot, from a device too
  std::uint64_t errors = 0;                 // packets or frames that the codec refused
  std::uint64_t damaged = 0;                // frames given although parts of them are wrong
  std::uint64_t gated = 0;                  // damaged frames before the first key frame, not given
  std::uint64_t lost = 0;                   // frames without a place: consumers hold more than they said
  std::uint64_t rule_short = 0;             // buffers that the capacity rule did not foresee: a bug
  std::uint64_t formats = 0;                // pools made: 1, and one more for each change of format
  std::uint64_t slots = 0, slot_bytes = 0;  // of the newest format
  std::uint64_t hold = 0;                   // the codec's own part of `slots`
  std::uint64_t bytes = 0;                  // all pools, draining ones included
};

// Thread-safety: used by one thread; report() from any.  Allocates: in libavcodec, and a pool when the format changes.
// Blocks: for as long as decoding takes; never for a lease.  Ownership: owns codec and pools; close() when all frames
// are back, a frame that outlives the decoder ends the program.
class VideoDecoder {
 public:
  virtual ~VideoDecoder() = default;
  VideoDecoder(const VideoDecoder&) = delete;
  VideoDecoder& operator=(const VideoDecoder&) = delete;

  // Gives every frame that comes out to `sink(Frame&&)`, in presentation order. Bytes that mean nothing are counted,
  // not an error. Exhausted: a new format does not fit. After any error the decoder is of no use but to be closed.
  template <class Sink>
  Result<void> decode(const Packet& packet, Sink&& sink) {
    return decode_to(packet, {&sink, &call<Sink>});
  }
  // At the end: the frames that are still inside.
  template <class Sink>
  Result<void> flush(Sink&& sink) {
    return flush_to({&sink, &call<Sink>});
  }

  // After the end of a file. Corrupt: packets came, but no picture out of any of them.
  virtual Result<void> check_any() const = 0;

  // Ends the codec and waits for the consumers' leases. An error names who still holds what; it may be called again.
  virtual Result<void> close(Clock& clock, Instant deadline) = 0;

  virtual DecoderReport report() const = 0;

 protected:
  VideoDecoder() = default;
  struct SinkRef {
    void* object;
    void (*give)(void*, Frame&&);
  };
  virtual Result<void> decode_to(const Packet& packet, SinkRef sink) = 0;
  virtual Result<void> flush_to(SinkRef sink) = 0;

 private:
  template <class Sink>
  static void call(void* object, Frame&& frame) {
    (*static_cast<std::remove_reference_t<Sink>*>(object))(std::move(frame));
  }
};

}  // namespace weir::media
