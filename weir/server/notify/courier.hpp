// Courier: an outbox and the thread that sends from it, and how both end.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "weir/server/notify/outbox.hpp"

namespace weir::notify {

// Thread-safety: offer(), report() from any thread; start() once, close() from one.  Allocates: yes.
// Blocks: close() and the destructor.  Ownership: owns both; the destructor closes without waiting for the receiver.
class Courier {
 public:
  // Runs until the stop, however the receiver is.
  using Run = std::function<void(Outbox&, const std::stop_token&)>;

  Courier(std::unique_ptr<Outbox> outbox, Clock& clock) : outbox_(std::move(outbox)), clock_(clock) {}
  ~Courier();

  void start(Run run);
  void offer(const Message& message) { outbox_->offer(message); }
  SenderReport report() const { return outbox_->report(); }
  Result<void> close(Instant deadline);

 private:
  std::unique_ptr<Outbox> outbox_;
  Clock& clock_;
  std::jthread thread_;
};

}  // namespace weir::notify
