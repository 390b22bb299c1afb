// HttpServer: the page, its routes and its WebSocket, on one thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/server/http_rules.hpp"
#include "weir/server/stream_hub.hpp"

namespace weir::server {

struct HttpServerOptions {
  std::string address = "127.0.0.1";  // or ::1
  std::uint16_t port = 8080;          // 0: any free one
  std::size_t max_clients = 32;       // WebSockets; more are answered 503
  std::size_t max_connections = 96;   // all sockets; more are closed at once
  std::string account = "server";
  std::span<const Asset> assets = page_assets();
};

struct Listening {
  std::string address;
  std::uint16_t port = 0;
  std::string url;  // "http://127.0.0.1:8080/"
};

struct ServerReport {
  std::uint64_t clients = 0, clients_total = 0;  // WebSockets
  std::uint64_t clients_refused = 0;             // over a bound, wrong Host, Origin or subprotocol
  std::uint64_t clients_cut = 0;                 // closed for what they sent
  std::uint64_t clients_overstayed = 0;          // closed because they held a slot too long
  std::uint64_t connections = 0, connections_refused = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;  // over WebSockets, protocol heads left out
  std::vector<BroadcastReport> streams;
};

// Thread-safety: add_route(), add_prefix() before start(); start(), stop() from one thread; report() from any.
// Allocates: yes, in its account.  Blocks: start(), stop() and the destructor wait for its thread.
// Ownership: borrows the hub, which outlives it.
class HttpServer {
 public:
  HttpServer(HttpServerOptions options, StreamHub& hub);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Answers exactly that path. GET includes HEAD; other methods than these are answered 405. A request that is to
  // change something must pass change_allowed(), and a body must be JSON. Exceptions of the handler are answered 500
  // and logged.
  void add_route(std::string path, Handler handler, std::vector<Method> methods = {Method::get});
  // Answers every path that begins so, unless it has a route or a longer prefix. It ends in '/'.
  void add_prefix(std::string prefix, Handler handler, std::vector<Method> methods = {Method::get});

  // Errors: an address that is not this machine's own (`invalid`), a port in use or without permission.
  Result<Listening> start();
  // Closes every connection; afterwards no slot is held by a client. Called again: nothing.
  void stop();

  ServerReport report() const;
  // What clients can cost at most, kernel buffers included; known before the first one.
  std::size_t max_client_bytes() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::server
