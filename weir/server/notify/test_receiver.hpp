// An HTTP receiver for tests: a thread with plain sockets that can be told what to answer, killed and started again on
// its port.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace weir::test {

struct Received {
  std::string head, body;
  std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

// What the receiver does with a request: a status, or one of these.
constexpr int hang = -1;     // no answer, until the client gives up
constexpr int hang_up = -2;  // closes without an answer
constexpr int babble = -3;   // 200, and a body without an end

class Receiver {
 public:
  using Judge = std::function<int(const Received&)>;

  explicit Receiver(Judge judge) : judge_(std::move(judge)) { start(); }
  ~Receiver() {
    stop();
    ::close(kept_);
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

  // On the port of the first time.
  void start() {
    stopping_ = false;
    if (kept_ < 0) kept_ = bound();
    listening_ = bound();
    if (::listen(listening_, 16) != 0) std::abort();
    thread_ = std::thread([this] { serve(); });
  }
  // In the middle of whatever it does.
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    if (listening_ >= 0) ::close(std::exchange(listening_, -1));
  }

  // Everything that came in, whatever was answered.
  std::vector<Received> received() const {
    std::lock_guard lock(mutex_);
    return received_;
  }
  // The ids of what was accepted, in order of their first acceptance.
  std::vector<std::string> accepted() const {
    std::lock_guard lock(mutex_);
    return accepted_;
  }

 private:
  int bound() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) std::abort();
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    return fd;
  }
  void serve() {
    while (!stopping_) {
      pollfd p{listening_, POLLIN, 0};
      if (::poll(&p, 1, 5) <= 0) continue;
      const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      while (!stopping_ && answer(fd)) {
      }
      // At once, so that what was half said is lost.
      const linger now{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      ::close(fd);
    }
  }

  // False: the connection is over.
  bool more(int fd, std::string& text) {
    while (!stopping_) {
      pollfd p{fd, POLLIN, 0};
      if (::poll(&p, 1, 5) <= 0) continue;
      char bytes[4096];
      const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
      if (n <= 0) return false;
      text.append(bytes, static_cast<std::size_t>(n));
      return true;
    }
    return false;
  }

  bool answer(int fd) {
    std::string text;
    std::size_t end;
    while ((end = text.find("\r\n\r\n")) == std::string::npos) {
      if (!more(fd, text)) return false;
    }
    Received request{text.substr(0, end + 2), text.substr(end + 4)};
    const std::string length = request.header("Content-Length");
    while (request.body.size() < (length.empty() ? 0 : std::stoul(length))) {
      if (!more(fd, request.body)) return false;
    }
    const int status = judge_(request);
    {
      std::lock_guard lock(mutex_);
      received_.push_back(request);
      const std::string id = request.header("Idempotency-Key");
      const bool accepts = (status >= 200 && status < 300) || status == babble;
      if (accepts && std::find(accepted_.begin(), accepted_.end(), id) == accepted_.end()) accepted_.push_back(id);
    }
    if (status == hang_up) return false;
    if (status == hang) {
      while (more(fd, text)) {
      }
      return false;
    }
    std::string out = "HTTP/1.1 " + std::to_string(status == babble ? 200 : status) + " Whatever\r\n";
    if (status >= 300 && status < 400) out += "Location: " + url("/elsewhere") + "\r\n";
    if (status != babble) return send(fd, out + "Content-Length: 2\r\n\r\nok");
    send(fd, out + "\r\n");
    while (!stopping_ && send(fd, std::string(4096, 'x'))) {
    }
    return false;
  }

  static bool send(int fd, const std::string& text) {
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  const Judge judge_;
  std::uint16_t port_ = 0;
  int kept_ = -1;  // never listens: nobody else gets the port while the receiver is down
  int listening_ = -1;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  std::vector<std::string> accepted_;
};

}  // namespace weir::test
