#include <libwebsockets.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "weir/core/log.hpp"
#include "weir/server/http_impl.hpp"

namespace weir::server {
namespace {

constexpr std::size_t response_head_bytes = 4096;
// Of a body that nobody wants: read so that the client comes to reading the answer. Beyond it the connection just ends.
constexpr std::uint64_t max_discarded_bytes = std::uint64_t{8} << 20;

// lws undoes the escapes and takes it apart at each '&'.
std::string query_of(lws* wsi) {
  std::string query;
  char part[1024];
  for (int i = 0; lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; ++i) {
    query += (i ? "&" : "") + std::string(part);
  }
  return query;
}

std::optional<Method> method_of(int lws_method) {
  switch (lws_method) {
    case LWSHUMETH_GET: return Method::get;
    case LWSHUMETH_HEAD: return Method::head;
    case LWSHUMETH_PUT: return Method::put;
    case LWSHUMETH_POST: return Method::post;
    case LWSHUMETH_DELETE: return Method::del;
    default: return std::nullopt;
  }
}

bool takes(const Route& route, Method method) {
  if (method == Method::head) method = Method::get;
  return std::find(route.methods.begin(), route.methods.end(), method) != route.methods.end();
}

bool has_custom(lws* wsi, std::string_view name) {
  return lws_hdr_custom_length(wsi, name.data(), static_cast<int>(name.size())) > 0;
}

Response plain(int status, std::string text) { return {status, "text/plain; charset=utf-8", std::move(text)}; }

// How long the body of a request is; empty: it does not say, or not in a way that is understood.
std::optional<std::uint64_t> body_length(int method, const std::string& transfer_encoding, std::string_view length) {
  if (!transfer_encoding.empty()) return std::nullopt;
  if (length.empty()) {
    // lws would wait for a body of these, and take the next request for it.
    const bool has_body = method == LWSHUMETH_POST || method == LWSHUMETH_PUT || method == LWSHUMETH_PATCH;
    return has_body ? std::nullopt : std::optional<std::uint64_t>(0);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), value);
  if (error != std::errc() || end != length.data() + length.size()) return std::nullopt;
  return value;
}

void drop_body(Connection& connection) {
  connection.owned_body = {};
  connection.body = {};
  connection.file.reset();
  connection.sent = connection.size = 0;
}

}  // namespace

std::string HttpServer::Impl::header_of(lws* wsi, int token_index) {
  const auto token = static_cast<lws_token_indexes>(token_index);
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  if (lws_hdr_copy(wsi, value.data(), length + 1, token) < 0) return {};
  value.resize(static_cast<std::size_t>(length));
  return value;
}

// ---- requests

const Route* HttpServer::Impl::find_route(std::string_view path) const {
  if (const auto exact = routes.find(path); exact != routes.end()) return &exact->second;
  const Route* longest = nullptr;
  // In the map's order the longer of two prefixes of one path comes later.
  for (const auto& [prefix, route] : prefixes) {
    if (path.starts_with(prefix)) longest = &route;
  }
  return longest;
}

int HttpServer::Impl::answer(lws* wsi) {
  requests.fetch_add(1, std::memory_order_relaxed);
  Connection* const connection = connection_of(wsi);
  char* uri = nullptr;
  int uri_length = 0;
  const int lws_method = lws_http_get_uri_and_method(wsi, &uri, &uri_length);
  if (lws_method < 0 || connection == nullptr) return -1;
  const auto method = method_of(lws_method);
  const bool head = method == Method::head;
  std::string path(uri, static_cast<std::size_t>(uri_length));
  if (!host_allowed(header_of(wsi, WSI_TOKEN_HOST), port)) {
    return refuse(wsi, 403, "This server answers to its own address only.\n");
  }
  const Route* const route = find_route(path);
  if (!method || (route ? !takes(*route, *method) : changes_state(*method))) {
    return refuse(wsi, 405, "This address does not take that method.\n",
                  route ? allow_header(route->methods) : "GET, HEAD");
  }
  if (changes_state(*method)) return expect_body(wsi, *route, *method, std::move(path));
  if (body_length(lws_method, header_of(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING),
                  header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) != std::uint64_t{0}) {
    return refuse(wsi, 400, "A GET has no body.\n");
  }
  if (route == nullptr) return serve_asset(wsi, path, head);
  const std::string query = query_of(wsi);
  return call(wsi, *route, {path, query, *method});
}

