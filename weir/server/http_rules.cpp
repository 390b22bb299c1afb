#include "weir/server/http_rules.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::server {
namespace {

std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

const char* to_string(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::put: return "PUT";
    case Method::post: return "POST";
    case Method::del: return "DELETE";
  }
  return "";
}

bool changes_state(Method method) noexcept { return method != Method::get && method != Method::head; }

std::string allow_header(std::span<const Method> methods) {
  std::string allow;
  for (const Method method : methods) {
    allow += (allow.empty() ? "" : ", ") + std::string(to_string(method));
    if (method == Method::get) allow += ", HEAD";
  }
  return allow;
}

Result<ListenAddress> parse_listen_address(std::string_view address) {
  if (address == "127.0.0.1" || address == "localhost") return ListenAddress{"127.0.0.1", false};
  if (address == "::1" || address == "[::1]") return ListenAddress{"::1", true};
  return fail(Code::invalid, "listens on 127.0.0.1 or [::1] only: access from other machines is not there yet",
              std::string(address));
}

bool host_allowed(std::string_view host, std::uint16_t port) {
  const std::string given = lower(host);
  for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) {
    if (given == std::string(name) + ":" + std::to_string(port)) return true;
    if (port == 80 && given == name) return true;
  }
  return false;
}

bool origin_allowed(std::string_view origin, std::string_view host) { return lower(origin) == "http://" + lower(host); }

bool change_allowed(std::string_view origin, std::string_view host, bool has_fetch_metadata) {
  return origin.empty() ? !has_fetch_metadata : origin_allowed(origin, host);
}

bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ') || content_type.ends_with('\t')) content_type.remove_suffix(1);
  return lower(content_type) == "application/json";
}

bool is_view(std::string_view path) {
  for (const std::string_view view : {"/", "/watch", "/events", "/memory", "/health"}) {
    if (path == view) return true;
  }
  return path.starts_with("/watch/") || path.starts_with("/events/");
}

const Asset* find_asset(std::span<const Asset> assets, std::string_view path) {
  if (is_view(path)) path = "/index.html";
  const auto found = std::find_if(assets.begin(), assets.end(), [&](const Asset& asset) { return asset.path == path; });
  return found == assets.end() ? nullptr : &*found;
}

std::span<const std::pair<const char*, const char*>> security_headers() {
  static constexpr std::array<std::pair<const char*, const char*>, 6> headers = {{
      {"content-security-policy:",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
       "connect-src 'self'; "
       "font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
       "frame-ancestors 'none'"},
      {"x-content-type-options:", "nosniff"},
      {"referrer-policy:", "no-referrer"},
      {"x-frame-options:", "DENY"},
      {"cross-origin-opener-policy:", "same-origin"},
      {"cross-origin-resource-policy:", "same-origin"},
  }};
  return headers;
}

const char* cache_control_of(const Asset& asset) {
  // Names under /assets/ carry a hash of their content.
  return asset.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

bool accepts_gzip(std::string_view accept_encoding) {
  const std::string given = lower(accept_encoding);
  const auto at = given.find("gzip");
  if (at == std::string::npos) return false;
  const std::string_view rest = std::string_view(given).substr(at + 4);
  const auto parameter = rest.substr(0, rest.find(','));
  return parameter.find("q=0") == std::string_view::npos || parameter.find("q=0.") != std::string_view::npos;
}

Result<std::string> gunzip(std::span<const std::byte> gzip) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(Code::exhausted, "no memory to unpack the page");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  std::string out;
  int status = Z_OK;
  while (status == Z_OK) {
    const std::size_t had = out.size();
    out.resize(had + 65536);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = 65536;
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return fail(Code::corrupt, "the embedded page cannot be unpacked");
  return out;
}

}  // namespace weir::server
