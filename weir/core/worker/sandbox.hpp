// Sandbox: what a worker may still ask of the kernel once it has everything that its job needs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::worker {

struct SandboxOptions {
  bool network = false;  // outbound only: socket, connect, send, receive; never listen or accept
  // Files, and folders with all that is below them, that may be opened for reading. With any, size and time of every
  // file on the machine can be asked for, but what is in it cannot: other files answer EACCES, writing is a violation.
  // Those that do not exist are passed over.
  std::vector<std::filesystem::path> readable = {};
};

// True in builds that can be boxed in: not under sanitizers, which need the kernel for themselves.
bool sandbox_available() noexcept;

// What is allowed, in words for people: "no files, no network, no new processes, no new code, memory ≤ 512 MiB"; with
// readable ones: "reads only /usr/share/poppler, no network, …".
std::string describe(const SandboxOptions& options, std::size_t memory_max_bytes);

// For this process and all its threads, for good: a seccomp allow-list whose violations are held by the kernel for the
// holder of the returned descriptor (SECCOMP_RET_USER_NOTIF) to name and to judge. Memory, threads of its own, time and
// its own socket are allowed; files, new processes, executable memory and, unless asked for, the network are not.
// clone3 answers ENOSYS, as the C library then uses clone, whose flags can be seen. No new privileges must be set.
// Files that may be read are kept apart by Landlock, which binds this thread and those it starts: there must be no
// other. Failed: what the kernel says; readable files and a kernel without Landlock.
Result<int> enter_sandbox(const SandboxOptions& options);

}  // namespace weir::worker
