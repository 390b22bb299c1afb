#include "weir/server/stream_hub.hpp"

#include "weir/core/clock.hpp"

namespace weir::server {
namespace {

std::int64_t wall_ms() noexcept { return wall_ns() / 1'000'000; }

}  // namespace

Result<Broadcast*> StreamHub::add_stream(BroadcastOptions options) {
  std::lock_guard lock(mutex_);
  const std::size_t id = size_.load(std::memory_order_relaxed);
  if (id == max_streams) return fail(Code::exhausted, "a flow has at most 64 streams", options.name);
  for (std::size_t i = 0; i < id; ++i) {
    if (streams_[i].info.name == options.name) {
      return fail(Code::invalid, "two streams have the same name", options.name);
    }
  }
  auto broadcast = Broadcast::make(static_cast<std::uint32_t>(id), std::move(options));
  if (!broadcast) return tl::unexpected(broadcast.error());
  Stream& stream = streams_[id];
  stream.broadcast = std::move(*broadcast);
  stream.info.id = static_cast<std::uint32_t>(id);
  stream.info.name = stream.broadcast->name();
  stream.info.since_ms = wall_ms();
  size_.store(id + 1, std::memory_order_release);
  waker_.notify();
  return stream.broadcast.get();
}

void StreamHub::set_state(const Broadcast& broadcast, StreamState state, std::string reason) {
  {
    std::lock_guard lock(mutex_);
    Stream& stream = streams_[broadcast.id()];
    if (stream.info.state == state && stream.info.reason == reason) return;
    if (stream.info.state != state) stream.info.since_ms = wall_ms();
    stream.info.state = state;
    stream.info.reason = std::move(reason);
    stream.version.fetch_add(1, std::memory_order_release);
  }
  waker_.notify();
}

void StreamHub::set_format(const Broadcast& broadcast, std::string codec, std::uint32_t width, std::uint32_t height,
                           std::uint32_t epoch) {
  {
    std::lock_guard lock(mutex_);
    Stream& stream = streams_[broadcast.id()];
    stream.info.codec = std::move(codec);
    stream.info.width = width;
    stream.info.height = height;
    stream.info.epoch = epoch;
    stream.version.fetch_add(1, std::memory_order_release);
  }
  waker_.notify();
}

Broadcast* StreamHub::find(std::string_view name) noexcept {
  const std::size_t n = size();
  for (std::size_t i = 0; i < n; ++i) {
    if (streams_[i].broadcast->name() == name) return streams_[i].broadcast.get();
  }
  return nullptr;
}

StreamInfo StreamHub::info(std::size_t id) const {
  std::lock_guard lock(mutex_);
  return streams_[id].info;
}

std::size_t StreamHub::total_bytes() const noexcept {
  std::size_t total = 0;
  const std::size_t n = size();
  for (std::size_t i = 0; i < n; ++i) total += streams_[i].broadcast->total_bytes();
  return total;
}

std::vector<BroadcastReport> StreamHub::report() const {
  std::vector<BroadcastReport> all;
  const std::size_t n = size();
  for (std::size_t i = 0; i < n; ++i) all.push_back(streams_[i].broadcast->report());
  return all;
}

Result<void> StreamHub::close(Clock& clock, Instant deadline) {
  const std::size_t n = size();
  for (std::size_t i = 0; i < n; ++i) {
    if (auto closed = streams_[i].broadcast->close(clock, deadline); !closed) return closed;
  }
  return {};
}

}  // namespace weir::server
