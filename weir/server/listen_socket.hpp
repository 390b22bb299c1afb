// The listening socket, made by hand: so that a port in use is a plain error, port 0 can be reported, and what the
// kernel may buffer for a client is fixed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weir/core/result.hpp"
#include "weir/server/http_rules.hpp"

namespace weir::server {

// Asked of the kernel for what is sent to one client; it doubles it for its own bookkeeping.
constexpr int send_buffer_bytes = 192 << 10;

// A socket that nobody owns but this.
// Thread-safety: none.  Allocates: error details.  Blocks: never.  Ownership: closes what it holds.
class ListenSocket {
 public:
  ListenSocket() noexcept = default;
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  static Result<ListenSocket> open(const ListenAddress& address, std::uint16_t port);

  std::uint16_t port() const noexcept { return port_; }
  int descriptor() const noexcept { return fd_; }
  int release() noexcept;

  // The next waiting connection, ready for use, or -1: nobody waits.
  static int accept(int listening) noexcept;

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace weir::server
