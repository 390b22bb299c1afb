#include "weir/core/worker/message_ring.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace weir::worker {
namespace {

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t) && Word::is_always_lock_free);
static_assert((RingMemory::capacity & (RingMemory::capacity - 1)) == 0, "positions wrap around at 2^32");

constexpr Nanos longest_sleep = std::chrono::seconds(1);

// Not the PRIVATE calls of Clock: the other side is another process.
void wake_all(Word& word) noexcept { ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

// Without spinning first: it was measured to double the hand-over on two CPUs, as the kernel likes to run both sides on
// one of them, where a side that spins keeps the other from writing.
void sleep_while(Word& word, std::uint32_t expected, Instant deadline) noexcept {
  timespec timeout{};
  if (deadline != never) {
    const Instant now = Clock::real().now();
    if (deadline <= now) return;
    const Nanos left = std::min<Nanos>(longest_sleep, deadline - now);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timeout = {seconds.count(), (left - seconds).count()};
  }
  // Whatever ends it (woken, changed, timed out, interrupted), the caller looks again.
  ::syscall(SYS_futex, &word, FUTEX_WAIT, expected, deadline == never ? nullptr : &timeout, nullptr, 0);
}

// Who goes to sleep says so and then looks; who changes something changes it and then looks whether anybody sleeps. All
// four are sequentially consistent, so that at least one of them sees the other. The flag is taken down by who wakes:
// of many messages to a sleeper, one costs a system call.
void wake_sleeper(Word& sleeping, Word& bell) noexcept {
  if (sleeping.load(std::memory_order_seq_cst) == 0 || sleeping.exchange(0, std::memory_order_seq_cst) == 0) return;
  bell.fetch_add(1, std::memory_order_seq_cst);
  wake_all(bell);
}

template <class Idle>
void wait_at(Word& bell, Word& sleeping, std::uint32_t& seen, Instant deadline, Idle idle) noexcept {
  sleeping.store(1, std::memory_order_seq_cst);
  // The kernel compares the bell once more: a ring in between is not lost.
  if (idle() && bell.load(std::memory_order_seq_cst) == seen) sleep_while(bell, seen, deadline);
  sleeping.store(0, std::memory_order_relaxed);
  seen = bell.load(std::memory_order_acquire);
}

void ring_at(Word& bell) noexcept {
  bell.fetch_add(1, std::memory_order_seq_cst);
  wake_all(bell);
}

}  // namespace

// The other side's positions are only ever compared with one's own, and what they index is cut to the ring's length:
// rubbish can make a message wrong or missing, but reaches no other memory.

bool RingWriter::write(const Message& message) noexcept {
  // Acquire: the reader has copied the message that lay there before.
  const std::uint32_t unread = written_ - memory_.read.load(std::memory_order_acquire);
  if (unread >= RingMemory::capacity) return false;
  memory_.messages[written_ % RingMemory::capacity] = message;
  memory_.written.store(++written_, std::memory_order_seq_cst);
  wake_sleeper(memory_.sleeping, memory_.bell);
  return true;
}

void RingWriter::wait_for_room(Instant deadline) noexcept {
  wait_at(memory_.room_bell, memory_.room_sleeping, bell_, deadline,
          [this] { return written_ - memory_.read.load(std::memory_order_seq_cst) >= RingMemory::capacity; });
}

void RingWriter::ring() noexcept { ring_at(memory_.room_bell); }

Result<bool> RingReader::read(Message& message) noexcept {
  const std::uint32_t unread = memory_.written.load(std::memory_order_acquire) - read_;
  if (unread == 0) return false;
  if (unread > RingMemory::capacity) return fail(Code::corrupt, "a worker's messages cannot be counted");
  message = memory_.messages[read_ % RingMemory::capacity];
  memory_.read.store(++read_, std::memory_order_seq_cst);
  wake_sleeper(memory_.room_sleeping, memory_.room_bell);
  return true;
}

void RingReader::wait(Instant deadline) noexcept {
  wait_at(memory_.bell, memory_.sleeping, bell_, deadline,
          [this] { return memory_.written.load(std::memory_order_seq_cst) == read_; });
}

void RingReader::ring() noexcept { ring_at(memory_.bell); }

}  // namespace weir::worker
