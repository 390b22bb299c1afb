// PacketStore: slots for one camera's access units, which differ in size by a factor of a hundred: one pool per size
// class, so that a small unit does not cost a large slot.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"

namespace weir::server {

struct PacketClass {
  std::size_t payload_bytes = 0;  // the largest payload of this class
  std::size_t slots = 0;
};

struct PacketStoreOptions {
  std::string id = {};     // "front/packets"; pools are named after it: "front/packets-16k"
  std::string owner = {};  // the account
  // Smallest first. As a whole: 9.5 MiB; about 2.5 s of 1080p at 4 Mbit/s.
  std::vector<PacketClass> classes = {
      {std::size_t{16} << 10, 64}, {std::size_t{64} << 10, 40}, {std::size_t{256} << 10, 8}, {std::size_t{1} << 20, 4}};
  std::size_t limit_bytes = std::size_t{96} << 20;  // of all classes, those that still drain included
};

// Thread-safety: try_take, try_take_fitting, grow, reap, close from one thread (the producer); total_bytes from any;
// leases are released from any.  Allocates: make(), grow(), reap().  Blocks: close() only.
// Ownership: owns its pools; leases must be back before it is destroyed (see close()).
class PacketStore {
 public:
  // Errors: no class, classes not ascending, a class above 16 MiB, more memory than the limit.
  static Result<std::unique_ptr<PacketStore>> make(PacketStoreOptions options);

  // A slot for a payload of that size from the smallest class with a free one, laid out as slot_layout.hpp says, in
  // role source. Empty: none is free, or none is large enough (see largest_bytes()).
  Lease try_take(std::size_t payload_bytes) noexcept;
  // Only from the smallest class that the payload fits, though a larger one may have slots.
  Lease try_take_fitting(std::size_t payload_bytes) noexcept;

  std::size_t largest_bytes() const noexcept { return live_.back()->slot_bytes() - overhead(); }

  // Makes a new largest class, a power of two, with as many slots as the present one, which drains. Errors
  // `exhausted`, with the figures: over 16 MiB, or over the limit.
  Result<void> grow(std::size_t payload_bytes);
  // Gives back the memory of classes that have drained.
  void reap();

  // Everything it holds, drained or not. Known before the first frame; grow() alone raises it.
  std::size_t total_bytes() const noexcept { return total_bytes_.load(std::memory_order_relaxed); }

  // Waits until all leases are back; an error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline);

 private:
  explicit PacketStore(PacketStoreOptions options) : options_(std::move(options)) {}
  static std::size_t overhead() noexcept;
  Result<std::unique_ptr<Pool>> make_pool(PacketClass size) const;

  PacketStoreOptions options_;
  std::vector<std::unique_ptr<Pool>> live_, draining_;
  std::atomic<std::size_t> total_bytes_{0};
};

}  // namespace weir::server
