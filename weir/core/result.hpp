// Result<T>: how every call that can fail says so. No exception crosses a public boundary of weir.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace weir {

enum class Code {
  invalid,      // the caller's input is wrong: usage, settings, arguments
  not_found,    // no such file, key, device
  unreachable,  // refused, timed out, gone: worth trying again
  corrupt,      // bytes that do not mean what they should
  unsupported,  // understood, but not something this build or machine can do
  exhausted,    // a bound was reached
  denied,       // no permission
  closed,       // the other side ended
  cancelled,    // asked to stop
  failed,       // anything else a library or the system reports
};

std::string_view to_string(Code code) noexcept;

// What went wrong, in one line a person can act on.
// Thread-safety: value type.  Allocates: `owner` and `detail` only.  Blocks: never.  Ownership: owns its strings.
struct Error {
  Code code = Code::failed;
  const char* text = "";    // static: what happened and what to do
  std::string owner = {};   // whose error: a camera, a file, a key
  std::string detail = {};  // what the library or the system said

  // "text (detail)", without line breaks: where the owner is shown beside it.
  std::string message() const;
  // "owner: text (detail)".
  std::string line() const;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, const char* text, std::string owner = {}, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, text, std::move(owner), std::move(detail)});
}

// A broken invariant of the program itself: prints one line and aborts. Never for bad input.
[[noreturn]] void fatal(const char* what, std::string_view detail = {}) noexcept;

}  // namespace weir

// Checked in every build: the condition is cheap, and what follows a violation would be memory corruption.
#define WEIR_CHECK(condition, what) \
  do {                              \
    if (!(condition)) [[unlikely]]  \
      ::weir::fatal(what);          \
  } while (false)
