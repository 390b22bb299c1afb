// For tests: a line to a port of this machine that can be cut, and a port that is free.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace weir::test {

// A port that was free a moment ago.
inline std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

// Carries one connection after the other to a port, and loses what is under way when it is cut.
class Line {
 public:
  explicit Line(std::uint16_t to) : to_(to) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    ::bind(listening_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listening_, 16);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { carry(); });
  }
  ~Line() {
    stopping_ = true;
    thread_.join();
    ::close(listening_);
  }
  std::uint16_t port() const { return port_; }
  void cut() { cut_ = true; }
  // What comes from now on is swallowed: a network that is gone without a word.
  void swallow(bool on) { swallow_ = on; }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  void carry() {
    while (!stopping_) {
      pollfd p{listening_, POLLIN, 0};
      if (::poll(&p, 1, 5) <= 0) continue;
      const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address = loopback(to_);
      cut_ = false;
      if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) pump(client, server);
      for (const int fd : {client, server}) {
        const linger now{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(fd);
      }
    }
  }
  void pump(int a, int b) {
    while (!stopping_ && !cut_) {
      pollfd p[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
      if (::poll(p, 2, 1) <= 0) continue;
      for (int i = 0; i < 2; ++i) {
        if (p[i].revents == 0) continue;
        char bytes[4096];
        const ssize_t n = ::recv(p[i].fd, bytes, sizeof bytes, 0);
        if (n <= 0) return;
        if (!swallow_ && ::send(p[1 - i].fd, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) return;
      }
    }
  }

  const std::uint16_t to_;
  std::uint16_t port_ = 0;
  int listening_ = -1;
  std::atomic<bool> stopping_{false}, cut_{false}, swallow_{false};
  std::thread thread_;
};

}  // namespace weir::test