// A request that changes something: refused, or kept until its body is here.
int HttpServer::Impl::expect_body(lws* wsi, const Route& route, Method method, std::string path) {
  const bool from_browser = has_custom(wsi, "sec-fetch-site:") || has_custom(wsi, "sec-fetch-mode:");
  if (!change_allowed(header_of(wsi, WSI_TOKEN_ORIGIN), header_of(wsi, WSI_TOKEN_HOST), from_browser)) {
    return refuse(wsi, 403, "The page that asks is not one of this server.\n");
  }
  const int lws_method = method == Method::del ? LWSHUMETH_DELETE : LWSHUMETH_POST;
  const auto length = body_length(lws_method, header_of(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING),
                                  header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH));
  if (!length) return refuse(wsi, 411, "The request must say how long its body is (Content-Length).\n");
  // No form can send a DELETE, so one without a body needs no type.
  if ((method != Method::del || *length > 0) && !is_json(header_of(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE))) {
    return refuse(wsi, 415, "The body must be JSON (Content-Type: application/json).\n");
  }
  if (*length > max_request_body_bytes) return refuse(wsi, 413, "The body is larger than 256 KiB.\n");
  auto incoming = std::make_unique<Incoming>(Incoming{&route, method, std::move(path), query_of(wsi), {}, {}});
  incoming->body.reserve(*length);
  connection_of(wsi)->incoming = std::move(incoming);
  // lws tells of the end of an empty body for POST alone.
  return *length == 0 && method != Method::post ? body_complete(wsi) : 0;
}

int HttpServer::Impl::receive_body(lws* wsi, std::string_view part) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr || !connection->incoming) return -1;
  Incoming& incoming = *connection->incoming;
  if (incoming.refusal) return 0;
  if (incoming.body.size() + part.size() > max_request_body_bytes) return -1;
  incoming.body += part;
  return 0;
}

int HttpServer::Impl::body_complete(lws* wsi) {
  Connection* const connection = connection_of(wsi);
  // lws takes whatever follows a body for its end once more, until the answer is out. So the answer to a change ends
  // its connection, and a client that goes on talking before it has one is cut.
  if (connection == nullptr || !connection->incoming) return -1;
  const auto incoming = std::move(connection->incoming);
  connection->last = true;
  if (incoming->refusal) return respond(wsi, std::move(*incoming->refusal));
  return call(wsi, *incoming->route, {incoming->path, incoming->query, incoming->method, incoming->body});
}

int HttpServer::Impl::call(lws* wsi, const Route& route, const Request& request) {
  const bool head = request.method == Method::head;
  try {
    Response response = route.handler(request);
    if (!response.file.empty()) return serve_file(wsi, std::move(response), head);
    return respond(wsi, {.response = std::move(response), .head_only = head});
  } catch (const std::exception& error) {
    log(Level::error, "server", std::string(request.path) + ": " + error.what());
    return respond(wsi,
                   {.response = plain(500, "This answer could not be made; the log says why.\n"), .head_only = head});
  }
}

// ---- answers

// Says no, after reading what the request carries without keeping it.
int HttpServer::Impl::refuse(lws* wsi, int status, const char* why, std::string allow) {
  char* uri = nullptr;
  int uri_length = 0;
  const int method = lws_http_get_uri_and_method(wsi, &uri, &uri_length);
  const auto length = body_length(method, header_of(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING),
                                  header_of(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH));
  if (!length || *length > max_discarded_bytes) {
    respond_at_once(wsi, status, why, std::move(allow));
    return -1;
  }
  Answer answer{.response = plain(status, why), .head_only = method == LWSHUMETH_HEAD, .allow = std::move(allow)};
  if (*length == 0 && method != LWSHUMETH_POST) return respond(wsi, std::move(answer));
  connection_of(wsi)->incoming = std::make_unique<Incoming>(Incoming{.refusal = std::move(answer)});
  return 0;
}

int HttpServer::Impl::serve_file(lws* wsi, Response response, bool head_only) {
  auto opened = FileBody::open(response.file);
  if (!opened) {
    const Error& error = opened.error();
    if (error.code != Code::not_found) log(Level::warn, "server", error.line());
    const int status = error.code == Code::not_found ? 404 : 500;
    return respond(wsi, {.response = plain(status, std::string(error.text) + "\n"), .head_only = head_only});
  }
  FileConditions conditions{.if_none_match = header_of(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH), .range = {}, .if_range = {}};
  if (!head_only) {  // a range is defined for GET
    conditions.range = header_of(wsi, WSI_TOKEN_HTTP_RANGE);
    conditions.if_range = header_of(wsi, WSI_TOKEN_HTTP_IF_RANGE);
  }
  response.status = opened->choose(conditions);
  response.body.clear();
  connection_of(wsi)->file = std::move(*opened);
  return respond(wsi, {.response = std::move(response), .head_only = head_only});
}

