#include "weir/server/broadcast.hpp"

#include <utility>

#include "weir/server/slot_layout.hpp"

namespace weir::server {
namespace {

// A ring entry that is evicted while a client is in the middle of it stays held by that client; the server lets at most
// two be held so (see overstayers()), and the producer fills one.
constexpr std::size_t beyond_ring_slots = 3;

// How many old entries go for a slot of the right size before a larger one is used instead.
constexpr int patient_evictions = 8;

std::span<std::byte, header_bytes> header_in(const Lease& lease) noexcept {
  return lease.bytes().subspan(header_offset).first<header_bytes>();
}

std::uint64_t load(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

template <class Counters>
DropCounts load_all(const Counters& counters) noexcept {
  DropCounts out{};
  for (std::size_t i = 0; i < drop_count; ++i) out[i] = load(counters[i]);
  return out;
}

}  // namespace

Broadcast::Broadcast(std::uint32_t id, BroadcastOptions options)
    : id_(id), options_(std::move(options)), units_(options_.ring_entries), texts_(options_.text_slots), pictures_(1) {}

Broadcast::~Broadcast() { clear(); }

Result<std::unique_ptr<Broadcast>> Broadcast::make(std::uint32_t id, BroadcastOptions options) {
  if (options.name.empty()) return fail(Code::invalid, "a stream needs a name");
  if (options.ring_entries == 0 || options.text_slots == 0) {
    return fail(Code::invalid, "a stream keeps at least one access unit and one text", options.name);
  }
  for (const PacketClass& size : options.packets.classes) {
    if (size.slots <= beyond_ring_slots) {
      return fail(Code::invalid, "a size class needs at least 4 slots: 2 for clients, 1 being filled, 1 to keep",
                  options.name);
    }
  }
  if (options.owner.empty()) options.owner = options.name;
  options.packets.id = options.name + "/packets";
  options.packets.owner = options.owner;
  std::unique_ptr<Broadcast> broadcast(new Broadcast(id, std::move(options)));
  const BroadcastOptions& o = broadcast->options_;
  auto packets = PacketStore::make(o.packets);
  if (!packets) return tl::unexpected(packets.error());
  auto texts = Pool::make(
      {o.name + "/texts", o.owner, o.text_bytes + slot_overhead_bytes, o.text_slots + beyond_ring_slots, 64});
  if (!texts) return tl::unexpected(texts.error());
  broadcast->packets_ = std::move(*packets);
  broadcast->text_pool_ = std::move(*texts);
  return broadcast;
}

Lease Broadcast::try_take(std::size_t payload_bytes) noexcept {
  if (payload_bytes > packets_->largest_bytes()) return {};
  // A larger slot than needed is a last resort: the rare large access unit, the key, would find none.
  for (int i = 0; i < patient_evictions; ++i) {
    if (Lease lease = packets_->try_take_fitting(payload_bytes)) return lease;
    if (!units_.evict_oldest()) break;
  }
  for (;;) {
    if (Lease lease = packets_->try_take(payload_bytes)) return lease;
    if (!units_.evict_oldest()) return {};
  }
}

Result<Lease> Broadcast::take(std::size_t payload_bytes) {
  if (payload_bytes > packets_->largest_bytes()) {
    if (auto grown = packets_->grow(payload_bytes); !grown) return tl::unexpected(grown.error());
  }
  Lease lease = try_take(payload_bytes);
  if (!lease) return fail(Code::exhausted, "every slot for an access unit is held elsewhere", options_.name);
  return lease;
}

std::uint64_t Broadcast::publish(Lease&& lease, const AccessUnit& unit) noexcept {
  WEIR_CHECK(lease && unit.payload_bytes <= payload_of(lease).size(), "an access unit is published without its slot");
  WEIR_CHECK(unit.epoch != 0, "epochs count from 1");
  if (unit.epoch != epoch_) need_key_ = true;
  if (need_key_ && !unit.key) {
    lease.release();
    return drop(Drop::keyframe);
  }
  epoch_ = unit.epoch;
  need_key_ = false;

  const std::uint64_t sequence = next_sequence_++;
  Header header;
  header.kind = Kind::access_unit;
  header.key = unit.key;
  header.gap = std::exchange(gap_, false);
  header.stream = id_;
  header.sequence = sequence;
  header.pts_us = unit.pts_us;
  header.dts_us = unit.dts_us;
  header.capture_us = unit.capture_us;
  header.epoch = unit.epoch;
  header.payload_bytes = static_cast<std::uint32_t>(unit.payload_bytes);
  encode(header, header_in(lease));
  std::memset(lease.bytes().data() + payload_offset + unit.payload_bytes, 0, tail_bytes);

  SlotNote note;
  note.sequence = sequence;
  note.begin = header_offset;
  note.bytes = static_cast<std::uint32_t>(header_bytes + unit.payload_bytes);
  note.key = unit.key;
  const std::uint64_t position = units_.push(std::move(lease), note);
  if (unit.key) newest_key_.store(position, std::memory_order_release);
  published_.fetch_add(1, std::memory_order_relaxed);
  published_bytes_.fetch_add(unit.payload_bytes, std::memory_order_relaxed);
  return sequence;
}

std::uint64_t Broadcast::drop(Drop reason) noexcept {
  count(producer_dropped_, reason);
  // Before the first key nothing was interrupted, so nothing is missing.
  if (epoch_ != 0) gap_ = true;
  need_key_ = true;
  return next_sequence_++;
}

void Broadcast::clear() noexcept {
  units_.clear();
  texts_.clear();
  pictures_.clear();
}

void Broadcast::post_boxes(const BoxesHead& head, std::span<const Box> boxes, std::uint64_t sequence) noexcept {
  if (packet_subscribers() + picture_subscribers() == 0) return;  // nobody asked: not a message, so not a drop
  Lease lease = text_pool_->try_acquire(Role::source);
  while (!lease && texts_.evict_oldest()) lease = text_pool_->try_acquire(Role::source);
  if (!lease) return count(texts_dropped_, Drop::full);
  const EncodedBoxes encoded = encode_boxes(head, boxes, payload_of(lease));
  if (encoded.bytes == 0) return count(texts_dropped_, Drop::full);
  boxes_cut_.fetch_add(boxes.size() - encoded.boxes, std::memory_order_relaxed);
  SlotNote note;
  note.sequence = sequence;
  note.begin = payload_offset;
  note.bytes = static_cast<std::uint32_t>(encoded.bytes);
  texts_.push(std::move(lease), note);
  texts_posted_.fetch_add(1, std::memory_order_relaxed);
}

void Broadcast::publish_picture(Lease&& lease, const Picture& picture) noexcept {
  WEIR_CHECK(lease && picture.payload_bytes <= payload_of(lease).size(), "a picture is published without its slot");
  WEIR_CHECK(picture.epoch != 0, "epochs count from 1");
  Header header;
  header.kind = Kind::picture;
  header.key = true;
  header.stream = id_;
  header.sequence = pictures_.end();
  header.pts_us = header.dts_us = picture.pts_us;
  header.capture_us = picture.capture_us;
  header.epoch = picture.epoch;
  header.payload_bytes = static_cast<std::uint32_t>(picture.payload_bytes);
  encode(header, header_in(lease));
  SlotNote note;
  note.sequence = header.sequence;
  note.begin = header_offset;
  note.bytes = static_cast<std::uint32_t>(header_bytes + picture.payload_bytes);
  note.key = true;
  pictures_.push(std::move(lease), note);
  pictures_published_.fetch_add(1, std::memory_order_relaxed);
}

std::size_t Broadcast::total_bytes() const noexcept {
  return packets_->total_bytes() + text_pool_->slot_bytes() * text_pool_->capacity();
}

BroadcastReport Broadcast::report() const {
  BroadcastReport r;
  r.name = options_.name;
  r.published = load(published_);
  r.published_bytes = load(published_bytes_);
  r.producer_dropped = load_all(producer_dropped_);
  r.packet_clients = packet_subscribers();
  r.picture_clients = picture_subscribers();
  r.sent = load(sent_);
  r.sent_bytes = load(sent_bytes_);
  r.client_dropped = load_all(client_dropped_);
  r.pictures = load(pictures_published_);
  r.pictures_sent = load(pictures_sent_);
  r.pictures_dropped = load_all(pictures_dropped_);
  r.texts = load(texts_posted_);
  r.texts_sent = load(texts_sent_);
  r.texts_dropped = load_all(texts_dropped_);
  r.boxes_cut = load(boxes_cut_);
  r.packet_memory_bytes = packets_->total_bytes();
  return r;
}

Result<void> Broadcast::close(Clock& clock, Instant deadline) {
  clear();
  if (auto closed = packets_->close(clock, deadline); !closed) return closed;
  return text_pool_->close(clock, deadline);
}

}  // namespace weir::server
