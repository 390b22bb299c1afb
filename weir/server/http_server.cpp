#include "weir/server/http_server.hpp"

#include <libwebsockets.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <unordered_set>

#include "weir/core/account.hpp"
#include "weir/core/hot_path.hpp"
#include "weir/core/log.hpp"
#include "weir/server/listen_socket.hpp"
#include "weir/server/session.hpp"

namespace weir::server {
namespace {

static_assert(LWS_PRE <= headroom_bytes, "libwebsockets writes frame heads into the headroom of a slot");

constexpr unsigned ping_after_s = 20, hang_up_after_s = 60;  // without a sign of life
constexpr unsigned header_timeout_s = 10, keep_alive_s = 30, body_timeout_s = 20;
constexpr std::size_t response_head_bytes = 2048;
constexpr int pieces_per_turn = 4;  // then the next client

// One connection: an answer on its way, or a WebSocket.
struct Connection {
  lws* wsi = nullptr;
  std::string owned_body;
  std::span<const std::byte> body;
  std::size_t sent = 0;
  std::unique_ptr<Session> session;
  std::string cut_because;  // not empty: it said what it may not, and nothing more that it says counts
  bool overstayed = false;  // it is being closed
};

void drop_body(Connection& connection) {
  connection.owned_body = {};
  connection.body = {};
  connection.sent = 0;
}

void emit_log(int level, const char* line) {
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log(level == LLL_ERR ? Level::error : Level::warn, "server", text);
}

std::string header_of(lws* wsi, lws_token_indexes token) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  if (lws_hdr_copy(wsi, value.data(), length + 1, token) < 0) return {};
  value.resize(static_cast<std::size_t>(length));
  return value;
}

// As it was sent: lws takes it apart at each '&'.
std::string query_of(lws* wsi) {
  std::string query;
  char part[1024];
  for (int i = 0; lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; ++i) {
    query += (i ? "&" : "") + std::string(part);
  }
  return query;
}

unsigned char* bytes_of(std::byte* data) { return reinterpret_cast<unsigned char*>(data); }

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerOptions o, StreamHub& h) : options(std::move(o)), hub(h), scratch(scratch_bytes) {}

  // ---- the thread
  void run(ListenSocket socket, std::promise<Result<void>> started);
  Result<void> open(ListenSocket socket);
  static int on_http(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);
  static int on_socket(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);
  static int on_listen(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);
  static int on_wake(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);
  static Impl& of(lws* wsi) { return *static_cast<Impl*>(lws_context_user(lws_get_context(wsi))); }
  static Connection* connection_of(lws* wsi) { return static_cast<Connection*>(lws_get_opaque_user_data(wsi)); }

  void accept_all();
  void forget(lws* wsi);
  int answer(lws* wsi);
  bool write_head(lws* wsi, Response response, const Asset* asset);
  int respond(lws* wsi, bool head_only, Response response, const Asset* asset = nullptr);
  bool respond_at_once(lws* wsi, int status, const char* why);
  int continue_body(lws* wsi);
  int confirm_upgrade(lws* wsi, std::string_view to);
  int receive(lws* wsi, std::span<const std::byte> part);
  int write_some(lws* wsi);
  void wake_clients();

  const HttpServerOptions options;
  StreamHub& hub;
  std::map<std::string, Handler, std::less<>> routes;
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
};

// ---- start and stop

