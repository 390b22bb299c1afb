#include <libwebsockets.h>

#include "weir/server/http_impl.hpp"

namespace weir::server {
namespace {

constexpr int pieces_per_turn = 4;  // then the next client

}  // namespace

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

int HttpServer::Impl::established(lws* wsi) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr) return -1;
  connection->session = std::make_unique<Session>(hub, WEIR_VERSION, Clock::real().now());
  clients.store(++clients_now, std::memory_order_relaxed);
  clients_total.fetch_add(1, std::memory_order_relaxed);
  lws_callback_on_writable(wsi);
  return 0;
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
