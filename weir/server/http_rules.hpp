// What the web server answers, apart from the socket: who may ask, for what, and what every answer carries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/server/assets.hpp"

namespace weir::server {

enum class Method { get, head, put, post, del };
const char* to_string(Method method) noexcept;  // "GET"
// Whether it is there to change something.
bool changes_state(Method method) noexcept;
// "GET, HEAD, PUT": what Allow says.
std::string allow_header(std::span<const Method> methods);

// The body of a request, whole; one that is larger is answered 413.
constexpr std::size_t max_request_body_bytes = std::size_t{256} << 10;

struct Request {
  std::string_view path;   // whole, also of a prefix: "/api/report"
  std::string_view query;  // what follows the '?', its escapes undone: an escaped '&' is not told from a plain one
  Method method = Method::get;
  std::string_view body = {};  // JSON, unparsed; empty for GET and HEAD
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  // Not empty: this file is sent instead of the body, in pieces, and ranges of it. What a request may name it must have
  // passed inside().
  std::filesystem::path file = {};
  std::string download_name = {};  // of a file: saved under this name instead of shown
};

// Runs on the server's thread: it must be short, and must not wait for anything that waits for the server.
using Handler = std::function<Response(const Request&)>;

// 127.0.0.1 and ::1 (also as [::1] and localhost); anything else is refused: other machines need doors that do not
// exist yet.
struct ListenAddress {
  std::string host;  // "127.0.0.1" or "::1"
  bool ipv6 = false;
};
Result<ListenAddress> parse_listen_address(std::string_view address);

// A name that leads to this machine, with our port. Anything else is a page of somebody else whose name was made to
// point here (DNS rebinding).
bool host_allowed(std::string_view host, std::uint16_t port);
// The page that asks must be one that this server has sent.
bool origin_allowed(std::string_view origin, std::string_view host);

// Who may ask for a change: a page of ours, or a program that is no browser. A browser says at least where a request
// comes from (Origin, or Fetch Metadata), so that silence means a program.
bool change_allowed(std::string_view origin, std::string_view host, bool has_fetch_metadata);
// application/json, which no form of another page can send without asking first.
bool is_json(std::string_view content_type);

// The addresses of the page's views; each is answered with /index.html.
bool is_view(std::string_view path);
const Asset* find_asset(std::span<const Asset> assets, std::string_view path);

// For every answer.
std::span<const std::pair<const char*, const char*>> security_headers();
const char* cache_control_of(const Asset& asset);
bool accepts_gzip(std::string_view accept_encoding);
// For the rare client that does not.
Result<std::string> gunzip(std::span<const std::byte> gzip);

}  // namespace weir::server
