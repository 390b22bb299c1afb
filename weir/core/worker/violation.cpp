#include "weir/core/worker/violation.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <span>

namespace weir::worker::detail {
namespace {

// What lies at an address of the caller, as much of it as can be read.
std::size_t read_memory(pid_t caller, std::uint64_t address, std::span<char> into) noexcept {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::size_t done = 0;
  // Page by page: a read that runs into a hole gives nothing of its piece.
  while (done < into.size()) {
    const std::uint64_t at = address + done;
    const iovec here{into.data() + done, std::min<std::size_t>(into.size() - done, page - at % page)};
    const iovec there{reinterpret_cast<void*>(at), here.iov_len};  // NOLINT(performance-no-int-to-ptr)
    const ssize_t n = ::process_vm_readv(caller, &here, 1, &there, 1, 0);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// A path, quoted; control characters and what a terminal might obey are shown as '?'.
std::string path_at(pid_t caller, std::uint64_t address) {
  std::array<char, 200> raw{};
  const std::size_t size = read_memory(caller, address, raw);
  if (size == 0) return "?";
  std::string path(raw.data(), ::strnlen(raw.data(), size));
  std::replace_if(path.begin(), path.end(), [](char c) { return c < ' ' || c == '"' || c == 0x7f; }, '?');
  return '"' + path + '"';
}

std::string address_at(pid_t caller, std::uint64_t address, std::uint64_t size) {
  sockaddr_storage storage{};
  const std::size_t wanted = std::min<std::uint64_t>(size, sizeof storage);
  if (read_memory(caller, address, {reinterpret_cast<char*>(&storage), wanted}) < sizeof storage.ss_family) return "?";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  if (storage.ss_family == AF_UNIX) return path_at(caller, address + offsetof(sockaddr_un, sun_path));
  return "family " + std::to_string(storage.ss_family);
}

std::string family(std::uint64_t number) {
  switch (number) {
    case AF_UNIX: return "AF_UNIX";
    case AF_INET: return "AF_INET";
    case AF_INET6: return "AF_INET6";
    case AF_NETLINK: return "AF_NETLINK";
    case AF_PACKET: return "AF_PACKET";
    default: return "family " + std::to_string(number);
  }
}

std::string signal_name(std::uint64_t number) {
  const char* const name = number < NSIG ? ::sigabbrev_np(static_cast<int>(number)) : nullptr;
  return name != nullptr ? "SIG" + std::string(name) : std::to_string(number);
}

// Which argument of a call is a path; -1: none.
int path_argument(int call) noexcept {
  switch (call) {
#ifdef SYS_open  // the older calls, which newer machines do not have
    case SYS_open:
    case SYS_creat:
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_unlink:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_rename:
    case SYS_link:
    case SYS_symlink:
    case SYS_readlink:
    case SYS_chmod:
    case SYS_chown:
#endif
    case SYS_execve:
    case SYS_truncate:
    case SYS_chdir:
    case SYS_statfs: return 0;
    case SYS_openat:
    case SYS_openat2:
    case SYS_execveat:
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_readlinkat: return 1;
    default: return -1;
  }
}

std::string name_of(const seccomp_data& data) {
  char* const name = ::seccomp_syscall_resolve_num_arch(data.arch, data.nr);
  std::string text = name != nullptr ? name : "system call " + std::to_string(data.nr);
  std::free(name);
  return text;
}

std::string describe(pid_t caller, const seccomp_data& data) {
  const std::string name = name_of(data);
  const auto& a = data.args;
  if (const int argument = path_argument(data.nr); argument >= 0) {
    return name + "(" + path_at(caller, a[argument]) + ")";
  }
  switch (data.nr) {
    case SYS_connect:
    case SYS_bind: return name + "(" + address_at(caller, a[1], a[2]) + ")";
    case SYS_socket: return name + "(" + family(a[0]) + ")";
#ifdef SYS_fork
    case SYS_fork:
    case SYS_vfork:
#endif
    case SYS_clone: return "fork";
    case SYS_kill: return name + "(" + std::to_string(static_cast<int>(a[0])) + ", " + signal_name(a[1]) + ")";
    case SYS_tgkill: return name + "(" + std::to_string(static_cast<int>(a[0])) + ", " + signal_name(a[2]) + ")";
    case SYS_mmap:
    case SYS_mprotect: return name + " with PROT_EXEC";
    default: return name;
  }
}

bool asks_for_random_numbers(pid_t caller, const seccomp_data& data) {
  const int argument = path_argument(data.nr);
  if (data.nr != SYS_openat
#ifdef SYS_open
      && data.nr != SYS_open
#endif
  ) {
    return false;
  }
  const std::string path = path_at(caller, data.args[argument]);
  return path == "\"/dev/urandom\"" || path == "\"/dev/random\"";
}

// As large as any kernel's answer.
template <class T>
union Roomy {
  T value;
  std::array<std::byte, 1024> room;
};

}  // namespace

std::optional<Violation> take_violation(int notifications) noexcept {
  Roomy<seccomp_notif> held{.room = {}};
  // Not through the library, which refuses processes that have loaded no filter themselves.
  if (::ioctl(notifications, SECCOMP_IOCTL_NOTIF_RECV, &held) != 0) {
    if (errno == ENOENT || errno == EINTR) return std::nullopt;
    return Violation{"tried what cannot be read: " + std::string(std::strerror(errno))};
  }
  const auto caller = static_cast<pid_t>(held.value.pid);
  Violation violation;
  violation.harmless = asks_for_random_numbers(caller, held.value.data);
  violation.text = "tried " + describe(caller, held.value.data);
  // The caller may have died while its memory was read, and its number may be another's by now.
  if (::ioctl(notifications, SECCOMP_IOCTL_NOTIF_ID_VALID, &held.value.id) != 0) return std::nullopt;
  if (violation.harmless) {
    Roomy<seccomp_notif_resp> answer{.room = {}};
    answer.value.id = held.value.id;
    answer.value.error = -ENOENT;
    // It cannot fail but by the caller's death.
    ::ioctl(notifications, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  return violation;
}

}  // namespace weir::worker::detail
