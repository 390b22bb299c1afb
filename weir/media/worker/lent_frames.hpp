// LentFrames: the frame pools that one decode worker writes to, as its parent keeps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/core/worker/lending.hpp"
#include "weir/core/worker/message.hpp"
#include "weir/media/frame.hpp"

namespace weir::media::decode {

struct LentFramesOptions {
  std::string pool_id;
  std::string owner;
  std::size_t downstream_slots = 0;  // what consumers hold at most
  std::size_t max_bytes = 0;         // of all pools together, former ones and other_bytes included
};

struct LentFramesReport {
  std::uint64_t pools_made = 0, slots = 0, slot_bytes = 0, hold = 0, bytes = 0;
};

// Everything that comes in through a message may be a lie: `corrupt` says that it is one, and what.
// What a frame given here shows is what the worker wrote and may still write, whatever it says: nobody downstream may
// read anything out of pixels that must hold twice.
// Thread-safety: one thread.  Allocates: for new pools.  Blocks: close() only.
// Ownership: owns the pools; frames given must be back before it goes.
class LentFrames {
 public:
  explicit LentFrames(LentFramesOptions options) : options_(std::move(options)) {}

  struct Made {
    std::uint32_t serial;
    const Pool* pool;
  };
  // The worker wants a pool; every slot of it is lent at once. Exhausted: too large, with figures.
  Result<Made> make(const worker::Message& want_pool, std::size_t other_bytes);
  // The worker gives a picture. Its number is left to the caller. `newest_epoch`: the last one that was sent.
  Result<Frame> take(const worker::Message& frame, std::uint32_t newest_epoch);
  // The worker has let go of a pool.
  Result<void> drop(const worker::Message& drop_pool);

  // Calls f(serial, Loan) for each slot whose readers have let go: it is the worker's again, and must be told.
  template <class F>
  void collect(F&& f) {
    for (const auto& lent : pools_) {
      lent->lending.collect([&](worker::Loan loan) { f(lent->serial, loan); });
    }
  }

  // The worker is dead: what it held comes back. Returns how many slots.
  std::size_t revoke() noexcept;
  // Waits for the consumers' leases; after revoke(). An error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline);

  std::size_t bytes() const noexcept;
  LentFramesReport report() const noexcept;

 private:
  struct Lent {
    Lent(std::uint32_t number, std::unique_ptr<Pool> p) : serial(number), pool(std::move(p)), lending(*pool) {}
    std::uint32_t serial;
    std::unique_ptr<Pool> pool;
    worker::Lending lending;  // goes first: it holds leases of the pool
  };
  Lent* find(std::uint32_t serial) noexcept;

  LentFramesOptions options_;
  std::vector<std::unique_ptr<Lent>> pools_;
  std::uint32_t last_serial_ = 0;
  LentFramesReport report_;
};

}  // namespace weir::media::decode