int HttpServer::Impl::serve_asset(lws* wsi, std::string_view path, bool head_only) {
  const Asset* const asset = find_asset(options.assets, path);
  if (asset == nullptr)
    return respond(wsi, {.response = plain(404, "There is nothing here.\n"), .head_only = head_only});
  if (header_of(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH) == asset->etag) {
    return respond(wsi, {.response = {304, {}, {}}, .asset = asset, .head_only = true});
  }
  Response response{200, std::string(asset->content_type), {}};
  if (!accepts_gzip(header_of(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING))) {
    auto unpacked = gunzip(asset->gzip);
    if (!unpacked)
      return respond(wsi, {.response = plain(500, unpacked.error().line() + "\n"), .head_only = head_only});
    response.body = std::move(*unpacked);
  }
  return respond(wsi, {.response = std::move(response), .asset = asset, .head_only = head_only});
}

// Writes the head and keeps the body for later.
bool HttpServer::Impl::write_head(lws* wsi, Answer answer) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr) return false;
  const Response& response = answer.response;
  const Asset* const asset = answer.asset;
  const FileBody* const file = connection->file ? &*connection->file : nullptr;
  const bool compressed = asset != nullptr && response.body.empty();
  connection->owned_body = std::move(answer.response.body);
  connection->body = compressed ? asset->gzip : std::as_bytes(std::span(connection->owned_body));
  connection->sent = 0;
  connection->size = file ? file->length() : connection->body.size();

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
  if (!answer.allow.empty()) add("allow:", answer.allow);
  if (asset != nullptr) {
    add("etag:", asset->etag);
    add("vary:", "accept-encoding");
    if (compressed && response.status == 200) add("content-encoding:", "gzip");
    add("cache-control:", cache_control_of(*asset));
  } else if (file != nullptr) {
    add("etag:", file->etag());
    add("last-modified:", file->last_modified());
    add("accept-ranges:", "bytes");
    add("cache-control:", "private, no-cache");
    if (response.status == 206 || response.status == 416) add("content-range:", file->content_range());
    if (!response.download_name.empty()) add("content-disposition:", attachment_header(response.download_name));
  } else {
    add("cache-control:", "no-store");
  }
  if (response.status != 304 && response.status != 204) {
    add("content-type:", response.content_type);
    add("content-length:", std::to_string(connection->size));
  }
  if (connection->last) add("connection:", "close");
  return fits && lws_finalize_write_http_header(wsi, start, &at, end) == 0;
}

int HttpServer::Impl::respond(lws* wsi, Answer answer) {
  const bool head_only = answer.head_only;
  if (!write_head(wsi, std::move(answer))) return -1;
  const Connection& connection = *connection_of(wsi);
  if (head_only || connection.size == 0) return finish(wsi);
  if (connection.last && !connection.file && connection.size <= piece_bytes) return continue_body(wsi);
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, body_timeout_s);
  lws_callback_on_writable(wsi);
  return 0;
}

bool HttpServer::Impl::respond_at_once(lws* wsi, int status, const char* why, std::string allow) {
  Connection* const connection = connection_of(wsi);
  if (connection == nullptr) return false;
  connection->last = true;
  return write_head(wsi, {.response = plain(status, why), .allow = std::move(allow)}) && send_piece(wsi);
}

bool HttpServer::Impl::send_piece(lws* wsi) {
  Connection& connection = *connection_of(wsi);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, connection.size - connection.sent));
  const auto piece = std::span(scratch).subspan(headroom_bytes, size);
  if (connection.file) {
    if (const auto got = connection.file->read(piece); !got) {
      log(Level::warn, "server", got.error().line());
      return false;
    }
  } else {
    std::memcpy(piece.data(), connection.body.data() + connection.sent, size);
  }
  connection.sent += size;
  const bool last = connection.sent == connection.size;
  return lws_write(wsi, bytes_of(piece.data()), size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) >= 0;
}

// One piece when the socket has room: a client that reads slowly costs one piece in lws and the kernel's buffer,
// however large the body is.
int HttpServer::Impl::continue_body(lws* wsi) {
  const Connection* const connection = connection_of(wsi);
  if (connection == nullptr || connection->sent == connection->size) return 0;
  if (!send_piece(wsi)) return -1;
  if (connection->sent == connection->size) return finish(wsi);
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, body_timeout_s);
  lws_callback_on_writable(wsi);
  return 0;
}

// The answer is out: the connection is ready for the next request, or ends once lws has sent what it holds.
int HttpServer::Impl::finish(lws* wsi) {
  Connection& connection = *connection_of(wsi);
  drop_body(connection);
  if (connection.last) return -1;
  return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

}  // namespace weir::server
