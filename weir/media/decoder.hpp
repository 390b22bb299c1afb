// Decoder: the video decoder in this process. Each frame's memory is a lease on a slot that the codec wrote into
// directly.
#pragma once

#include <memory>

#include "weir/media/video_decoder.hpp"

namespace weir::media {

class FramePools;
class HwDevices;

// As VideoDecoder says.
class Decoder final : public VideoDecoder {
 public:
  // Unsupported: no decoder for the codec, or the device that is asked for is not there. Exhausted: the stream cannot
  // fit into camera_max_bytes. `pools`: see FrameStoreOptions. `devices`: the machine's if null. Both must outlive the
  // decoder. A device may also refuse the stream later, when its pictures are known: decode() then gives `unsupported`,
  // or goes on without it.
  static Result<std::unique_ptr<Decoder>> open(const StreamInfo& stream, DecoderOptions options,
                                               FramePools* pools = nullptr, HwDevices* devices = nullptr);
  // The part of open() that needs no codec; also for a decoder that is to run elsewhere.
  static Result<void> check(const StreamInfo& stream, const DecoderOptions& options);
  ~Decoder() override;

  Result<void> check_any() const override;
  Result<void> close(Clock& clock, Instant deadline) override;
  DecoderReport report() const override;

 private:
  struct State;
  explicit Decoder(std::unique_ptr<State> state);
  Result<void> decode_to(const Packet& packet, SinkRef sink) override;
  Result<void> flush_to(SinkRef sink) override;
  Result<void> send(const Packet& packet, SinkRef sink);
  Result<void> go_on_elsewhere(SinkRef sink);
  Result<void> drain(SinkRef sink);
  Result<void> take_out(SinkRef sink);
  Result<void> receive(SinkRef sink, bool& ended);
  void deliver(SinkRef sink);
  std::int64_t presentation_us();

  std::unique_ptr<State> state_;
};

}  // namespace weir::media
