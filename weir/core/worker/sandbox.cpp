#include "weir/core/worker/sandbox.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "weir/core/worker/landlock.hpp"
#include "weir/core/worker/wire.hpp"

namespace weir::worker {
namespace {

// Adds to the list and keeps the first error, so that a list reads as a list.
class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_NOTIFY)) {
    if (context_ == nullptr) return;
    // All threads at once, those that libraries started included.
    keep(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1));
    // Calls of another architecture cannot be read by the judge.
    keep(::seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    // A binary tree: the cost of a call does not depend on how long the list is.
    keep(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }
  ~Filter() {
    if (context_ != nullptr) ::seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  void allow(std::initializer_list<int> calls) {
    for (const int call : calls) add(SCMP_ACT_ALLOW, call, {});
  }
  void allow_if(int call, std::initializer_list<scmp_arg_cmp> arguments) { add(SCMP_ACT_ALLOW, call, arguments); }
  void answer(int call, int error, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), call, arguments);
  }

  // The descriptor of violations, or a negative error.
  int load() {
    if (context_ == nullptr) return -ENOSYS;
    if (error_ == 0) error_ = ::seccomp_load(context_);
    return error_ == 0 ? ::seccomp_notify_fd(context_) : error_;
  }

 private:
  void keep(int result) noexcept {
    if (error_ == 0) error_ = result;
  }
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments) {
    if (context_ == nullptr) return;
    keep(::seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(arguments.size()), arguments.begin()));
  }

  scmp_filter_ctx context_;
  int error_ = 0;
};

scmp_arg_cmp is(unsigned argument, std::uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// Nothing here opens, names or makes anything: what a call works on was handed over or is the process's own.
void allow_work(Filter& filter) {
  filter.allow({SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(write),
                SCMP_SYS(writev), SCMP_SYS(close)});
  filter.allow({SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall), SCMP_SYS(nanosleep),
                SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
                SCMP_SYS(time)});
  filter.allow({SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(membarrier)});
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) filter.allow_if(call, {masked(2, PROT_EXEC, 0)});
  filter.allow({SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
                SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack)});
  filter.allow({SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
                SCMP_SYS(sched_getaffinity), SCMP_SYS(rseq), SCMP_SYS(set_robust_list)});
  // How much memory the machine has: qsort() of the C library asks.
  filter.allow({SCMP_SYS(sysinfo)});
  // Its own limits may be read, by whoever asks how large a stack is.
  filter.allow_if(SCMP_SYS(prlimit64), {is(0, 0), is(2, 0)});
  // abort() and its kind; nobody else can be signalled.
  filter.allow_if(SCMP_SYS(tgkill), {is(0, static_cast<std::uint64_t>(::getpid()))});
  filter.allow_if(SCMP_SYS(prctl), {is(0, PR_SET_NAME)});
  filter.allow_if(SCMP_SYS(prctl), {is(0, PR_GET_NAME)});
  filter.allow_if(SCMP_SYS(prctl), {is(0, PR_SET_VMA)});
}

void allow_threads(Filter& filter) {
  constexpr std::uint64_t spaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  filter.allow_if(SCMP_SYS(clone), {masked(0, CLONE_THREAD | spaces, CLONE_THREAD)});
  // Its flags lie in memory, where no filter can see them.
  filter.answer(SCMP_SYS(clone3), ENOSYS);
}

// What libraries ask and can do without; an error costs them nothing.
void answer_questions(Filter& filter) { filter.answer(SCMP_SYS(ioctl), ENOTTY, {is(1, TCGETS)}); }

void allow_no_files(Filter& filter) {
  // fstat() of the C library. Whether its path is empty cannot be seen, so it would be a way to look at any file.
  filter.answer(SCMP_SYS(newfstatat), EACCES, {is(3, AT_EMPTY_PATH)});
}

// How a descriptor was opened, and whether it is closed at an exec.
void allow_fcntl(Filter& filter) {
  for (const std::uint64_t command : {F_GETFL, F_GETFD, F_SETFD}) filter.allow_if(SCMP_SYS(fcntl), {is(1, command)});
}

// Which files is up to Landlock. It does not judge O_PATH, and nobody needs that to read.
void allow_reading(Filter& filter) {
  constexpr std::uint64_t more_than_reading =
      O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH | (O_TMPFILE & ~O_DIRECTORY);
  filter.allow_if(SCMP_SYS(openat), {masked(2, more_than_reading, O_RDONLY)});
  filter.allow_if(SCMP_SYS(open), {masked(1, more_than_reading, O_RDONLY)});
  filter.allow({SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(getdents64)});
  allow_fcntl(filter);  // fdopendir()
}

void allow_own_socket(Filter& filter) {
  for (const int call : {SCMP_SYS(recvmsg), SCMP_SYS(sendmsg)}) {
    filter.allow_if(call, {is(0, static_cast<std::uint64_t>(detail::child_socket))});
  }
}

void allow_network(Filter& filter) {
  for (const std::uint64_t family : {AF_INET, AF_INET6}) {
    for (const std::uint64_t type : {SOCK_STREAM, SOCK_DGRAM}) {
      filter.allow_if(SCMP_SYS(socket), {is(0, family), masked(1, 0xf, type)});
    }
  }
  // The C library's resolver asks which addresses this machine has, and does without.
  filter.answer(SCMP_SYS(socket), EAFNOSUPPORT, {is(0, AF_NETLINK)});
  filter.allow({SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
                SCMP_SYS(setsockopt), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
                SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown)});
  filter.allow({SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6)});
  allow_fcntl(filter);
  filter.allow_if(SCMP_SYS(fcntl), {is(1, F_SETFL)});
  filter.allow_if(SCMP_SYS(ioctl), {is(1, FIONREAD)});
}

}  // namespace

bool sandbox_available() noexcept {
#ifdef WEIR_SANITIZED
  return false;
#else
  return true;
#endif
}

std::string describe(const SandboxOptions& options, std::size_t memory_max_bytes) {
  std::string files = "no files";
  for (const auto& path : options.readable) {
    files = (&path == options.readable.data() ? "reads only " : files + " and ") + path.string();
  }
  return files + ", " + (options.network ? "outbound network only" : "no network") +
         ", no new processes, no new code, memory ≤ " + std::to_string(memory_max_bytes >> 20) + " MiB";
}

Result<int> enter_sandbox(const SandboxOptions& options) {
  if (!sandbox_available()) return fail(Code::unsupported, "builds with a sanitizer cannot be boxed in");
  Filter filter;
  allow_work(filter);
  allow_threads(filter);
  answer_questions(filter);
  if (options.readable.empty()) {
    allow_no_files(filter);
  } else {
    if (auto restricted = detail::restrict_files(options.readable); !restricted) {
      return tl::unexpected(restricted.error());
    }
    allow_reading(filter);
  }
  if (options.network) {
    allow_network(filter);
  } else {
    allow_own_socket(filter);
  }
  const int loaded = filter.load();
  if (loaded < 0) return fail(Code::failed, "the kernel does not put up the sandbox", {}, std::strerror(-loaded));
  return loaded;
}

}  // namespace weir::worker
