// MessageRing: messages in one direction between two processes, through memory that the other one may write rubbish to.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/core/worker/message.hpp"

namespace weir::worker {

// Lies in shared memory, zeroed at first. Everything in it is untrusted: either side keeps its own position to itself.
struct RingMemory {
  static constexpr std::uint32_t capacity = 256;     // a power of two
  alignas(64) std::atomic<std::uint32_t> written;    // by the writer: messages so far, modulo 2^32
  alignas(64) std::atomic<std::uint32_t> read;       // by the reader
  alignas(64) std::atomic<std::uint32_t> bell;       // changes when there may be something new to see (futex, shared)
  std::atomic<std::uint32_t> sleeping;               // the reader waits at the bell
  alignas(64) std::atomic<std::uint32_t> room_bell;  // the same for a writer that waits for room
  std::atomic<std::uint32_t> room_sleeping;
  alignas(64) std::array<Message, capacity> messages;
};

// Thread-safety: one thread at a time; ring() from any.  Allocates: never.  Blocks: wait_for_room() only.
// Ownership: borrows the memory.
class RingWriter {
 public:
  explicit RingWriter(RingMemory& memory) noexcept : memory_(memory) {}
  // False: full, or the reader's position makes no sense (then it stays false).
  bool write(const Message& message) noexcept;
  // Until there may be room, the deadline, or somebody rings. Looks up once a second, so that a reader that tampers
  // with the bell delays its caller, but does not keep him.
  void wait_for_room(Instant deadline) noexcept;
  // Wakes who waits at wait_for_room(), or comes to it next.
  void ring() noexcept;

 private:
  RingMemory& memory_;
  std::uint32_t written_ = 0;
  std::uint32_t bell_ = 0;  // as seen by the last wait_for_room()
};

// Thread-safety: one thread at a time; ring() from any.  Allocates: never.  Blocks: wait() only.
// Ownership: borrows the memory.
class RingReader {
 public:
  explicit RingReader(RingMemory& memory) noexcept : memory_(memory) {}
  // True and a copy of the next message; false when there is none. Corrupt: the writer's position is further ahead than
  // the ring is long.
  Result<bool> read(Message& message) noexcept;
  // Until there may be a message, the deadline, or somebody rings: a ring() since the last wait() ends the next one at
  // once. With a deadline it also returns once a second, so that a writer that turns the bell back after a ring() can
  // keep the caller from noticing for that long only. `never` asks for no timer, which is quicker by a tenth: for a
  // writer that is trusted.
  void wait(Instant deadline) noexcept;
  // Wakes who waits at wait(), or comes to it next.
  void ring() noexcept;

 private:
  RingMemory& memory_;
  std::uint32_t read_ = 0;
  std::uint32_t bell_ = 0;  // as seen by the last wait()
};

}  // namespace weir::worker
