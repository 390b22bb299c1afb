// A small WebSocket and HTTP client for tests: plain sockets, blocking under a watchdog, able to misbehave.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test {

// Longer than anything here takes on a machine that has other things to do.
constexpr std::chrono::seconds watchdog{60};

// One TCP connection to this machine. Members return false or empty when the other side is gone or the watchdog bites.
class TcpClient {
 public:
  explicit TcpClient(std::uint16_t port, int receive_buffer_bytes = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) close();
  }
  ~TcpClient() { close(); }
  TcpClient(TcpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  TcpClient& operator=(TcpClient&&) = delete;

  bool connected() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Exactly `n` bytes.
  std::optional<std::string> take(std::size_t n) {
    while (buffer_.size() < n) {
      if (!fill()) return std::nullopt;
    }
    std::string out = buffer_.substr(0, n);
    buffer_.erase(0, n);
    return out;
  }
  // Up to and with `end`.
  std::optional<std::string> take_until(std::string_view end) {
    for (;;) {
      if (const auto at = buffer_.find(end); at != std::string::npos) return take(at + end.size());
      if (!fill()) return std::nullopt;
    }
  }
  std::string take_rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
  }
  // True once there is something to read within `wait`.
  bool readable(std::chrono::milliseconds wait) {
    pollfd p{fd_, POLLIN, 0};
    return !buffer_.empty() || ::poll(&p, 1, static_cast<int>(wait.count())) > 0;
  }

 private:
  bool fill() {
    pollfd p{fd_, POLLIN, 0};
    if (fd_ < 0 || ::poll(&p, 1, static_cast<int>(std::chrono::milliseconds(watchdog).count())) <= 0) return false;
    const std::size_t had = buffer_.size();
    buffer_.resize(had + 65536);
    const ssize_t n = ::recv(fd_, buffer_.data() + had, 65536, 0);
    buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    return n > 0;
  }

  int fd_ = -1;
  std::string buffer_;
};

struct HttpAnswer {
  int status = 0;
  std::string head, body;

  // The value of a header, found without regard to case; empty if there is none.
  std::string header(std::string_view name) const {
    std::size_t at = 0;
    while ((at = head.find("\r\n", at)) != std::string::npos) {
      at += 2;
      const std::size_t end = head.find("\r\n", at);
      const std::string_view line(head.data() + at, (end == std::string::npos ? head.size() : end) - at);
      const auto colon = line.find(':');
      if (colon != name.size() || !std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
          })) {
        continue;
      }
      const auto start = line.find_first_not_of(' ', colon + 1);
      return start == std::string_view::npos ? std::string() : std::string(line.substr(start));
    }
    return {};
  }
};

inline std::optional<HttpAnswer> read_answer(TcpClient& client, bool head_only = false) {
  const auto head = client.take_until("\r\n\r\n");
  if (!head || head->size() < 12) return std::nullopt;
  HttpAnswer answer;
  answer.head = *head;
  answer.status = std::atoi(head->c_str() + 9);
  const std::string length = answer.header("content-length");
  if (!head_only && !length.empty() && answer.status != 304) {
    auto body = client.take(std::stoul(length));
    if (!body) return std::nullopt;
    answer.body = std::move(*body);
  }
  return answer;
}

// One request on a connection of its own. `headers`: further lines, each with its \r\n, the length of a body included.
inline std::optional<HttpAnswer> http(std::uint16_t port, std::string_view method, std::string_view path,
                                      std::string_view headers = {}, std::string host = {},
                                      std::string_view body = {}) {
  TcpClient client(port);
  if (host.empty()) host = "127.0.0.1:" + std::to_string(port);
  client.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: " + host + "\r\n" +
              std::string(headers) + "\r\n" + std::string(body));
  return read_answer(client, method == "HEAD");
}

struct WsMessage {
  enum class Kind { text, binary, close };
  Kind kind = Kind::close;
  std::string bytes;
  std::size_t frames = 1;  // how many WebSocket frames it came in

  // Of a close message; 0 when the connection just ended.
  int close_code() const {
    return bytes.size() < 2 ? 0 : static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]);
  }
};

struct WsOptions {
  std::string path = "/ws";
  std::string host = {};    // empty: 127.0.0.1:port
  std::string origin = {};  // empty: http://host
  std::string protocol = "weir.1";
  int receive_buffer_bytes = 0;
};

class WsClient {
 public:
  explicit WsClient(std::uint16_t port, WsOptions options = {}) : tcp_(port, options.receive_buffer_bytes) {
    if (options.host.empty()) options.host = "127.0.0.1:" + std::to_string(port);
    if (options.origin.empty()) options.origin = "http://" + options.host;
    std::string request = "GET " + options.path + " HTTP/1.1\r\nHost: " + options.host +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (options.origin != "none") request += "Origin: " + options.origin + "\r\n";
    if (!options.protocol.empty()) request += "Sec-WebSocket-Protocol: " + options.protocol + "\r\n";
    if (!tcp_.send(request + "\r\n")) return;
    if (const auto answer = read_answer(tcp_, true)) answer_ = *answer;
  }

  // Of the handshake; 101 if it went well.
  int status() const { return answer_.status; }
  const HttpAnswer& answer() const { return answer_; }

  bool send_text(std::string_view text) { return send_frame(0x81, text); }
  // Any first byte: opcode and flags.
  bool send_frame(unsigned char first, std::string_view payload) {
    std::string frame(1, static_cast<char>(first));
    const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
    if (payload.size() < 126) {
      frame += static_cast<char>(0x80 | payload.size());
    } else if (payload.size() < 65536) {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(payload.size() >> 8);
      frame += static_cast<char>(payload.size() & 0xff);
    } else {
      frame += static_cast<char>(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift & 0xff);
    }
    for (const unsigned char m : mask) frame += static_cast<char>(m);
    for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
    return tcp_.send(frame);
  }

  // The next whole message; pings are answered on the way. Empty: the connection ended or the watchdog bit.
  std::optional<WsMessage> receive() {
    WsMessage message;
    message.frames = 0;
    for (;;) {
      const auto head = tcp_.take(2);
      if (!head) return std::nullopt;
      const auto first = static_cast<unsigned char>((*head)[0]);
      std::uint64_t length = static_cast<unsigned char>((*head)[1]) & 0x7f;
      if (length >= 126) {
        const auto more = tcp_.take(length == 126 ? 2 : 8);
        if (!more) return std::nullopt;
        length = 0;
        for (const char c : *more) length = length << 8 | static_cast<unsigned char>(c);
      }
      auto payload = tcp_.take(length);
      if (!payload) return std::nullopt;
      const int opcode = first & 0x0f;
      if (opcode == 9) {
        send_frame(0x8a, *payload);
        continue;
      }
      if (opcode == 10) continue;
      if (opcode == 8) return WsMessage{WsMessage::Kind::close, std::move(*payload), 1};
      if (opcode != 0) message.kind = opcode == 1 ? WsMessage::Kind::text : WsMessage::Kind::binary;
      message.bytes += *payload;
      ++message.frames;
      if (first & 0x80) return message;
    }
  }

  bool readable(std::chrono::milliseconds wait) { return tcp_.readable(wait); }
  TcpClient& tcp() { return tcp_; }
  // Without a goodbye.
  void vanish() { tcp_.close(); }

 private:
  TcpClient tcp_;
  HttpAnswer answer_;
};

}  // namespace weir::test
