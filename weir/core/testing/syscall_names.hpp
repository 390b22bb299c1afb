// The names of the system calls that turn up on hot paths; the rest share one.
#pragma once

#include <sys/syscall.h>

namespace weir::traps {

inline const char* syscall_name(long number) noexcept {
  switch (number) {
#define WEIR_CALL(NAME) \
  case SYS_##NAME: return #NAME;
    WEIR_CALL(read)
    WEIR_CALL(write)
    WEIR_CALL(readv)
    WEIR_CALL(writev)
    WEIR_CALL(pread64)
    WEIR_CALL(pwrite64)
    WEIR_CALL(openat)
    WEIR_CALL(close)
    WEIR_CALL(fstat)
    WEIR_CALL(lseek)
    WEIR_CALL(ioctl)
    WEIR_CALL(mmap)
    WEIR_CALL(munmap)
    WEIR_CALL(mremap)
    WEIR_CALL(mprotect)
    WEIR_CALL(madvise)
    WEIR_CALL(brk)
    WEIR_CALL(futex)
    WEIR_CALL(sched_yield)
    WEIR_CALL(nanosleep)
    WEIR_CALL(clock_nanosleep)
    WEIR_CALL(clock_gettime)
    WEIR_CALL(ppoll)
    WEIR_CALL(epoll_pwait)
    WEIR_CALL(socket)
    WEIR_CALL(connect)
    WEIR_CALL(sendto)
    WEIR_CALL(recvfrom)
    WEIR_CALL(sendmsg)
    WEIR_CALL(recvmsg)
    WEIR_CALL(getpid)
    WEIR_CALL(gettid)
    WEIR_CALL(getrusage)
    WEIR_CALL(getrandom)
    WEIR_CALL(rt_sigprocmask)
    WEIR_CALL(rt_sigaction)
    WEIR_CALL(tgkill)
    WEIR_CALL(clone)
    WEIR_CALL(clone3)
    WEIR_CALL(execve)
    WEIR_CALL(exit_group)
#if defined(SYS_poll)
    WEIR_CALL(poll)
    WEIR_CALL(select)
    WEIR_CALL(epoll_wait)
#endif
#undef WEIR_CALL
    default: return "another system call";
  }
}

}  // namespace weir::traps
