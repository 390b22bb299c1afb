// Broadcast: one stream on its way to any number of clients, at a fixed price. The camera publishes, clients read at
// their own pace through a Subscription each, and who is too late loses frames, counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "weir/core/channel_base.hpp"
#include "weir/core/pool.hpp"
#include "weir/core/result.hpp"
#include "weir/server/lease_ring.hpp"
#include "weir/server/packet_store.hpp"
#include "weir/server/wire.hpp"

namespace weir::server {

struct BroadcastOptions {
  std::string name = {};            // the stream's, shown to people: "front"
  std::string owner = {};           // the account of its memory; empty: the name
  std::size_t ring_entries = 96;    // access units kept at most; fewer if their slots run out first
  PacketStoreOptions packets = {};  // id and owner are filled in
  std::size_t text_slots = 32;
  std::size_t text_bytes = 8192;  // the longest text message
};

struct AccessUnit {
  std::size_t payload_bytes = 0;  // already in payload_of(lease)
  std::int64_t pts_us = 0, dts_us = 0, capture_us = 0;
  std::uint32_t epoch = 1;
  bool key = false;
};

struct Picture {
  std::size_t payload_bytes = 0;
  std::int64_t pts_us = 0, capture_us = 0;
  std::uint32_t epoch = 1;
};

// What one stream has done so far. Drops of clients are sums over all clients that ever were.
struct BroadcastReport {
  std::string name;
  std::uint64_t published = 0, published_bytes = 0;       // access units that entered the ring
  DropCounts producer_dropped{};                          // access units that never did
  std::uint64_t packet_clients = 0, picture_clients = 0;  // now
  std::uint64_t sent = 0, sent_bytes = 0;                 // access units handed to a client's socket
  DropCounts client_dropped{};                            // access units that a client did not get
  std::uint64_t pictures = 0, pictures_sent = 0;
  DropCounts pictures_dropped{};  // `busy`: a newer one came first
  std::uint64_t texts = 0, texts_sent = 0;
  DropCounts texts_dropped{};   // `full`: the client was too late, or there was no slot
  std::uint64_t boxes_cut = 0;  // boxes that did not fit into their message
  std::uint64_t packet_memory_bytes = 0;
};

// Threads: the *camera* thread takes, publishes and drops access units; one *looking* thread posts boxes; one *picture*
// thread publishes pictures (all three may be one thread); the server's thread reads.
// Thread-safety: as said at each member; report and the subscriber counts from any thread.
// Allocates: make(), take() when it grows, report().  Blocks: close() only.  Ownership: owns its slots; outlives its
// subscriptions.
class Broadcast {
 public:
  static Result<std::unique_ptr<Broadcast>> make(std::uint32_t id, BroadcastOptions options);
  ~Broadcast();

  std::uint32_t id() const noexcept { return id_; }
  const std::string& name() const noexcept { return options_.name; }

  // ---- camera thread
  // A slot for a payload of that size. When none is free the oldest access units are let go; the newest stays whole.
  // Hot: allocates nothing. Empty: larger than every class (see take()), or all slots are held elsewhere.
  Lease try_take(std::size_t payload_bytes) noexcept;
  // try_take(), and grows the store for a payload larger than any before. Error `exhausted`: drop() the access unit.
  Result<Lease> take(std::size_t payload_bytes);
  // Hot: no allocation, free, lock or system call. Wake the server afterwards, with StreamHub::notify(). Until the
  // first key, after drop() and in a new epoch, what is not a key cannot be decoded and is dropped `keyframe`.
  // Returns the access unit's sequence number; every publish() and drop() uses one up.
  std::uint64_t publish(Lease&& lease, const AccessUnit& unit) noexcept;
  // An access unit that did not make it.
  std::uint64_t drop(Drop reason) noexcept;
  // Lets the ring go: at the end, so that every slot comes back.
  void clear() noexcept;
  // Gives back what grow-and-drain left; off the hot path, now and then.
  void reap() { packets_->reap(); }

  // ---- looking thread
  // Boxes of the frame that was access unit `sequence`; clients get them after it. Hot: allocates nothing.
  void post_boxes(const BoxesHead& head, std::span<const Box> boxes, std::uint64_t sequence) noexcept;

  // ---- picture thread
  // The lease has the layout of slot_layout.hpp, from any pool. Newest wins.
  void publish_picture(Lease&& lease, const Picture& picture) noexcept;

  // ---- any thread
  std::uint64_t packet_subscribers() const noexcept { return packet_subscribers_.load(std::memory_order_relaxed); }
  std::uint64_t picture_subscribers() const noexcept { return picture_subscribers_.load(std::memory_order_relaxed); }
  // Slots of this stream: all that it will use unless a larger access unit comes.
  std::size_t total_bytes() const noexcept;
  BroadcastReport report() const;

  // After the producers and the server have stopped. An error names who still holds what.
  Result<void> close(Clock& clock, Instant deadline);

 private:
  friend class Subscription;
  using Counters = std::array<std::atomic<std::uint64_t>, drop_count>;
  static constexpr std::uint64_t no_key = ~std::uint64_t{0};

  Broadcast(std::uint32_t id, BroadcastOptions options);
  static void count(Counters& counters, Drop reason, std::uint64_t n = 1) noexcept {
    counters[static_cast<std::size_t>(reason)].fetch_add(n, std::memory_order_relaxed);
  }

  const std::uint32_t id_;
  const BroadcastOptions options_;
  std::unique_ptr<PacketStore> packets_;
  std::unique_ptr<Pool> text_pool_;
  LeaseRing units_, texts_, pictures_;
  std::atomic<std::uint64_t> newest_key_{no_key};  // its position in units_

  // camera thread only
  std::uint64_t next_sequence_ = 0;
  std::uint32_t epoch_ = 0;
  bool need_key_ = true;
  bool gap_ = false;

  std::atomic<std::uint64_t> published_{0}, published_bytes_{0}, sent_{0}, sent_bytes_{0};
  std::atomic<std::uint64_t> pictures_published_{0}, pictures_sent_{0}, texts_posted_{0}, texts_sent_{0}, boxes_cut_{0};
  std::atomic<std::uint64_t> packet_subscribers_{0}, picture_subscribers_{0};
  Counters producer_dropped_{}, client_dropped_{}, pictures_dropped_{}, texts_dropped_{};
};

}  // namespace weir::server
