#include "weir/core/result.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace weir {

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::not_found: return "not_found";
    case Code::unreachable: return "unreachable";
    case Code::corrupt: return "corrupt";
    case Code::unsupported: return "unsupported";
    case Code::exhausted: return "exhausted";
    case Code::denied: return "denied";
    case Code::closed: return "closed";
    case Code::cancelled: return "cancelled";
    case Code::failed: return "failed";
  }
  return "failed";
}

namespace {
std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}
}  // namespace

std::string Error::message() const { return one_line(detail.empty() ? text : text + (" (" + detail + ")")); }

std::string Error::line() const { return owner.empty() ? message() : one_line(owner) + ": " + message(); }

void fatal(const char* what, std::string_view detail) noexcept {
  // write(2) only: this may run with the heap or a lock in any state.
  auto put = [](std::string_view s) {
    while (!s.empty()) {
      const ssize_t n = ::write(2, s.data(), s.size());
      if (n <= 0) return;
      s.remove_prefix(static_cast<std::size_t>(n));
    }
  };
  put("weir: broken invariant: ");
  put(what);
  if (!detail.empty()) {
    put(": ");
    put(detail);
  }
  put("\n");
  std::abort();
}

}  // namespace weir
