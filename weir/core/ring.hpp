// Ring: samples from one thread to another without a lock. Mapped twice in a row, so that whatever is read or written
// is contiguous.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir {

struct RingOptions {
  std::string id;               // shown to people: "spatial/input"
  std::string owner;            // the account that its memory belongs to
  std::size_t frame_bytes = 0;  // one sample of every channel: nothing smaller is passed on
  std::size_t frames = 0;       // that it holds at least; the memory is whole pages
};

// One producer, one consumer, each wait-free. A side that may block can wait until the other has moved; a side that may
// not never has to wake anybody: it calls wake() when its hot path is over.
// Thread-safety: writable() and wrote() from one thread, readable() and read() from one, the rest from any.
// Allocates: make() only.  Blocks: wait_until() only.  Ownership: owns its memory.
class Ring {
 public:
  static Result<std::unique_ptr<Ring>> make(RingOptions options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Producer: room for whole frames, all that there is, empty if the ring is full.
  std::span<std::byte> writable() noexcept;
  // The first `frames` of it are there for the consumer from now on; what was not writable() is not counted.
  void wrote(std::size_t frames) noexcept;
  // Producer: nothing comes after what was written so far.
  void end() noexcept;

  // Consumer: the frames that wait, all of them.
  std::span<const std::byte> readable() noexcept;
  void read(std::size_t frames) noexcept;
  // Nothing comes after what is readable() from now on. Look at it first: what was written before the end is there
  // then.
  bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  // The producer has ended and everything was read.
  bool drained() const noexcept;

  // Until `ready()`, which is asked again whenever the ring has moved and somebody called wake(); false: `stop` asked.
  template <class Ready>
  bool wait_until(Clock& clock, const std::stop_token& stop, Ready ready) {
    const std::stop_callback asked(stop, [this] {
      moved();
      wake();
    });
    for (;;) {
      // Before anything is looked at: what changes afterwards ends the wait.
      const std::uint32_t seen = moves_.load(std::memory_order_acquire);
      if (stop.stop_requested()) return false;
      if (ready()) return true;
      clock.wait(moves_, seen, never);
    }
  }
  // A system call: not on a hot path.
  void wake() const noexcept { Clock::wake_all(moves_); }

  const std::string& id() const noexcept { return options_.id; }
  std::size_t frame_bytes() const noexcept { return options_.frame_bytes; }
  std::size_t capacity() const noexcept { return bytes_ / options_.frame_bytes; }  // frames
  std::uint64_t frames_written() const noexcept { return written_.load(std::memory_order_acquire) / frame_bytes(); }
  std::uint64_t frames_read() const noexcept { return read_.load(std::memory_order_acquire) / frame_bytes(); }

 private:
  explicit Ring(RingOptions options) : options_(std::move(options)) {}
  Result<void> map();
  void moved() noexcept { moves_.fetch_add(1, std::memory_order_release); }

  RingOptions options_;
  std::byte* memory_ = nullptr;  // bytes_, then the same bytes_ again
  std::size_t bytes_ = 0;
  // Bytes since the start. Each is written by one side alone, and lies in a cache line of its own.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
  alignas(64) std::atomic<std::uint32_t> moves_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace weir
