// Subscription: one client's place in one stream: what it gets next, and what it has lost.
#pragma once

#include <cstdint>
#include <optional>

#include "weir/core/pool.hpp"
#include "weir/server/broadcast.hpp"
#include "weir/server/slot_layout.hpp"

namespace weir::server {

// One message for one client; the lease keeps the slot for as long as it is being written.
struct Outgoing {
  Lease lease;
  SlotNote note;
  const LeaseRing* ring = nullptr;  // where it came from
  bool text = false;
  bool gap = false;  // this client lost frames before this one: to be set in its copy of the header
};

// Thread-safety: used by the server's thread alone.  Allocates: never.  Blocks: never.
// Ownership: borrows the broadcast; what next() returns is the caller's share.
class Subscription {
 public:
  // Starts at the newest key that is there, or at the next one that comes.
  Subscription(Broadcast& broadcast, As as) noexcept;
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  As as() const noexcept { return as_; }
  // The next message, if there is one. Frames that the ring has let go are dropped `full`, those up to the next key
  // `keyframe`; a picture that a newer one has replaced, `busy`; a text whose frame was dropped, `stale`.
  std::optional<Outgoing> next() noexcept;
  // False only if next() would be empty.
  bool may_have_next() const noexcept;

  const DropCounts& dropped() const noexcept { return dropped_; }
  std::uint64_t sent() const noexcept { return sent_; }

 private:
  std::optional<Outgoing> next_unit() noexcept;
  std::optional<Outgoing> next_text() noexcept;
  std::optional<Outgoing> next_picture() noexcept;
  void lose(Drop reason, std::uint64_t n) noexcept;

  Broadcast& broadcast_;
  const As as_;
  std::uint64_t next_unit_ = 0, next_text_ = 0, next_picture_ = 0;  // positions
  std::uint64_t passed_sequence_ = 0;            // access units below it have been handled: sent or dropped
  std::uint64_t first_sequence_ = 0;             // the first one sent
  std::uint64_t lost_begin_ = 0, lost_end_ = 0;  // sequences of the last gap
  bool started_ = false, need_key_ = true, gap_ = false;
  DropCounts dropped_{};
  std::uint64_t sent_ = 0;
};

}  // namespace weir::server
