// Sending events out of weir: what is sent, by whatever way, and what became of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"

namespace weir::notify {

// Larger ones (id, topic and body together) are dropped, `large`.
constexpr std::size_t max_message_bytes = std::size_t{64} << 10;

struct Message {
  std::string id;     // stable and unique: a receiver that gets a message twice knows it by this
  std::string topic;  // "front/motion": below the sender's prefix; a webhook does not use it
  std::string body;   // JSON; carries the id too, for receivers that see the body alone
  bool retain = false;

  bool operator==(const Message&) const = default;
};

// offered + recovered = sent + waiting + Σ dropped, always.
struct SenderReport {
  std::string owner;
  std::string to;   // "https://example.org:443": scheme, host and port, never more
  bool up = false;  // the last attempt went well; false also before the first
  std::uint64_t offered = 0;
  std::uint64_t recovered = 0;  // found on disk at the start, left by an earlier run
  std::uint64_t sent = 0;       // accepted by the receiver
  std::uint64_t failed = 0;     // attempts that will be repeated
  std::uint64_t waiting = 0;
  std::uint64_t waiting_bytes = 0;  // on disk
  // busy: more came at once than the disk takes; full: the oldest, at the bound of the queue; large: over
  // max_message_bytes; refused: the receiver does not want it; corrupt: unreadable on disk; failed: could not be
  // written to disk; closed: offered after the end.
  std::map<std::string, std::uint64_t> dropped;
  std::string last_error;  // of the last attempt that failed; stays when it is over
};

// Takes messages and delivers each at least once, in their order, through a queue on disk that outlives the program.
// What is offered is on disk a moment later; only that moment is lost with a program that is killed.
// Thread-safety: all members from any thread.  Allocates: yes.
// Blocks: close() alone; offer() waits neither for the disk nor for the network.
// Ownership: owns its threads and its queue; the destructor closes without waiting for the receiver.
class Sender {
 public:
  virtual ~Sender() = default;
  virtual void offer(const Message& message) = 0;
  virtual SenderReport report() const = 0;
  // Everything offered is written to disk, and sent as long as the receiver takes it and the deadline has not come; the
  // rest waits there for the next run. An error if something could not be written. Called again: nothing.
  virtual Result<void> close(Instant deadline) = 0;
};

}  // namespace weir::notify
