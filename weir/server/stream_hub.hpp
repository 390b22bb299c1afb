// StreamHub: the streams of a flow. Producers publish into it; the server, if there is one, sends from it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/server/broadcast.hpp"
#include "weir/server/waker.hpp"
#include "weir/server/wire.hpp"

namespace weir::server {

constexpr std::size_t max_streams = 64;

// A stream stays until the end of the run, under one id; a camera that comes back publishes into the one it had.
// Thread-safety: all members from any thread (each Broadcast has its own rules).
// Allocates: add_stream, set_*, info, report.  Blocks: short locks; never in notify().
// Ownership: owns the streams; outlives the server and the producers.
class StreamHub {
 public:
  explicit StreamHub(std::string flow) : flow_(std::move(flow)) {}

  // Errors: a name that is there already, more than 64 streams, or what Broadcast::make() says.
  Result<Broadcast*> add_stream(BroadcastOptions options);

  // What a client is told about the stream. Each change is sent to every client.
  void set_state(const Broadcast& stream, StreamState state, std::string reason = {});
  void set_format(const Broadcast& stream, std::string codec, std::uint32_t width, std::uint32_t height,
                  std::uint32_t epoch);

  // Wakes the server's thread; call it after publishing, outside the hot path.
  void notify() noexcept { waker_.notify(); }

  const std::string& flow() const noexcept { return flow_; }
  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  Broadcast& stream(std::size_t id) noexcept { return *streams_[id].broadcast; }
  // nullptr: no such stream.
  Broadcast* find(std::string_view name) noexcept;
  StreamInfo info(std::size_t id) const;
  // Goes up with every change of info(id).
  std::uint64_t version(std::size_t id) const noexcept { return streams_[id].version.load(std::memory_order_acquire); }
  // Slots of all streams: what they will use unless an access unit comes that is larger than any class.
  std::size_t total_bytes() const noexcept;
  std::vector<BroadcastReport> report() const;

  // After producers and server have stopped: waits until every lease is back. An error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline);

  Waker& waker() noexcept { return waker_; }

 private:
  struct Stream {
    std::unique_ptr<Broadcast> broadcast;
    StreamInfo info;  // under mutex_
    std::atomic<std::uint64_t> version{1};
  };
  const std::string flow_;
  mutable std::mutex mutex_;
  std::array<Stream, max_streams> streams_;
  std::atomic<std::size_t> size_{0};
  Waker waker_;
};

}  // namespace weir::server