Result<void> HttpServer::Impl::open(ListenSocket socket) {
  static std::once_flag logging;
  std::call_once(logging, [] { lws_set_log_level(LLL_ERR | LLL_WARN, emit_log); });
  // Sends are not cut into smaller pieces than ours; a client's message comes in parts of up to 4 KiB.
  static const lws_protocols protocols[] = {
      {"http", on_http, 0, 0, 0, nullptr, scratch_bytes},
      {subprotocol.data(), on_socket, 0, max_client_message_bytes, 0, nullptr, scratch_bytes},
      {"listen", on_listen, 0, 0, 0, nullptr, 0},
      {"wake", on_wake, 0, 0, 0, nullptr, 0},
      {nullptr, nullptr, 0, 0, 0, nullptr, 0},
  };
  static const lws_retry_bo_t life = {nullptr, 0, 0, ping_after_s, hang_up_after_s, 0};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = protocols;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.gid = info.uid = -1;
  info.user = this;
  // lws makes a table for every descriptor that the process may ever have, which can be a million.
  info.fd_limit_per_thread = static_cast<unsigned>(options.max_connections + 8);
  info.timeout_secs = header_timeout_s;
  info.keepalive_timeout = keep_alive_s;
  info.retry_and_idle_policy = &life;
  info.server_string = "weir";
  context = lws_create_context(&info);
  if (context == nullptr) return fail(Code::failed, "the web server cannot be set up", "server");
  vhost = lws_create_vhost(context, &info);
  if (vhost == nullptr) return fail(Code::failed, "the web server cannot be set up", "server");

  const auto watch = [this](int fd, const char* protocol) {
    lws_sock_file_fd_type descriptor;
    descriptor.filefd = fd;
    return lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, descriptor, protocol, nullptr) != nullptr;
  };
  // lws closes what it watches: the waker keeps its own descriptor.
  const int wake = ::dup(hub.waker().descriptor());
  listening = socket.descriptor();
  if (wake < 0 || !watch(wake, "wake") || !watch(socket.release(), "listen")) {
    return fail(Code::failed, "the web server cannot be set up", "server");
  }
  return {};
}

void HttpServer::Impl::run(ListenSocket socket, std::promise<Result<void>> started) {
  AccountBinding binding(Account::open(options.account));
  auto opened = open(std::move(socket));
  const bool good = opened.has_value();
  started.set_value(std::move(opened));
  if (good) {
    wake_clients();
    while (!stopping.load(std::memory_order_acquire)) lws_service(context, 0);
  }
  // Closes every connection; each gives its slot back in forget().
  if (context != nullptr) lws_context_destroy(context);
  context = nullptr;
}

HttpServer::HttpServer(HttpServerOptions options, StreamHub& hub)
    : impl_(std::make_unique<Impl>(std::move(options), hub)) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::add_route(std::string path, Handler handler) {
  WEIR_CHECK(!impl_->thread.joinable(), "routes are added before the server starts");
  impl_->routes[std::move(path)] = std::move(handler);
}

Result<Listening> HttpServer::start() {
  WEIR_CHECK(!impl_->thread.joinable(), "the server is started once");
  const auto address = parse_listen_address(impl_->options.address);
  if (!address) return tl::unexpected(address.error());
  auto socket = ListenSocket::open(*address, impl_->options.port);
  if (!socket) return tl::unexpected(socket.error());
  impl_->port = socket->port();
  impl_->stopping.store(false, std::memory_order_release);
  std::promise<Result<void>> started;
  auto outcome = started.get_future();
  impl_->thread = std::thread([impl = impl_.get(), s = std::move(*socket), p = std::move(started)]() mutable {
    impl->run(std::move(s), std::move(p));
  });
  if (auto result = outcome.get(); !result) {
    impl_->thread.join();
    return tl::unexpected(result.error());
  }
  const std::string host = address->ipv6 ? "[::1]" : "127.0.0.1";
  return Listening{address->host, impl_->port, "http://" + host + ":" + std::to_string(impl_->port) + "/"};
}

void HttpServer::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->stopping.store(true, std::memory_order_release);
  impl_->hub.notify();
  impl_->thread.join();
}

ServerReport HttpServer::report() const {
  const auto load = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  ServerReport r;
  r.clients = load(impl_->clients);
  r.clients_total = load(impl_->clients_total);
  r.clients_refused = load(impl_->clients_refused);
  r.clients_cut = load(impl_->clients_cut);
  r.clients_overstayed = load(impl_->clients_overstayed);
  r.connections = load(impl_->connections_open);
  r.connections_refused = load(impl_->connections_refused);
  r.requests = load(impl_->requests);
  r.bytes_sent = load(impl_->bytes_sent);
  r.streams = impl_->hub.report();
  return r;
}

