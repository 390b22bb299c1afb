// Decoder: the video decoder in this process. Each frame's memory is a lease on a slot that the codec wrote into
// directly.
#pragma once

#include <memory>

#include "weir/media/video_decoder.hpp"

namespace weir::media {

class FramePools;

// As VideoDecoder says.
class Decoder final : public VideoDecoder {
 public:
  // Unsupported: no decoder for the codec. Exhausted: the stream cannot fit into camera_max_bytes. `pools`: see
  // FrameStoreOptions; must outlive the decoder.
  static Result<std::unique_ptr<Decoder>> open(const StreamInfo& stream, DecoderOptions options,
                                               FramePools* pools = nullptr);
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
  Result<void> drain(SinkRef sink);
  Result<void> receive(SinkRef sink, bool& ended);
  void deliver(SinkRef sink);
  std::int64_t presentation_us();

  std::unique_ptr<State> state_;
};

}  // namespace weir::media
