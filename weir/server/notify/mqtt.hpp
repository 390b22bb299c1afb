// Mqtt: each message published to a broker, and what weir has announced to Home Assistant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weir/server/notify/discovery.hpp"
#include "weir/server/notify/sender.hpp"

namespace weir::notify {

// MQTT 3.1.1. Messages go to PREFIX/TOPIC with QoS 1 and leave the queue when the broker has acknowledged them, one
// after the other. PREFIX/status is "online" while connected, and "offline" otherwise, by the broker's hand if need be.
// A broker that is gone is tried again for ever, with jittered waits up to 4 s. A topic that MQTT does not allow is
// dropped as refused.
class Mqtt final : public Sender {
 public:
  struct Options {
    std::string owner = "mqtt";
    std::string host;
    std::uint16_t port = 1883;
    std::string username = {}, password = {};  // empty: none
    std::string client_id = {};                // empty: the broker chooses one
    std::filesystem::path tls = {};            // certificates that are trusted; empty: no TLS
    std::string topic_prefix = "weir";
    bool discovery = true;  // announce() speaks to Home Assistant
    std::string discovery_prefix = "homeassistant";
    std::filesystem::path queue_dir;  // of this sender alone
    std::uint64_t queue_max_bytes = std::uint64_t{64} << 20;
    std::chrono::seconds keepalive{30};  // from 5
    Clock* clock = &Clock::real();       // of the waits for answers and between attempts
  };
  static constexpr Nanos first_wait = std::chrono::milliseconds(250);
  static constexpr Nanos longest_wait = std::chrono::seconds(4);

  // Errors: `invalid` for a setting that cannot be, `not_found` for certificates, and those of DiskQueue::open().
  static Result<std::unique_ptr<Mqtt>> make(Options options);
  ~Mqtt() override;

  void offer(const Message& message) override;
  SenderReport report() const override;
  Result<void> close(Instant deadline) override;

  // What Home Assistant is to know of, from now on: told now, after each connect, and whenever Home Assistant says that
  // it has started. What was announced before and is not among them is taken back. From any thread; waits for nothing.
  void announce(std::vector<Entity> entities);

 private:
  struct Impl;
  explicit Mqtt(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::notify
