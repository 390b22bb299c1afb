#include "weir/server/listen_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::server {

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(std::exchange(other.port_, std::uint16_t{0})) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(port_, other.port_);
  return *this;
}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
}

int ListenSocket::release() noexcept { return std::exchange(fd_, -1); }

Result<ListenSocket> ListenSocket::open(const ListenAddress& address, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.ipv6) {
    auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_addr = in6addr_loopback;
    length = sizeof in6;
  } else {
    auto& in4 = reinterpret_cast<sockaddr_in&>(storage);
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    length = sizeof in4;
  }
  const std::string where = (address.ipv6 ? "[::1]:" : "127.0.0.1:") + std::to_string(port);
  const auto error = [&](Code code, const char* text) { return fail(code, text, where, std::strerror(errno)); };

  ListenSocket socket;
  socket.fd_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket.fd_ < 0) return error(Code::failed, "cannot make a socket to listen on");
  const int on = 1;
  // A port that a finished run has just left is free; one that is listened on is not. Buffer sizes pass on to what is
  // accepted.
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  if (::bind(socket.fd_, reinterpret_cast<sockaddr*>(&storage), length) != 0 || ::listen(socket.fd_, 64) != 0) {
    if (errno == EADDRINUSE) {
      return error(Code::failed, "the port is in use by another program: choose another one, or 0 for any free one");
    }
    if (errno == EACCES) return error(Code::denied, "no permission to listen on this port: choose one above 1023");
    return error(Code::failed, "cannot listen");
  }
  if (::getsockname(socket.fd_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    return error(Code::failed, "cannot learn the port that was chosen");
  }
  socket.port_ = ntohs(address.ipv6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                                    : reinterpret_cast<sockaddr_in&>(storage).sin_port);
  return socket;
}

int ListenSocket::accept(int listening) noexcept {
  const int fd = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    const int on = 1;
    // A frame must not wait for the acknowledgement of the one before.
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

}  // namespace weir::server
