#include "weir/app/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::app {
namespace {

constexpr std::string_view stars = "***";

bool ends_address(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '\'' || c == '<' || c == '>';
}

// A password may itself contain '@', '/', '?' or '#', however wrong that is: up to the last '@' everything is taken for
// user information. Hiding part of a harmless path now and then is the better mistake.
std::size_t redact_user(std::string_view address, std::string& out) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return 0;
  out += stars;
  return at;
}

bool names_secret(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  static constexpr std::array words = {"user", "usr", "pass",   "pwd",   "pw",   "token",
                                       "auth", "key", "secret", "login", "cred", "sig"};
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower.find(word) != std::string::npos; });
}

void redact_rest(std::string_view rest, std::string& out) {
  const std::size_t query = rest.find('?');
  out += rest.substr(0, query == std::string_view::npos ? rest.size() : query + 1);
  if (query == std::string_view::npos) return;
  rest.remove_prefix(query + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view part = rest.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && names_secret(part.substr(0, equals))) {
      out += part.substr(0, equals + 1);
      out += stars;
    } else {
      out += part;
    }
    if (end < rest.size()) out += '&';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80                      ? 1
                             : (first >= 0xc2 && first < 0xe0) ? 2
                             : (first & 0xf0) == 0xe0          ? 3
                             : (first >= 0xf0 && first < 0xf5) ? 4
                                                               : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond the last code point.
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return out += text;
    out += text.substr(0, scheme + 3);
    text.remove_prefix(scheme + 3);
    const std::size_t end =
        static_cast<std::size_t>(std::find_if(text.begin(), text.end(), ends_address) - text.begin());
    std::string_view address = text.substr(0, end);
    address.remove_prefix(redact_user(address, out));
    redact_rest(address, out);
    text.remove_prefix(end);
  }
}

std::string printable(std::string_view text) {
  constexpr std::size_t most = 200;
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (out.size() + std::max<std::size_t>(length, 1) > most) return out += "…";
    if (length == 0) {
      out += '?';
    } else if (length == 1) {
      out += static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f ? ' ' : text[0];
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace weir::app
