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

std::string Error::line() const {
  std::string out;
  if (!owner.empty()) out += owner + ": ";
  out += text;
  if (!detail.empty()) out += " (" + detail + ")";
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return out;
}

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
