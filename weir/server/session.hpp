// Session: one WebSocket client, without the socket: what it said, what it gets next, and in which pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/server/stream_hub.hpp"
#include "weir/server/subscription.hpp"

namespace weir::server {

// A message is written in pieces of at most this size, each only when the socket has room for it, so that what a client
// that stops reading costs is the socket's buffer, and not a copy of whatever was to be sent to it.
constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr std::size_t scratch_bytes = headroom_bytes + piece_bytes;

// Client messages: so many at once, and so many a second for long.
constexpr double message_burst = 64, messages_per_second = 16;

// At most this many entries that a ring has let go may be held by clients of that stream for longer than the grace: a
// ring that runs at more than real time passes everybody by.
constexpr std::size_t max_held_beyond_ring = 2;
constexpr Nanos overstay_grace = std::chrono::seconds(1);

struct Piece {
  std::span<std::byte> data;  // with `headroom_bytes` of writable memory before it; valid until piece_written()
  bool text = false;
  bool first = false, last = false;  // of its message
};

// Thread-safety: used by the server's thread alone.  Allocates: for hello and stream messages, and what the client
// says. Blocks: never.  Ownership: borrows the hub; holds at most one slot.
class Session {
 public:
  Session(StreamHub& hub, std::string_view weir_version, Instant now);

  // A part of a client's message. An error's text is the reason to close the connection with.
  Result<void> receive(std::span<const std::byte> part, bool binary, bool last, Instant now);

  // What to write now, if anything; `scratch` is scratch_bytes long and may become the piece's memory.
  std::optional<Piece> next_piece(std::span<std::byte> scratch, Instant now);
  void piece_written() noexcept;
  bool may_have_next() const noexcept;

  // Since when the client has been in the middle of a message whose entry the ring has let go meanwhile.
  struct Overstay {
    const LeaseRing* ring;
    std::uint64_t position;
    Instant since;
  };
  std::optional<Overstay> overstay() const noexcept;

 private:
  Result<void> obey(const ClientMessage& message);
  void start_next(Instant now);

  StreamHub& hub_;
  const std::string weir_version_;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;  // by stream id
  std::vector<std::uint64_t> told_;                           // by stream id: the version of its info that was sent
  std::size_t turn_ = 0;                                      // the stream that is asked first
  bool greeted_ = false;

  std::optional<Outgoing> frame_;  // the message that is being sent: either a slot …
  std::string text_;               // … or a text of our own
  bool sending_ = false;
  std::size_t offset_ = 0;
  Instant since_{};

  std::string incoming_;
  double tokens_ = message_burst;
  Instant refilled_;
};

// Who must go so that the producers keep enough slots: the client that has stood longest in the middle of a message, if
// more than max_held_beyond_ring entries of one ring are held past their time. nullptr: nobody.
Session* worst_overstayer(std::span<Session* const> sessions, Instant now);

}  // namespace weir::server
