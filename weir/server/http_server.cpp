#include "weir/server/http_server.hpp"

#include <libwebsockets.h>
#include <unistd.h>

#include <mutex>

#include "weir/core/account.hpp"
#include "weir/core/log.hpp"
#include "weir/server/http_impl.hpp"

namespace weir::server {
namespace {

static_assert(LWS_PRE <= headroom_bytes, "libwebsockets writes frame heads into the headroom of a slot");

constexpr unsigned ping_after_s = 20, hang_up_after_s = 60;  // without a sign of life
constexpr unsigned header_timeout_s = 10, keep_alive_s = 30;

void emit_log(int level, const char* line) {
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log(level == LLL_ERR ? Level::error : Level::warn, "server", text);
}

}  // namespace

HttpServer::Impl& HttpServer::Impl::of(lws* wsi) { return *static_cast<Impl*>(lws_context_user(lws_get_context(wsi))); }

Connection* HttpServer::Impl::connection_of(lws* wsi) {
  return static_cast<Connection*>(lws_get_opaque_user_data(wsi));
}

// What lws calls.
struct HttpServer::Impl::Callbacks {
  static int on_http(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
    const std::string_view text(static_cast<const char*>(in), in == nullptr ? 0 : length);
    switch (reason) {
      case LWS_CALLBACK_HTTP: return of(wsi).answer(wsi);
      case LWS_CALLBACK_HTTP_BODY: return of(wsi).receive_body(wsi, text);
      case LWS_CALLBACK_HTTP_BODY_COMPLETION: return of(wsi).body_complete(wsi);
      case LWS_CALLBACK_HTTP_WRITEABLE: return of(wsi).continue_body(wsi);
      case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return of(wsi).confirm_upgrade(wsi, static_cast<const char*>(in));
      case LWS_CALLBACK_WSI_DESTROY: of(wsi).forget(wsi); return 0;
      default: return lws_callback_http_dummy(wsi, reason, user, in, length);
    }
  }

  static int on_socket(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) {
    switch (reason) {
      case LWS_CALLBACK_ESTABLISHED: return of(wsi).established(wsi);
      case LWS_CALLBACK_RECEIVE: return of(wsi).receive(wsi, {static_cast<const std::byte*>(in), length});
      case LWS_CALLBACK_SERVER_WRITEABLE: return of(wsi).write_some(wsi);
      case LWS_CALLBACK_CLOSED: of(wsi).forget(wsi); return 0;
      default: return 0;
    }
  }

  static int on_listen(lws* wsi, lws_callback_reasons reason, void*, void*, std::size_t) {
    if (reason == LWS_CALLBACK_RAW_RX_FILE) of(wsi).accept_all();
    return 0;
  }

  static int on_wake(lws* wsi, lws_callback_reasons reason, void*, void*, std::size_t) {
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
      of(wsi).hub.waker().drain();
      of(wsi).wake_clients();
    }
    return 0;
  }
};

// ---- start and stop

Result<void> HttpServer::Impl::open(ListenSocket socket) {
  static std::once_flag logging;
  std::call_once(logging, [] { lws_set_log_level(LLL_ERR | LLL_WARN, emit_log); });
  // Sends are not cut into smaller pieces than ours; a client's message comes in parts of up to 4 KiB.
  static const lws_protocols protocols[] = {
      {"http", Callbacks::on_http, 0, 0, 0, nullptr, scratch_bytes},
      {subprotocol.data(), Callbacks::on_socket, 0, max_client_message_bytes, 0, nullptr, scratch_bytes},
      {"listen", Callbacks::on_listen, 0, 0, 0, nullptr, 0},
      {"wake", Callbacks::on_wake, 0, 0, 0, nullptr, 0},
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

void HttpServer::add_route(std::string path, Handler handler, std::vector<Method> methods) {
  WEIR_CHECK(!impl_->thread.joinable(), "routes are added before the server starts");
  impl_->routes[std::move(path)] = {std::move(handler), std::move(methods)};
}

void HttpServer::add_prefix(std::string prefix, Handler handler, std::vector<Method> methods) {
  WEIR_CHECK(!impl_->thread.joinable(), "routes are added before the server starts");
  WEIR_CHECK(prefix.starts_with('/') && prefix.ends_with('/'), "a prefix begins and ends in a slash");
  impl_->prefixes[std::move(prefix)] = {std::move(handler), std::move(methods)};
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

}  // namespace weir::server
