// Traps: what nobody may do on a hot path, caught where it is done. Linked into test builds only (target weir_traps).
//   system calls       Syscall User Dispatch: the kernel sends the thread SIGSYS instead; the call is then made for it
//   locks, waits, heap functions of these names in the executable, which the dynamic linker finds before the libraries'
// Either holds the call's name against the innermost hot path (HotPath::record_violation) and then lets it proceed.
#pragma once

namespace weir::traps {

// nullptr where system calls are trapped on the calling thread's hot paths, else why not (a static string).
const char* syscalls_unavailable() noexcept;
// The same for locks, waits and heap functions.
const char* calls_unavailable() noexcept;

}  // namespace weir::traps

// Called by HotPath at both ends of what it promises; sets a thread up when it first gets here.
extern "C" void weir_trap_arm(bool armed) noexcept;
