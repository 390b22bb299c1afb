#include "weir/server/session.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace weir::server {
namespace {

constexpr std::byte gap_flag{2};
constexpr std::size_t flags_offset = 2;  // in the header

}  // namespace

Session::Session(StreamHub& hub, std::string_view weir_version, Instant now)
    : hub_(hub), weir_version_(weir_version), subscriptions_(max_streams), told_(max_streams, 0), refilled_(now) {
  incoming_.reserve(max_client_message_bytes);
}

Result<void> Session::receive(std::span<const std::byte> part, bool binary, bool last, Instant now) {
  if (binary) return fail(Code::invalid, "messages are JSON texts");
  if (incoming_.size() + part.size() > max_client_message_bytes) {
    return fail(Code::invalid, "message is longer than 4 KiB");
  }
  incoming_.append(reinterpret_cast<const char*>(part.data()), part.size());
  if (!last) return {};
  const std::chrono::duration<double> passed = now - std::exchange(refilled_, now);
  tokens_ = std::min(message_burst, tokens_ + passed.count() * messages_per_second) - 1;
  if (tokens_ < 0) return fail(Code::invalid, "too many messages");
  const auto message = parse_client_message(incoming_);
  incoming_.clear();
  if (!message) return tl::unexpected(message.error());
  return obey(*message);
}

Result<void> Session::obey(const ClientMessage& message) {
  const auto* subscribe = std::get_if<Subscribe>(&message);
  const std::string& name = subscribe ? subscribe->stream : std::get<Unsubscribe>(message).stream;
  Broadcast* const broadcast = hub_.find(name);
  if (broadcast == nullptr) return fail(Code::invalid, "no stream of that name");
  auto& subscription = subscriptions_[broadcast->id()];
  // Saying the same again changes nothing: it must not cost the client its place.
  if (subscribe && subscription && subscription->as() == subscribe->as) return {};
  subscription.reset();
  if (subscribe) subscription = std::make_unique<Subscription>(*broadcast, subscribe->as);
  return {};
}

bool Session::may_have_next() const noexcept {
  if (sending_ || !greeted_) return true;
  const std::size_t streams = hub_.size();
  for (std::size_t i = 0; i < streams; ++i) {
    if (told_[i] != hub_.version(i) || (subscriptions_[i] && subscriptions_[i]->may_have_next())) return true;
  }
  return false;
}

void Session::start_next(Instant now) {
  const std::size_t streams = hub_.size();
  offset_ = 0;
  since_ = now;
  if (!greeted_) {
    greeted_ = true;
    std::vector<StreamInfo> infos;
    for (std::size_t i = 0; i < streams; ++i) {
      told_[i] = hub_.version(i);  // before the info: what changes in between is told again
      infos.push_back(hub_.info(i));
    }
    text_ = hello_message(weir_version_, hub_.flow(), infos);
    sending_ = true;
    return;
  }
  for (std::size_t i = 0; i < streams; ++i) {
    const std::uint64_t version = hub_.version(i);
    if (std::exchange(told_[i], version) == version) continue;
    text_ = stream_message(hub_.info(i));
    sending_ = true;
    return;
  }
  // In turn, so that a stream with much to send leaves the others their share of a slow connection.
  for (std::size_t i = 0; i < streams; ++i) {
    const std::size_t id = (turn_ + i) % streams;
    if (!subscriptions_[id]) continue;
    frame_ = subscriptions_[id]->next();
    if (!frame_) continue;
    turn_ = id + 1;
    sending_ = true;
    return;
  }
}

std::optional<Piece> Session::next_piece(std::span<std::byte> scratch, Instant now) {
  if (!sending_) start_next(now);
  if (!sending_) return std::nullopt;
  std::span<std::byte> message = frame_ ? frame_->lease.bytes().subspan(frame_->note.begin, frame_->note.bytes)
                                        : std::as_writable_bytes(std::span(text_));
  Piece piece;
  piece.text = !frame_ || frame_->text;
  piece.first = offset_ == 0;
  piece.data = message.subspan(offset_, std::min(piece_bytes, message.size() - offset_));
  offset_ += piece.data.size();
  piece.last = offset_ == message.size();
  // The first piece of a slot goes as it lies there. Others have no headroom that is free to be written: before them is
  // payload, which others read. A gap flag is this client's alone.
  if (!frame_ || !piece.first || frame_->gap) {
    const auto copy = scratch.subspan(headroom_bytes, piece.data.size());
    std::memcpy(copy.data(), piece.data.data(), piece.data.size());
    if (frame_ && frame_->gap && piece.first) copy[flags_offset] |= gap_flag;
    piece.data = copy;
  }
  return piece;
}

void Session::piece_written() noexcept {
  if (offset_ < (frame_ ? frame_->note.bytes : text_.size())) return;
  frame_.reset();
  text_.clear();
  sending_ = false;
}

std::optional<Session::Overstay> Session::overstay() const noexcept {
  if (!frame_ || frame_->note.position >= frame_->ring->begin()) return std::nullopt;
  return Overstay{frame_->ring, frame_->note.position, since_};
}

Session* worst_overstayer(std::span<Session* const> sessions, Instant now) {
  struct Held {
    Session::Overstay what;
    Session* by;
  };
  std::vector<Held> held;
  for (Session* session : sessions) {
    const auto overstay = session->overstay();
    if (overstay && now - overstay->since > overstay_grace) held.push_back({*overstay, session});
  }
  for (const Held& one : held) {
    std::set<std::uint64_t> positions;
    const Held* oldest = &one;
    for (const Held& other : held) {
      if (other.what.ring != one.what.ring) continue;
      positions.insert(other.what.position);
      if (other.what.since < oldest->what.since) oldest = &other;
    }
    if (positions.size() > max_held_beyond_ring) return oldest->by;
  }
  return nullptr;
}

}  // namespace weir::server