std::size_t HttpServer::max_client_bytes() const noexcept {
  // The kernel's buffer, one piece that it took only in part, and the session with its subscriptions.
  const std::size_t session = sizeof(Session) + max_client_message_bytes + max_streams * (sizeof(Subscription) + 24);
  return impl_->options.max_clients * (2 * send_buffer_bytes + scratch_bytes + session);
}

// ---- connections

void HttpServer::Impl::accept_all() {
  for (;;) {
    const int fd = ListenSocket::accept(listening);
    if (fd < 0) return;
    if (connections.size() >= options.max_connections) {
      connections_refused.fetch_add(1, std::memory_order_relaxed);
      ::close(fd);
      continue;
    }
    lws* const wsi = lws_adopt_socket_vhost(vhost, fd);
    if (wsi == nullptr) {
      connections_refused.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    auto* const connection = new Connection;
    connection->wsi = wsi;
    connections.insert(connection);
    lws_set_opaque_user_data(wsi, connection);
    connections_open.store(connections.size(), std::memory_order_relaxed);
  }
}

void HttpServer::Impl::forget(lws* wsi) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr) return;
  lws_set_opaque_user_data(wsi, nullptr);
  if (connection->session) clients.store(--clients_now, std::memory_order_relaxed);
  connections.erase(connection);
  connections_open.store(connections.size(), std::memory_order_relaxed);
  delete connection;
}

int HttpServer::Impl::on_listen(lws* wsi, lws_callback_reasons reason, void*, void*, std::size_t) {
  if (reason == LWS_CALLBACK_RAW_RX_FILE) of(wsi).accept_all();
  return 0;
}

int HttpServer::Impl::on_wake(lws* wsi, lws_callback_reasons reason, void*, void*, std::size_t) {
  if (reason == LWS_CALLBACK_RAW_RX_FILE) {
    of(wsi).hub.waker().drain();
    of(wsi).wake_clients();
  }
  return 0;
}

// ---- HTTP

int HttpServer::Impl::on_http(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
  switch (reason) {
    case LWS_CALLBACK_HTTP: return of(wsi).answer(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE: return of(wsi).continue_body(wsi);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return of(wsi).confirm_upgrade(wsi, static_cast<const char*>(in));
    case LWS_CALLBACK_WSI_DESTROY: of(wsi).forget(wsi); return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, length);
  }
}

int HttpServer::Impl::answer(lws* wsi) {
  requests.fetch_add(1, std::memory_order_relaxed);
  char* uri = nullptr;
  int uri_length = 0;
  const int method = lws_http_get_uri_and_method(wsi, &uri, &uri_length);
  const bool head = method == LWSHUMETH_HEAD;
  if (method < 0) return -1;
  if (!host_allowed(header_of(wsi, WSI_TOKEN_HOST), port)) {
    return respond(wsi, head, {403, "text/plain; charset=utf-8", "This server answers to its own address only.\n"});
  }
  if (method != LWSHUMETH_GET && !head) {
    respond_at_once(wsi, 405, "Only GET and HEAD.\n");
    return -1;  // closed: what else the request carries is not wanted
  }
  const std::string path(uri, static_cast<std::size_t>(uri_length));
  if (const auto route = routes.find(path); route != routes.end()) {
    const std::string query = query_of(wsi);
    try {
      return respond(wsi, head, route->second({path, query}));
    } catch (const std::exception& error) {
      log(Level::error, "server", path + ": " + error.what());
      return respond(wsi, head,
                     {500, "text/plain; charset=utf-8", "This answer could not be made; the log says why.\n"});
    }
  }
  const Asset* const asset = find_asset(options.assets, path);
  if (asset == nullptr) return respond(wsi, head, {404, "text/plain; charset=utf-8", "There is nothing here.\n"});
  if (header_of(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH) == asset->etag) return respond(wsi, true, {304, {}, {}}, asset);
  Response response{200, std::string(asset->content_type), {}};
  if (!accepts_gzip(header_of(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING))) {
    auto plain = gunzip(asset->gzip);
    if (!plain) return respond(wsi, head, {500, "text/plain; charset=utf-8", plain.error().line() + "\n"});
    response.body = std::move(*plain);
  }
  return respond(wsi, head, std::move(response), asset);
}

