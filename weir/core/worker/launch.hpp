// Launch: from an executable's path to a process that has one socket and nothing else of its parent's.
#pragma once

#include <sys/types.h>

#include "weir/core/result.hpp"
#include "weir/core/worker/descriptor.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/wire.hpp"

namespace weir::worker::detail {

struct Launched {
  pid_t pid = 0;
  Descriptor pidfd;
};
// In a process group of its own, with `socket` as descriptor 3 and no other but the null device. The child may end with
// the thread that calls this. Errors: not_found, denied, failed.
Result<Launched> launch(const ProcessOptions& options, const Descriptor& socket);

// The control memory: sealed, so that the child cannot cut it off under its parent.
class ControlMemory {
 public:
  static Result<ControlMemory> make(const ProcessOptions& options);
  ControlMemory(ControlMemory&& other) noexcept;
  ControlMemory& operator=(ControlMemory&&) = delete;
  ~ControlMemory();

  Control& operator*() const noexcept { return *control_; }
  Control* operator->() const noexcept { return control_; }
  // To hand over; the mapping stays when it is closed.
  Descriptor& descriptor() noexcept { return descriptor_; }

 private:
  ControlMemory() = default;
  Descriptor descriptor_;
  Control* control_ = nullptr;
};

}  // namespace weir::worker::detail
