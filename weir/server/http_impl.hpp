// The inside of HttpServer: what its parts share. http_server.cpp starts, stops and accepts; http_answer.cpp answers
// requests; http_socket.cpp is the WebSocket.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <thread>
#include <unordered_set>

#include "weir/core/hot_path.hpp"
#include "weir/server/file_body.hpp"
#include "weir/server/http_server.hpp"
#include "weir/server/listen_socket.hpp"
#include "weir/server/session.hpp"

struct lws;
struct lws_context;
struct lws_vhost;

namespace weir::server {

constexpr int body_timeout_s = 20;  // without a byte taken by the client

struct Route {
  Handler handler;
  std::vector<Method> methods;
};

// What is sent, and what its head says beside the response itself.
struct Answer {
  Response response = {};
  const Asset* asset = nullptr;  // without a body of the response's own, the body is the asset as it is, compressed
  bool head_only = false;
  std::string allow = {};
};

// A request whose body is still coming.
struct Incoming {
  const Route* route = nullptr;
  Method method = Method::get;
  std::string path = {}, query = {}, body = {};
  std::optional<Answer> refusal = {};  // said once the body is through, so that the client gets to reading it
};

// One connection: a request that is coming, an answer on its way, or a WebSocket.
struct Connection {
  lws* wsi = nullptr;
  std::unique_ptr<Incoming> incoming;
  std::string owned_body;
  std::span<const std::byte> body;
  std::optional<FileBody> file;  // instead of a body
  std::uint64_t sent = 0, size = 0;
  bool last = false;  // it ends with this answer
  std::unique_ptr<Session> session;
  std::string cut_because;  // not empty: it said what it may not, and nothing more that it says counts
  bool overstayed = false;  // it is being closed
};

struct HttpServer::Impl {
  Impl(HttpServerOptions o, StreamHub& h) : options(std::move(o)), hub(h), scratch(scratch_bytes) {}

  // ---- the thread (http_server.cpp)
  struct Callbacks;
  void run(ListenSocket socket, std::promise<Result<void>> started);
  Result<void> open(ListenSocket socket);
  void accept_all();
  void forget(lws* wsi);
  static Impl& of(lws* wsi);
  static Connection* connection_of(lws* wsi);
  static std::string header_of(lws* wsi, int token);

  // ---- HTTP (http_answer.cpp); what is not void returns 0, or -1 to close the connection
  int answer(lws* wsi);
  int receive_body(lws* wsi, std::string_view part);
  int body_complete(lws* wsi);
  int continue_body(lws* wsi);
  // A short answer to something that is not read any further; the connection ends.
  bool respond_at_once(lws* wsi, int status, const char* why, std::string allow = {});

  // ---- WebSocket (http_socket.cpp)
  int confirm_upgrade(lws* wsi, std::string_view to);  // 0: the upgrade goes on; 1: it was answered
  int established(lws* wsi);
  int receive(lws* wsi, std::span<const std::byte> part);
  int write_some(lws* wsi);
  void wake_clients();

  const HttpServerOptions options;
  StreamHub& hub;
  std::map<std::string, Route, std::less<>> routes, prefixes;
  std::uint16_t port = 0;
  std::thread thread;
  std::atomic<bool> stopping{false};

  lws_context* context = nullptr;
  lws_vhost* vhost = nullptr;
  int listening = -1;
  std::vector<std::byte> scratch;
  std::unordered_set<Connection*> connections;
  std::vector<Session*> awake;
  std::size_t clients_now = 0;
  HotPath write_path{"server.write", HotPath::Kind::library};

  std::atomic<std::uint64_t> clients{0}, clients_total{0}, clients_refused{0}, clients_cut{0}, clients_overstayed{0};
  std::atomic<std::uint64_t> connections_open{0}, connections_refused{0}, requests{0}, bytes_sent{0};

 private:
  const Route* find_route(std::string_view path) const;
  int refuse(lws* wsi, int status, const char* why, std::string allow = {});
  int expect_body(lws* wsi, const Route& route, Method method, std::string path);
  int call(lws* wsi, const Route& route, const Request& request);
  int serve_file(lws* wsi, Response response, bool head_only);
  int serve_asset(lws* wsi, std::string_view path, bool head_only);
  bool write_head(lws* wsi, Answer answer);
  bool send_piece(lws* wsi);
  int respond(lws* wsi, Answer answer);
  int finish(lws* wsi);
};

inline unsigned char* bytes_of(std::byte* data) { return reinterpret_cast<unsigned char*>(data); }

}  // namespace weir::server