// Writes the head and keeps the body for later. With an asset and no body of its own, the body is the asset as it is,
// compressed.
bool HttpServer::Impl::write_head(lws* wsi, Response response, const Asset* asset) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr) return false;
  const bool compressed = asset != nullptr && response.body.empty();
  connection->owned_body = std::move(response.body);
  connection->body = compressed ? asset->gzip : std::as_bytes(std::span(connection->owned_body));
  connection->sent = 0;

  unsigned char* const start = bytes_of(scratch.data()) + headroom_bytes;
  unsigned char* at = start;
  unsigned char* const end = start + response_head_bytes;
  bool fits = lws_add_http_header_status(wsi, static_cast<unsigned>(response.status), &at, end) == 0;
  const auto add = [&](const char* name, std::string_view value) {
    fits = fits && lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>(name),
                                               reinterpret_cast<const unsigned char*>(value.data()),
                                               static_cast<int>(value.size()), &at, end) == 0;
  };
  for (const auto& [name, value] : security_headers()) add(name, value);
  if (response.status == 405) add("allow:", "GET, HEAD");
  if (asset != nullptr) {
    add("etag:", asset->etag);
    add("vary:", "accept-encoding");
    if (compressed && response.status == 200) add("content-encoding:", "gzip");
  }
  add("cache-control:", asset != nullptr ? cache_control_of(*asset) : "no-store");
  if (response.status != 304) {
    add("content-type:", response.content_type);
    add("content-length:", std::to_string(connection->body.size()));
  }
  if (response.status == 405) add("connection:", "close");
  return fits && lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}

int HttpServer::Impl::respond(lws* wsi, bool head_only, Response response, const Asset* asset) {
  if (!write_head(wsi, std::move(response), asset)) return -1;
  Connection& connection = *connection_of(wsi);
  if (head_only || connection.body.empty()) {
    drop_body(connection);
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
  }
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, static_cast<int>(body_timeout_s));
  lws_callback_on_writable(wsi);
  return 0;
}

// A short answer to something that is not read any further.
bool HttpServer::Impl::respond_at_once(lws* wsi, int status, const char* why) {
  if (!write_head(wsi, {status, "text/plain; charset=utf-8", why}, nullptr)) return false;
  Connection& connection = *connection_of(wsi);
  const std::size_t size = std::min(piece_bytes, connection.body.size());
  std::memcpy(scratch.data() + headroom_bytes, connection.body.data(), size);
  drop_body(connection);
  return lws_write(wsi, bytes_of(scratch.data()) + headroom_bytes, size, LWS_WRITE_HTTP_FINAL) >= 0;
}

int HttpServer::Impl::continue_body(lws* wsi) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr || connection->sent == connection->body.size()) return 0;
  const std::size_t size = std::min(piece_bytes, connection->body.size() - connection->sent);
  std::memcpy(scratch.data() + headroom_bytes, connection->body.data() + connection->sent, size);
  connection->sent += size;
  const bool last = connection->sent == connection->body.size();
  if (lws_write(wsi, bytes_of(scratch.data()) + headroom_bytes, size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
      0) {
    return -1;
  }
  if (!last) {
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, static_cast<int>(body_timeout_s));
    lws_callback_on_writable(wsi);
    return 0;
  }
  drop_body(*connection);
  return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

