// Child: a worker seen from inside. What its main() begins with, and how it speaks to its parent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/core/worker/message.hpp"
#include "weir/core/worker/sandbox.hpp"

namespace weir::worker {

// Thread-safety: one thread at a time; send() from any.  Allocates: connect() and map() only.
// Blocks: connect(), receive(), send() while the parent does not read.  Ownership: owns socket and mappings.
class Child {
 public:
  // Takes what Process::start() hands over. Invalid: not started by weir (the caller prints it and exits with 2).
  // From here on the process dies with its parent, gets no new privileges and no core file.
  static Result<std::unique_ptr<Child>> connect();
  ~Child();

  std::span<const std::byte> job() const noexcept;
  // As handed over; the caller's to close.
  std::span<const int> descriptors() const noexcept;

  // After what it needs is loaded and opened, before the first untrusted byte. Tells the parent, which then lets
  // start() return. Failed: the kernel refuses; the caller exits with 1, as nothing runs without its sandbox.
  Result<void> enter_sandbox(const SandboxOptions& options);

  // The next message; false when the parent is gone or asks to end.
  bool receive(Message& message) noexcept;
  // The same without waiting: true if there was one.
  bool try_receive(Message& message) noexcept;
  // Waits while the ring is full; false when the parent is gone.
  bool send(const Message& message) noexcept;
  // The memory that came with the message just received, mapped for writing until this object goes.
  Result<std::span<std::byte>> map();
  // map()'s counterpart, once its slots are no longer used.
  void unmap(std::span<std::byte> memory) noexcept;

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Ends this process so that the parent reports Cause::memory.
[[noreturn]] void out_of_memory() noexcept;

}  // namespace weir::worker
