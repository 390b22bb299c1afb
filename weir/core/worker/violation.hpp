// Violation: what a boxed-in worker tried, as the kernel tells it, in words.
#pragma once

#include <optional>
#include <string>

namespace weir::worker::detail {

struct Violation {
  std::string text;       // "tried openat(\"/etc/passwd\")"
  bool harmless = false;  // a question that was answered with an error
};
// The next one that the kernel holds for who has `notifications`, which is readable; nothing if the caller died
// meanwhile. Harmless ones (a library asks for /dev/urandom and can do without) are answered; of the others the caller
// stays where it is until it is killed.
std::optional<Violation> take_violation(int notifications) noexcept;

}  // namespace weir::worker::detail
