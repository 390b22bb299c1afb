// RemoteDecoder: the video decoder in a worker. What a stream can do to its decoder, it does in a box.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/media/video_decoder.hpp"
#include "weir/media/worker/decode_protocol.hpp"
#include "weir/media/worker/lent_frames.hpp"

namespace weir::media {

struct RemoteDecoderOptions {
  std::filesystem::path executable;                       // worker::worker_executable("decode") if empty
  std::string id;                                         // shown to people; the owner's "/decode" if empty
  Nanos hang_after = std::chrono::seconds(5);             // silence while it holds work
  std::size_t memory_max_bytes = std::size_t{512} << 20;  // private memory of the worker; frames are not in it
};

// As VideoDecoder says. Beyond that: when the worker ends, decode() and flush() give `closed` with what is known of its
// end, as often as they are called; frames that were given stay good until their holders let go. Packets and frames
// lie in memory that both processes see. A frame's pixels are as untrusted as the stream and may change while they are
// read, as the worker could write to them.
// After a request to stop, a worker that does not answer is waited for 2 s at most.
// Thread-safety: used by one thread at a time; report() from any.  Allocates: when the worker starts, when the format
// changes, for larger packets.  Blocks: for as long as decoding takes, at most hang_after without a sign of life.
// Ownership: owns the worker and the pools; as VideoDecoder.
class RemoteDecoder final : public VideoDecoder {
 public:
  // As Decoder::open(), and what Process::start() says.
  static Result<std::unique_ptr<RemoteDecoder>> open(const StreamInfo& stream, DecoderOptions options,
                                                     RemoteDecoderOptions remote, const std::stop_token& stop = {});
  ~RemoteDecoder() override;

  Result<void> check_any() const override;
  Result<void> close(Clock& clock, Instant deadline) override;
  DecoderReport report() const override;

  // The worker, for tests and for people who look at processes.
  pid_t pid() const noexcept { return process_->pid(); }

 private:
  struct PacketSlot {
    std::unique_ptr<Pool> pool;
    std::optional<worker::Lending> lending;  // goes first: it holds leases of the pool
  };

  RemoteDecoder(DecoderOptions options, RemoteDecoderOptions remote, std::string codec);
  Result<void> decode_to(const Packet& packet, SinkRef sink) override;
  Result<void> flush_to(SinkRef sink) override;

  Result<void> make_packet_slot(std::size_t bytes);
  Result<void> send(const worker::Message& message);
  // Until the worker is done with what was sent last.
  Result<void> await_done(SinkRef sink);
  bool next(worker::Message& message);
  // True when the worker is done.
  Result<bool> handle(const worker::Message& message, SinkRef sink);
  Result<void> make_frame_pool(const worker::Message& message);
  Result<bool> deal_with_done(const worker::Message& message);
  Result<void> give_back();
  tl::unexpected<Error> lie(const Error& what);
  tl::unexpected<Error> ended();
  void end_worker();

  const DecoderOptions options_;
  const RemoteDecoderOptions remote_;
  const std::string codec_;
  decode::LentFrames frames_;
  PacketSlot packets_;
  std::unique_ptr<worker::Process> process_;  // goes first: it must be dead before its leases come back
  std::stop_token stop_;
  std::optional<Instant> last_wait_;  // set by a request to stop
  std::optional<Error> error_;        // why it cannot go on
  std::uint64_t sequence_ = 0, number_ = 0;
  std::uint32_t newest_epoch_ = 0;
  bool revoked_ = false;

  mutable std::mutex report_mutex_;
  DecoderReport report_;
};

}  // namespace weir::media
