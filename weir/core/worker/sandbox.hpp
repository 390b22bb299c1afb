// Sandbox: what a worker may still ask of the kernel once it has everything that its job needs.
#pragma once

#include <cstddef>
#include <string>

#include "weir/core/result.hpp"

namespace weir::worker {

struct SandboxOptions {
  bool network = false;  // outbound only: socket, connect, send, receive; never listen or accept
};

// True in builds that can be boxed in: not under sanitizers, which need the kernel for themselves.
bool sandbox_available() noexcept;

// What is allowed, in words for people: "no files, no network, no new processes, no new code, memory ≤ 512 MiB".
std::string describe(const SandboxOptions& options, std::size_t memory_max_bytes);

// For this process and all its threads, for good: a seccomp allow-list whose violations are held by the kernel for the
// holder of the returned descriptor (SECCOMP_RET_USER_NOTIF) to name and to judge. Memory, threads of its own, time and
// its own socket are allowed; files, new processes, executable memory and, unless asked for, the network are not.
// clone3 answers ENOSYS, as the C library then uses clone, whose flags can be seen. No new privileges must be set.
// Failed: what the kernel says.
Result<int> enter_sandbox(const SandboxOptions& options);

}  // namespace weir::worker