// 0: the upgrade goes on; 1: it was answered here.
int HttpServer::Impl::confirm_upgrade(lws* wsi, std::string_view to) {
  const auto refuse = [&](int status, const char* why) {
    clients_refused.fetch_add(1, std::memory_order_relaxed);
    return respond_at_once(wsi, status, why) ? 1 : -1;
  };
  char* uri = nullptr;
  int uri_length = 0;
  const int method = lws_http_get_uri_and_method(wsi, &uri, &uri_length);
  const std::string host = header_of(wsi, WSI_TOKEN_HOST);
  if (to != "websocket") return refuse(400, "This server upgrades to WebSocket only.\n");
  if (method != LWSHUMETH_GET || std::string_view(uri, static_cast<std::size_t>(uri_length)) != "/ws") {
    return refuse(404, "The WebSocket is at /ws.\n");
  }
  if (!host_allowed(host, port)) return refuse(403, "This server answers to its own address only.\n");
  if (!origin_allowed(header_of(wsi, WSI_TOKEN_ORIGIN), host)) {
    return refuse(403, "The page that asks is not one of this server.\n");
  }
  if (header_of(wsi, WSI_TOKEN_PROTOCOL) != subprotocol) return refuse(400, "The subprotocol is weir.1.\n");
  if (clients_now >= options.max_clients) return refuse(503, "All places are taken.\n");
  return 0;
}

// ---- WebSocket

int HttpServer::Impl::on_socket(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) {
  Impl& self = of(wsi);
  Connection* const connection = connection_of(wsi);
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      if (connection == nullptr) return -1;
      connection->session = std::make_unique<Session>(self.hub, WEIR_VERSION, Clock::real().now());
      self.clients.store(++self.clients_now, std::memory_order_relaxed);
      self.clients_total.fetch_add(1, std::memory_order_relaxed);
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_RECEIVE: return self.receive(wsi, {static_cast<const std::byte*>(in), length});
    case LWS_CALLBACK_SERVER_WRITEABLE: return self.write_some(wsi);
    case LWS_CALLBACK_CLOSED: self.forget(wsi); return 0;
    default: return 0;
  }
}

int HttpServer::Impl::receive(lws* wsi, std::span<const std::byte> part) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr || !connection->session) return -1;
  if (!connection->cut_because.empty()) return 0;
  const bool last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
  const auto understood = connection->session->receive(part, lws_frame_is_binary(wsi), last, Clock::real().now());
  if (!understood) {
    clients_cut.fetch_add(1, std::memory_order_relaxed);
    // Closed from write_some(): here it would leave lws in the middle of a frame, and what follows would end the
    // connection before the reason is sent.
    connection->cut_because = understood.error().text;
    lws_callback_on_writable(wsi);
    return 0;
  }
  if (connection->session->may_have_next()) lws_callback_on_writable(wsi);
  return 0;
}

int HttpServer::Impl::write_some(lws* wsi) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr || !connection->session) return -1;
  if (!connection->cut_because.empty()) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION,
                     reinterpret_cast<unsigned char*>(connection->cut_because.data()), connection->cut_because.size());
    return -1;
  }
  Session& session = *connection->session;
  for (int i = 0; i < pieces_per_turn; ++i) {
    // Choked also means: a piece that the kernel took in part is not through yet.
    if (lws_send_pipe_choked(wsi)) break;
    const auto piece = session.next_piece(scratch, Clock::real().now());
    if (!piece) return 0;
    const int kind = lws_write_ws_flags(piece->text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY, piece->first, piece->last);
    int written;
    {
      HotPath::Scope scope(write_path);
      written = lws_write(wsi, bytes_of(piece->data.data()), piece->data.size(), static_cast<lws_write_protocol>(kind));
    }
    if (written < static_cast<int>(piece->data.size())) return -1;
    bytes_sent.fetch_add(piece->data.size(), std::memory_order_relaxed);
    session.piece_written();
  }
  lws_callback_on_writable(wsi);
  return 0;
}

void HttpServer::Impl::wake_clients() {
  awake.clear();
  for (Connection* connection : connections) {
    if (!connection->session || connection->overstayed) continue;
    if (connection->session->may_have_next()) lws_callback_on_writable(connection->wsi);
    awake.push_back(connection->session.get());
  }
  const Session* const worst = worst_overstayer(awake, Clock::real().now());
  if (worst == nullptr) return;
  for (Connection* connection : connections) {
    if (connection->session.get() != worst) continue;
    connection->overstayed = true;
    clients_overstayed.fetch_add(1, std::memory_order_relaxed);
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
}

}  // namespace weir::server
