#include "weir/media/source.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "weir/media/source_kinds.hpp"

namespace weir::media {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
}

// Names under which cameras take passwords in their addresses.
bool is_secret_name(std::string_view name) {
  static constexpr std::array words{"user", "usr", "pass",   "pwd",   "pw",  "token",
                                    "auth", "key", "secret", "login", "cred"};
  const std::string l = lower(name);
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return l.find(w) != std::string::npos; });
}

// Replaces the values of secret-looking name=value pairs, wherever in path or query they stand.
std::string without_secret_values(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("?&/;"), text.size());
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && is_secret_name(part.substr(0, equals))) {
      out += part.substr(0, equals + 1);
      out += "***";
    } else {
      out += part;
    }
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Result<SourceKind> source_kind(std::string_view address) {
  if (address.empty()) return fail(Code::invalid, "an empty address; give a file, rtsp://…, v4l2:… or demo:street");
  const std::size_t colon = address.find(':');
  const std::string scheme =
      colon == std::string_view::npos || !is_scheme(address.substr(0, colon)) ? "" : lower(address.substr(0, colon));
  if (scheme == "demo") return SourceKind::demo;
  if (scheme == "v4l2") return SourceKind::device;
  const bool has_authority = colon != std::string_view::npos && address.substr(colon).starts_with("://");
  if (scheme.empty() || !has_authority) return SourceKind::file;
  if (scheme == "rtsp" || scheme == "rtsps") return SourceKind::network;
  if (scheme == "file") return SourceKind::file;
  return fail(Code::invalid,
              "an address of a kind that weir does not read; give a file, rtsp://…, v4l2:… or demo:street",
              redacted(address));
}

std::string redacted(std::string_view address) {
  const std::size_t scheme_end = address.find("://");
  if (scheme_end == std::string_view::npos) return std::string(address);
  const std::size_t authority = scheme_end + 3;
  std::size_t path = std::min(address.find_first_of("/?#", authority), address.size());
  std::string_view host = address.substr(authority, path - authority);
  // A password may hold a raw '/', '?' or '#'; then the '@' comes later. Rather hide too much than too little.
  const std::size_t at = address.rfind('@');
  std::string out(address.substr(0, authority));
  if (at != std::string_view::npos && at >= authority) {
    const std::size_t after = at + 1;
    path = std::min(address.find_first_of("/?#", after), address.size());
    host = address.substr(after, path - after);
    out += "***@";
  }
  out += host;
  out += without_secret_values(address.substr(path));
  return out;
}

Result<std::unique_ptr<Source>> open_source(std::string_view address, const SourceOptions& options,
                                            std::stop_token stop) {
  const Result<SourceKind> kind = source_kind(address);
  if (!kind) return tl::unexpected(kind.error());
  const std::string text(address);
  switch (*kind) {
    case SourceKind::file: {
      Result<FileHandle> file = open_file_handle(text, options);
      if (!file) return tl::unexpected(file.error());
      return open_file(std::move(*file), text, options, std::move(stop));
    }
    case SourceKind::network: return open_rtsp(text, options, std::move(stop));
    case SourceKind::device: return open_device(text, options, std::move(stop));
    case SourceKind::demo: return open_demo(text, options);
  }
  return fail(Code::invalid, "an address of no known kind", redacted(address));
}

}  // namespace weir::media
