// Webhook: each message as an HTTP POST of its JSON.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "weir/server/notify/sender.hpp"

namespace weir::notify {

// Any 2xx accepts a message. 4xx but 408 and 429 refuses this message for good: it is dropped, and the next one goes.
// Anything else (5xx, 3xx: redirects are not followed, no connection, no answer in time, a certificate that does not
// hold) is tried again, with jittered waits up to a minute, and the order is kept. The header Idempotency-Key is the
// message's id.
class Webhook final : public Sender {
 public:
  struct Options {
    std::string owner = "webhook";
    std::string url;                                  // http or https; what is secret in it is shown nowhere
    std::map<std::string, std::string> headers = {};  // added, e.g. Authorization; shown nowhere
    Nanos timeout = std::chrono::seconds(10);         // of one attempt, in real time
    std::filesystem::path queue_dir;                  // of this sender alone
    std::uint64_t queue_max_bytes = std::uint64_t{64} << 20;
    Clock* clock = &Clock::real();  // of the waits between attempts
  };
  static constexpr Nanos first_wait = std::chrono::milliseconds(500);
  static constexpr Nanos longest_wait = std::chrono::seconds(60);

  // Errors: `invalid` for an address or a header that cannot be one, and those of DiskQueue::open().
  static Result<std::unique_ptr<Webhook>> make(Options options);
  ~Webhook() override;

  void offer(const Message& message) override;
  SenderReport report() const override;
  Result<void> close(Instant deadline) override;

 private:
  struct Impl;
  explicit Webhook(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::notify
