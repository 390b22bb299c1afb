// PacketRing: the last seconds of a stream, compressed, in a fixed piece of memory: what recordings are made from.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "weir/core/channel_base.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/media/mux/mux_packet.hpp"

namespace weir::media {

struct PacketRingOptions {
  std::string id;         // of its pool: "front/recording"
  std::string owner;      // the account
  std::size_t bytes = 0;  // of memory, at least 64 KiB
};

// pushed = held + aged, and what was not taken in is in `dropped` or `corrupt`.
struct PacketRingReport {
  std::uint64_t pushed = 0;
  std::uint64_t held = 0, held_bytes = 0;  // now
  std::uint64_t aged = 0;                  // made room for newer ones, read or not
  DropCounts dropped{};                    // full: larger than the ring, or gone before a cursor came to it
  std::uint64_t corrupt = 0;               // no access units
};

// One producer, one consumer with any number of cursors. The oldest access units make room for the new ones: a cursor
// that is too slow loses what it has not read, goes on at the next key, and what it lost is counted.
// Thread-safety: push() from the producer, cursors from the consumer, poke() and report() from any thread.
// Allocates: make(); push() once per epoch; reading, up to the largest unit so far.
// Blocks: a mutex for as long as one access unit is copied; wait() and next().
// Ownership: owns its memory, a pool of one slot; copies in and out.
class PacketRing {
 public:
  static Result<std::unique_ptr<PacketRing>> make(PacketRingOptions options, Clock& clock = Clock::real());

  void push(const Packet& packet, const StreamInfo& info);

  // A place between two access units. Valid for ever: what it points to may be gone, which reading finds out.
  struct Cursor {
    std::uint64_t sequence = 0;
    std::size_t offset = 0;
    bool broken = false;  // something was lost: goes on at a key
    std::size_t last_offset = 0;
    // Before the access unit that was read last, to read it again.
    Cursor before_last() const noexcept { return {sequence - 1, last_offset}; }
  };
  // Before the last key at or before that time that is held, or before the oldest key, or else behind everything.
  Cursor from_key_before(std::int64_t pts_us) const;
  // Before everything that is held.
  Cursor oldest() const;

  // True and the access unit at the cursor, which moves behind it; false if there is none yet.
  bool try_next(Cursor& cursor, MuxPacket& out);
  // Waits for it; false when stopped or at the deadline.
  bool next(Cursor& cursor, MuxPacket& out, const std::stop_token& stop = {}, Instant deadline = never);

  // For a consumer that waits for other things, too: returns when packets were pushed since version() was `seen` (only
  // while it listens), after poke(), at the deadline, or spuriously.
  void listen(bool on) noexcept { listening_.store(on, std::memory_order_seq_cst); }
  std::uint32_t version() const noexcept { return version_.load(std::memory_order_seq_cst); }
  void wait(std::uint32_t seen, Instant deadline) noexcept { clock_.wait(version_, seen, deadline); }
  void poke() noexcept;

  // Lets everything go, its memory too; what is pushed afterwards is dropped `closed`.
  void close() noexcept;

  std::size_t total_bytes() const noexcept { return pool_->slot_bytes(); }
  PacketRingReport report() const;

 private:
  struct Header;
  static constexpr std::size_t formats = 16;  // held at once

  PacketRing(std::unique_ptr<Pool> pool, Lease memory, Clock& clock);
  Header header_at(std::size_t& offset) const noexcept;
  void take_format(const StreamInfo& info);
  void drop_oldest() noexcept;
  std::size_t make_room(std::size_t bytes) noexcept;

  const std::unique_ptr<Pool> pool_;
  Lease memory_;  // until close(), under mutex_
  std::byte* const data_;
  const std::size_t capacity_;
  Clock& clock_;
  std::atomic<std::uint32_t> version_{0};
  std::atomic<bool> listening_{false};

  mutable std::mutex mutex_;           // guards the rest and the memory
  std::uint64_t first_ = 0, end_ = 0;  // sequence numbers: of the oldest one, of the next one
  std::size_t head_ = 0, tail_ = 0;    // where the oldest one is, where the next one goes
  std::size_t held_bytes_ = 0;
  std::uint64_t newest_format_ = 0;  // 0: none yet
  std::array<std::shared_ptr<const StreamInfo>, formats> formats_;
  PacketRingReport counts_;
};

}  // namespace weir::media
