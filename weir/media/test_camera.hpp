// An RTSP camera of a few lines for tests: a TCP server on 127.0.0.1 that says what it is told to.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

namespace weir::media::test {

// Answers each request by what `answer` makes of it; an empty answer is silence.
class ScriptedCamera {
 public:
  using Answer = std::function<std::string(const std::string& request, const std::string& cseq)>;
  explicit ScriptedCamera(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
  }
  ~ScriptedCamera() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
  }
  std::string address() const { return "rtsp://admin:hunter2@127.0.0.1:" + std::to_string(port_) + "/live"; }

 private:
  static bool readable(int fd, const std::stop_token& stop) {
    pollfd p{fd, POLLIN, 0};
    while (!stop.stop_requested()) {
      if (::poll(&p, 1, 20) > 0) return true;
    }
    return false;
  }
  void serve(const std::stop_token& stop) {
    while (readable(listener_, stop)) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      std::string got;
      char buffer[2048];
      while (readable(fd, stop)) {
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) break;
        got.append(buffer, static_cast<std::size_t>(n));
        std::size_t end;
        bool hang_up = false;
        while ((end = got.find("\r\n\r\n")) != std::string::npos) {
          const std::string request = got.substr(0, end);
          got.erase(0, end + 4);
          const std::size_t at = request.find("CSeq:");
          const std::string cseq =
              at == std::string::npos ? "0" : request.substr(at + 5, request.find("\r\n", at) - at - 5);
          const std::string reply = answer_(request, cseq);
          if (reply == "hang up")
            hang_up = true;
          else if (!reply.empty())
            (void)::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
        }
        if (hang_up) break;
      }
      ::close(fd);
    }
  }

  Answer answer_;
  int listener_ = -1;
  int port_ = 0;
  std::jthread thread_;
};

}  // namespace weir::media::test
