// Decoder: packets in, frames out, each frame's memory a lease on a slot that the codec wrote into directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/media/frame.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

struct DecoderOptions {
  int threads = 1;                                        // of the codec; each beyond the first adds two slots
  std::size_t downstream_slots = 0;                       // what consumers hold at most: Line::slots() of the flow
  std::size_t camera_max_bytes = std::size_t{512} << 20;  // of all frame memory, former formats included
  std::string pool_id = "frames";                         // "front/frames"
  std::string owner;  // the account that the frames belong to, and the owner of errors
};

struct DecoderReport {
  std::string codec;
  std::uint64_t packets = 0;
  std::uint64_t frames = 0;                 // given to the sink
  std::uint64_t into_leases = 0;            // of these: decoded into a slot, without a copy
  std::uint64_t adopted = 0;                // the library's memory, held by a lease
  std::uint64_t copied = 0;                 // copied into a slot
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
class Decoder {
 public:
  // Unsupported: no decoder for the codec. Exhausted: the stream cannot fit into camera_max_bytes.
  static Result<std::unique_ptr<Decoder>> open(const StreamInfo& stream, DecoderOptions options);
  ~Decoder();

  // Gives every frame that comes out to `sink(Frame&&)`, in presentation order. Bytes that mean nothing are counted,
  // not an error. Exhausted: a new format does not fit (the decoder is of no use then).
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
  Result<void> check_any() const;

  // Ends the codec and waits for the consumers' leases. An error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline);

  DecoderReport report() const;

 private:
  struct SinkRef {
    void* object;
    void (*give)(void*, Frame&&);
  };
  template <class Sink>
  static void call(void* object, Frame&& frame) {
    (*static_cast<std::remove_reference_t<Sink>*>(object))(std::move(frame));
  }
  struct State;
  explicit Decoder(std::unique_ptr<State> state);
  Result<void> decode_to(const Packet& packet, SinkRef sink);
  Result<void> flush_to(SinkRef sink);
  Result<void> drain(SinkRef sink);
  Result<void> receive(SinkRef sink, bool& ended);
  void deliver(SinkRef sink);
  std::int64_t presentation_us();

  std::unique_ptr<State> state_;
};

}  // namespace weir::media
