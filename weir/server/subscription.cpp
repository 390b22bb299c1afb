#include "weir/server/subscription.hpp"

#include <utility>

namespace weir::server {

Subscription::Subscription(Broadcast& broadcast, As as) noexcept : broadcast_(broadcast), as_(as) {
  const std::uint64_t key = broadcast.newest_key_.load(std::memory_order_acquire);
  next_unit_ = key != Broadcast::no_key && key >= broadcast.units_.begin() ? key : broadcast.units_.end();
  next_text_ = broadcast.texts_.end();
  // Not the picture that is there: it may be as old as the last client that wanted pictures.
  next_picture_ = broadcast.pictures_.end();
  auto& subscribers = as == As::packets ? broadcast.packet_subscribers_ : broadcast.picture_subscribers_;
  subscribers.fetch_add(1, std::memory_order_relaxed);
}

Subscription::~Subscription() {
  auto& subscribers = as_ == As::packets ? broadcast_.packet_subscribers_ : broadcast_.picture_subscribers_;
  subscribers.fetch_sub(1, std::memory_order_relaxed);
}

bool Subscription::may_have_next() const noexcept {
  if (broadcast_.texts_.end() != next_text_) return true;
  return as_ == As::packets ? broadcast_.units_.end() != next_unit_ : broadcast_.pictures_.end() != next_picture_;
}

std::optional<Outgoing> Subscription::next() noexcept {
  // Texts belong to what was sent before, so they go first.
  if (auto text = next_text()) return text;
  return as_ == As::packets ? next_unit() : next_picture();
}

void Subscription::lose(Drop reason, std::uint64_t n) noexcept {
  // Before its first frame a client has not been promised any.
  if (!started_) return;
  if (!gap_) lost_begin_ = passed_sequence_;
  gap_ = true;
  dropped_[static_cast<std::size_t>(reason)] += n;
  Broadcast::count(broadcast_.client_dropped_, reason, n);
}

std::optional<Outgoing> Subscription::next_unit() noexcept {
  LeaseRing& ring = broadcast_.units_;
  for (;;) {
    if (const std::uint64_t begin = ring.begin(); next_unit_ < begin) {
      lose(Drop::full, begin - next_unit_);
      next_unit_ = begin;
      need_key_ = true;
    }
    if (next_unit_ >= ring.end()) return std::nullopt;
    Lease lease = ring.borrow(next_unit_, Role::client);
    if (!lease) {
      if (ring.begin() <= next_unit_) return std::nullopt;  // still there, but shared too often: tried again later
      continue;
    }
    const SlotNote note = note_of(lease);
    ++next_unit_;
    if (need_key_ && !note.key) {
      lose(Drop::keyframe, 1);
      passed_sequence_ = note.sequence + 1;
      continue;
    }
    if (!started_) first_sequence_ = note.sequence;
    if (gap_) lost_end_ = note.sequence;
    need_key_ = false;
    started_ = true;
    passed_sequence_ = note.sequence + 1;
    ++sent_;
    broadcast_.sent_.fetch_add(1, std::memory_order_relaxed);
    broadcast_.sent_bytes_.fetch_add(note.bytes, std::memory_order_relaxed);
    return Outgoing{std::move(lease), note, &ring, false, std::exchange(gap_, false)};
  }
}

std::optional<Outgoing> Subscription::next_text() noexcept {
  LeaseRing& ring = broadcast_.texts_;
  for (;;) {
    if (const std::uint64_t begin = ring.begin(); next_text_ < begin) {
      Broadcast::count(broadcast_.texts_dropped_, Drop::full, begin - next_text_);
      next_text_ = begin;
    }
    if (next_text_ >= ring.end()) return std::nullopt;
    Lease lease = ring.borrow(next_text_, Role::client);
    if (!lease) {
      if (ring.begin() <= next_text_) return std::nullopt;
      continue;
    }
    const SlotNote note = note_of(lease);
    if (as_ == As::packets) {
      if (!started_ || note.sequence >= passed_sequence_) return std::nullopt;  // its access unit comes first
      const bool lost = note.sequence >= lost_begin_ && note.sequence < lost_end_;
      if (lost || note.sequence < first_sequence_) {
        if (lost) Broadcast::count(broadcast_.texts_dropped_, Drop::stale);
        ++next_text_;
        continue;
      }
    }
    ++next_text_;
    broadcast_.texts_sent_.fetch_add(1, std::memory_order_relaxed);
    return Outgoing{std::move(lease), note, &ring, true, false};
  }
}

std::optional<Outgoing> Subscription::next_picture() noexcept {
  LeaseRing& ring = broadcast_.pictures_;
  for (;;) {
    const std::uint64_t end = ring.end();
    if (end == next_picture_ || ring.begin() == end) return std::nullopt;
    Lease lease = ring.borrow(end - 1, Role::client);
    if (!lease) {
      if (ring.end() == end) return std::nullopt;
      continue;  // a newer one came
    }
    Broadcast::count(broadcast_.pictures_dropped_, Drop::busy, end - 1 - next_picture_);
    next_picture_ = end;
    broadcast_.pictures_sent_.fetch_add(1, std::memory_order_relaxed);
    const SlotNote note = note_of(lease);
    return Outgoing{std::move(lease), note, &ring, false, false};
  }
}

}  // namespace weir::server
