#include "weir/core/worker/process.hpp"

namespace weir::worker {

std::string_view to_string(Cause cause) noexcept {
  switch (cause) {
    case Cause::asked: return "asked";
    case Cause::finished: return "finished";
    case Cause::failed: return "failed";
    case Cause::crash: return "crash";
    case Cause::hang: return "hang";
    case Cause::memory: return "memory";
    case Cause::protocol: return "protocol";
    case Cause::sandbox: return "sandbox";
  }
  return "failed";
}

}  // namespace weir::worker
