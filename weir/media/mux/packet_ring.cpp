#include "weir/media/mux/packet_ring.hpp"

#include <cstring>
#include <optional>
#include <utility>

namespace weir::media {
namespace {

constexpr std::size_t alignment = 16;
constexpr std::size_t smallest_ring_bytes = std::size_t{64} << 10;
constexpr std::uint64_t nothing_here = UINT64_MAX;  // as a sequence: the next one is at the beginning

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

// Before every access unit, in the ring's memory.
struct alignas(alignment) PacketRing::Header {
  std::uint64_t sequence;
  std::uint64_t format;
  std::int64_t pts_us, dts_us, capture_us;
  std::uint64_t bytes;
  std::uint32_t epoch;
  std::uint32_t key;

  std::size_t stride() const noexcept { return sizeof(Header) + aligned(bytes); }
};

Result<std::unique_ptr<PacketRing>> PacketRing::make(PacketRingOptions options, Clock& clock) {
  if (options.bytes < smallest_ring_bytes) {
    return fail(Code::invalid, "recording needs at least 64 KiB to keep packets in", options.owner,
                std::to_string(options.bytes) + " bytes");
  }
  PoolOptions pool;
  pool.id = std::move(options.id);
  pool.owner = std::move(options.owner);
  pool.slot_bytes = options.bytes / alignment * alignment;
  pool.capacity = 1;
  auto made = Pool::make(std::move(pool));
  if (!made) return tl::unexpected(made.error());
  Lease memory = (*made)->try_acquire(Role::cache);
  return std::unique_ptr<PacketRing>(new PacketRing(std::move(*made), std::move(memory), clock));
}

PacketRing::PacketRing(std::unique_ptr<Pool> pool, Lease memory, Clock& clock)
    : pool_(std::move(pool)),
      memory_(std::move(memory)),
      data_(memory_.bytes().data()),
      capacity_(pool_->slot_bytes()),
      clock_(clock) {}

// The header of the access unit at `offset`, which is moved to the beginning where the memory before its end was not
// enough for it.
PacketRing::Header PacketRing::header_at(std::size_t& offset) const noexcept {
  Header header{};
  if (capacity_ - offset >= sizeof(Header)) {
    std::memcpy(&header, data_ + offset, sizeof(Header));
    if (header.sequence != nothing_here) return header;
  }
  offset = 0;
  std::memcpy(&header, data_, sizeof(Header));
  return header;
}

void PacketRing::drop_oldest() noexcept {
  const Header oldest = header_at(head_);
  head_ += oldest.stride();
  held_bytes_ -= oldest.bytes;
  ++first_;
  ++counts_.aged;
}

// Where `bytes` in one piece are free now, at the cost of the oldest ones. They fit into the ring.
std::size_t PacketRing::make_room(std::size_t bytes) noexcept {
  for (;;) {
    if (first_ == end_) {
      // Not back to the beginning: cursors stand at the tail.
      if (capacity_ - tail_ >= bytes) return tail_;
      head_ = 0;
      break;
    }
    (void)header_at(head_);
    if (head_ >= tail_) {  // the free piece lies between them
      if (head_ - tail_ >= bytes) return tail_;
    } else {
      if (capacity_ - tail_ >= bytes) return tail_;
      if (head_ >= bytes) break;
    }
    drop_oldest();
  }
  if (capacity_ - tail_ >= sizeof(Header)) {
    Header mark{};
    mark.sequence = nothing_here;
    std::memcpy(data_ + tail_, &mark, sizeof(Header));
  }
  return 0;
}

void PacketRing::take_format(const StreamInfo& info) {
  const auto& newest = formats_[newest_format_ % formats];
  if (newest_format_ != 0 && newest->epoch == info.epoch) return;
  // The place for it is that of the oldest one: nothing that is held may still need that.
  while (first_ != end_) {
    std::size_t oldest = head_;
    if (header_at(oldest).format + formats > newest_format_ + 1) break;
    drop_oldest();
  }
  ++newest_format_;
  formats_[newest_format_ % formats] = std::make_shared<const StreamInfo>(info);
}

void PacketRing::close() noexcept {
  std::lock_guard lock(mutex_);
  first_ = end_;
  head_ = tail_ = 0;
  held_bytes_ = 0;
  memory_ = Lease();
}

void PacketRing::push(const Packet& packet, const StreamInfo& info) {
  // Without the stream's parameter sets: a file has them in its head.
  const Result<std::size_t> bytes = info.units.annexb_bytes(packet.bytes, false);
  {
    std::lock_guard lock(mutex_);
    if (!memory_) {
      ++counts_.dropped[static_cast<std::size_t>(Drop::closed)];
      return;
    }
    if (!bytes) {
      ++counts_.corrupt;
      return;
    }
    Header header{.sequence = end_,
                  .format = 0,
                  .pts_us = packet.pts_us,
                  .dts_us = packet.dts_us,
                  .capture_us = packet.capture_us,
                  .bytes = *bytes,
                  .epoch = packet.epoch,
                  .key = packet.key};
    if (*bytes > capacity_ || header.stride() > capacity_) {
      ++counts_.dropped[static_cast<std::size_t>(Drop::full)];
      return;
    }
    take_format(info);
    header.format = newest_format_;
    const std::size_t at = make_room(header.stride());
    std::memcpy(data_ + at, &header, sizeof(Header));
    // It fits: annexb_bytes() has said so.
    (void)info.units.write(packet.bytes, false, {data_ + at + sizeof(Header), *bytes});
    if (first_ == end_) head_ = at;
    tail_ = at + header.stride();
    held_bytes_ += *bytes;
    ++end_;
    ++counts_.pushed;
  }
  if (listening_.load(std::memory_order_seq_cst)) poke();
}

void PacketRing::poke() noexcept {
  version_.fetch_add(1, std::memory_order_seq_cst);
  Clock::wake_all(version_);
}

PacketRing::Cursor PacketRing::oldest() const {
  std::lock_guard lock(mutex_);
  return {first_, first_ == end_ ? tail_ : head_};
}

PacketRing::Cursor PacketRing::from_key_before(std::int64_t pts_us) const {
  std::lock_guard lock(mutex_);
  std::optional<Cursor> found;
  std::size_t offset = head_;
  for (std::uint64_t sequence = first_; sequence != end_; ++sequence) {
    const Header header = header_at(offset);
    if (header.key != 0) {
      if (found && header.pts_us > pts_us) break;
      found = Cursor{sequence, offset};
    }
    offset += header.stride();
  }
  return found.value_or(Cursor{end_, tail_});
}

bool PacketRing::try_next(Cursor& cursor, MuxPacket& out) {
  std::lock_guard lock(mutex_);
  std::uint64_t& lost = counts_.dropped[static_cast<std::size_t>(Drop::full)];
  if (cursor.sequence < first_) {
    lost += first_ - cursor.sequence;
    cursor = {first_, first_ == end_ ? tail_ : head_, true, 0};
  }
  while (cursor.sequence != end_) {
    // The mark that would lead from its place to the beginning may be overwritten by now.
    if (cursor.sequence == first_) cursor.offset = head_;
    const Header header = header_at(cursor.offset);
    const std::byte* bytes = data_ + cursor.offset + sizeof(Header);
    cursor.last_offset = cursor.offset;
    cursor.offset += header.stride();
    ++cursor.sequence;
    if (cursor.broken && header.key == 0) {
      ++lost;
      continue;
    }
    cursor.broken = false;
    std::memcpy(out.resize(header.bytes).data(), bytes, header.bytes);
    out.pts_us = header.pts_us;
    out.dts_us = header.dts_us;
    out.capture_us = header.capture_us;
    out.epoch = header.epoch;
    out.key = header.key != 0;
    out.info = formats_[header.format % formats];
    return true;
  }
  return false;
}

bool PacketRing::next(Cursor& cursor, MuxPacket& out, const std::stop_token& stop, Instant deadline) {
  std::stop_callback wake(stop, [this] { poke(); });
  listen(true);
  for (;;) {
    const std::uint32_t seen = version();
    if (try_next(cursor, out)) return true;
    if (stop.stop_requested() || clock_.now() >= deadline) return false;
    wait(seen, deadline);
  }
}

PacketRingReport PacketRing::report() const {
  std::lock_guard lock(mutex_);
  PacketRingReport report = counts_;
  report.held = end_ - first_;
  report.held_bytes = held_bytes_;
  return report;
}

}  // namespace weir::media
