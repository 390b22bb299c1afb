// FairPull: one engine that serves many clients takes the newest item of the client whose last result is oldest.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "weir/core/channel.hpp"
#include "weir/core/clock.hpp"

namespace weir {

// Skip-if-busy at the engine's door starves whoever comes at the wrong moment; a queue of all items in order lets a
// fast client crowd out a slow one. Here each client has a channel of its own, usually Channel::latest, and its turn
// comes when its last result is the oldest. So between two results of one client lie at most as many services as there
// are clients. Thread-safety: offer() and close() from any thread, one for each client; pull() and answered() from the
// engine's. Allocates: add() only.  Blocks: pull(); offer() where the channel's policy is `wait`. Ownership: borrows
// the channels, which outlive it.
template <class T>
class FairPull {
 public:
  struct Pulled {
    std::size_t client = 0;
    T item;
  };

  explicit FairPull(Clock& clock = Clock::real()) : clock_(clock) {}

  // The client's number, from 0. Before the first pull().
  std::size_t add(Channel<T>& channel) {
    clients_.push_back(std::make_unique<Client>(channel));
    return clients_.size() - 1;
  }
  std::size_t clients() const noexcept { return clients_.size(); }

  Offer offer(std::size_t client, T&& item, const std::stop_token& stop = {}) {
    const Offer offered = clients_[client]->channel.offer(std::move(item), stop);
    if (offered == Offer::accepted) poke();
    return offered;
  }
  // Nothing more comes from this client.
  void close(std::size_t client) noexcept {
    clients_[client]->channel.close();
    poke();
  }

  // Waits for an item; empty when stopped, or when all channels are closed and drained.
  std::optional<Pulled> pull(const std::stop_token& stop = {}) {
    const std::stop_callback wake(stop, [this] { poke(); });
    for (;;) {
      const std::uint32_t seen = version_.load(std::memory_order_acquire);
      if (stop.stop_requested()) return std::nullopt;
      if (auto pulled = try_pull()) return pulled;
      if (std::all_of(clients_.begin(), clients_.end(), [](const auto& c) { return c->channel.ended(); })) {
        return std::nullopt;
      }
      clock_.wait(version_, seen, never);
    }
  }

  // The client's result is out: it goes to the end of the line.
  void answered(std::size_t client) noexcept { clients_[client]->turn = ++turns_; }

  // How old the frame behind a client's newest result can be at most, just before the next one replaces it: the frame
  // was at most `interval` old when it was taken and had one service; the next one comes within `interval`, waits for
  // one service of every other client and has its own.
  static constexpr Nanos oldest(std::size_t clients, Nanos service, Nanos interval) noexcept {
    return 2 * interval + static_cast<std::int64_t>(clients + 1) * service;
  }

 private:
  struct Client {
    explicit Client(Channel<T>& of) : channel(of) {}
    Channel<T>& channel;
    std::uint64_t turn = 0;  // of its last result; 0: none yet
  };

  std::optional<Pulled> try_pull() {
    for (;;) {
      std::size_t oldest = clients_.size();
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (clients_[i]->channel.waiting() == 0) continue;
        if (oldest == clients_.size() || clients_[i]->turn < clients_[oldest]->turn) oldest = i;
      }
      if (oldest == clients_.size()) return std::nullopt;
      // A newer one may be on its way in, where the old one just left.
      if (std::optional<T> item = clients_[oldest]->channel.try_take()) return Pulled{oldest, std::move(*item)};
    }
  }

  void poke() noexcept {
    version_.fetch_add(1, std::memory_order_release);
    Clock::wake_all(version_);
  }

  Clock& clock_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t turns_ = 0;
  std::atomic<std::uint32_t> version_{0};
};

}  // namespace weir
