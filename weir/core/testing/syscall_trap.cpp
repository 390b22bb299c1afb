// Every system call on a hot path, by Syscall User Dispatch (Linux 5.11, x86-64): while the thread's selector byte says
// so, the kernel sends SIGSYS instead of making the call; the handler writes it down and makes the call itself.
#include <errno.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "weir/core/hot_path.hpp"
#include "weir/core/result.hpp"
#include "weir/core/testing/syscall_names.hpp"
#include "weir/core/testing/traps.hpp"

#if defined(__x86_64__) && !defined(WEIR_SANITIZED) && defined(PR_SET_SYSCALL_USER_DISPATCH)

// The only code whose system calls the kernel lets through regardless: the call made for the path, and the return from
// the handler. The unwinders know a frame to be a signal's by the restorer's first two instructions.
asm(".pushsection .text\n"
    ".balign 64\n"
    ".globl weir_trap_text_begin, weir_trap_text_end, weir_trap_call, weir_trap_restore\n"
    ".hidden weir_trap_text_begin, weir_trap_text_end, weir_trap_call, weir_trap_restore\n"
    "weir_trap_text_begin:\n"
    "weir_trap_call:\n"
    "  movq %rdi, %rax\n"
    "  movq %rsi, %rdi\n"
    "  movq %rdx, %rsi\n"
    "  movq %rcx, %rdx\n"
    "  movq %r8, %r10\n"
    "  movq %r9, %r8\n"
    "  movq 8(%rsp), %r9\n"
    "  syscall\n"
    "  ret\n"
    ".balign 16\n"
    "weir_trap_restore:\n"
    "  movq $15, %rax\n"
    "  syscall\n"
    "  ud2\n"
    "weir_trap_text_end:\n"
    ".popsection\n");
extern "C" {
extern const char weir_trap_text_begin[], weir_trap_text_end[];
long weir_trap_call(long number, long a, long b, long c, long d, long e, long f);
void weir_trap_restore();
}

namespace {

constexpr char allow = 0, block = 1;  // SYSCALL_DISPATCH_FILTER_*
constexpr int user_dispatch = 2;      // SYS_USER_DISPATCH, the signal's si_code

thread_local constinit volatile char selector = allow;
thread_local constinit bool thread_ready = false;

struct KernelSigaction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  std::uint64_t mask;
};
KernelSigaction former{};

// Calls that cannot be made from inside a handler: they return twice, never, or change what the handler's own return
// restores. They are made by the path itself, and the rest of its pass goes untrapped.
bool path_must_call(long number) noexcept {
  switch (number) {
    case SYS_rt_sigreturn:
    case SYS_rt_sigprocmask:
    case SYS_sigaltstack:
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
    case SYS_execve:
    case SYS_execveat: return true;
    default: return false;
  }
}

void on_sigsys(int signal, siginfo_t* info, void* context) {
  if (info->si_code != user_dispatch) {  // seccomp's, for one: not ours
    if ((former.flags & SA_SIGINFO) == 0) weir::fatal("SIGSYS from a system call filter");
    return former.handler(signal, info, context);
  }
  greg_t* const regs = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const long number = info->si_syscall;
  // The end of another signal's handler: the kernel's doing, not the path's.
  if (number != SYS_rt_sigreturn) weir::HotPath::record_violation(weir::traps::syscall_name(number));
  if (path_must_call(number)) {
    selector = allow;
    regs[REG_RAX] = number;
    regs[REG_RIP] -= 2;  // back onto the syscall instruction
    return;
  }
  regs[REG_RAX] =
      weir_trap_call(number, regs[REG_RDI], regs[REG_RSI], regs[REG_RDX], regs[REG_R10], regs[REG_R8], regs[REG_R9]);
}

// By the kernel's own interface: glibc would put its restorer in place of ours, whose return the selector would trap.
bool install_handler() noexcept {
  // Nested: a call made for the path may be interrupted by a signal whose handler makes calls too.
  constexpr unsigned long restorer_given = 0x04000000;
  const KernelSigaction ours{on_sigsys, SA_SIGINFO | SA_NODEFER | SA_ONSTACK | restorer_given, weir_trap_restore, 0};
  return ::syscall(SYS_rt_sigaction, SIGSYS, &ours, &former, sizeof(ours.mask)) == 0;
}

// 0, or the errno of what this kernel refuses.
int ready_thread() noexcept {
  static const bool installed = install_handler();
  if (!installed) return EINVAL;
  // A trapped call on a thread that blocks SIGSYS would kill the process.
  sigset_t unblock;
  sigemptyset(&unblock);
  sigaddset(&unblock, SIGSYS);
  if (const int error = ::pthread_sigmask(SIG_UNBLOCK, &unblock, nullptr); error != 0) return error;
  return ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, weir_trap_text_begin,
                 weir_trap_text_end - weir_trap_text_begin, &selector) == 0
             ? 0
             : errno;
}

}  // namespace

extern "C" void weir_trap_arm(bool armed) noexcept {
  if (!thread_ready) [[unlikely]] {
    thread_ready = true;
    if (weir::traps::syscalls_unavailable() != nullptr) return;
    if (const int error = ready_thread(); error != 0) weir::fatal("cannot trap system calls", std::strerror(error));
  }
  selector = armed ? block : allow;
}

const char* weir::traps::syscalls_unavailable() noexcept {
  // Switching off what is off succeeds where the kernel knows the option.
  static const bool known = ::prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0) == 0;
  return known ? nullptr : "this kernel has no Syscall User Dispatch";
}

#else

extern "C" void weir_trap_arm(bool) noexcept {}

const char* weir::traps::syscalls_unavailable() noexcept {
#if defined(WEIR_SANITIZED)
  return "sanitizer runtimes make system calls of their own on the thread";
#else
  return "Syscall User Dispatch is used on x86-64 only";
#endif
}

#endif
