#include "weir/core/worker/launch.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <vector>

#include "weir/core/regions.hpp"

namespace weir::worker::detail {
namespace {

std::string text_of(int error) { return std::strerror(error); }

// What a worker may know of its parent's environment. The rest stays here: it may hold passwords, and a worker that is
// taken over could read them.
std::vector<char*> environment() {
  constexpr std::array<std::string_view, 12> names{"ASAN_OPTIONS", "LANG",         "LC_",           "LD_LIBRARY_PATH",
                                                   "LD_PRELOAD",   "LSAN_OPTIONS", "MALLOC_",       "TSAN_OPTIONS",
                                                   "TZ",           "TZDIR",        "UBSAN_OPTIONS", "GCOV_"};
  std::vector<char*> kept;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string_view name = text.substr(0, text.find('='));
    const bool wanted = std::any_of(names.begin(), names.end(), [name](std::string_view known) {
      return known.ends_with('_') ? name.starts_with(known) : name == known;
    });
    if (wanted) kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  int prepare(int socket) {
    int error = ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#ifndef WEIR_SANITIZED
    // A sanitizer's report is worth more than silence; otherwise a library fed with rubbish prints as it likes.
    if (error == 0) error = ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#endif
    if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions_, socket, child_socket);
    if (error == 0) error = ::posix_spawn_file_actions_addclosefrom_np(&actions_, child_socket + 1);
    return error;
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() { ::posix_spawnattr_init(&attributes_); }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  int prepare() {
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    int error = ::posix_spawnattr_setsigdefault(&attributes_, &all);
    if (error == 0) error = ::posix_spawnattr_setsigmask(&attributes_, &none);
    if (error == 0) error = ::posix_spawnattr_setpgroup(&attributes_, 0);
    if (error == 0) {
      error = ::posix_spawnattr_setflags(&attributes_,
                                         POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    return error;
  }
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<Launched> launch(const ProcessOptions& options, const Descriptor& socket) {
  // dup2 onto itself would leave it to be closed at exec in C libraries that do not look.
  Descriptor above(::fcntl(socket.get(), F_DUPFD_CLOEXEC, child_socket + 1));
  Actions actions;
  Attributes attributes;
  int error = above ? actions.prepare(above.get()) : errno;
  if (error == 0) error = attributes.prepare();
  if (error != 0) return fail(Code::failed, "a worker cannot be prepared", options.id, text_of(error));

  std::string path = options.executable.string(), id = options.id;
  std::array<char*, 3> arguments{path.data(), id.data(), nullptr};  // the id is for people who look at ps
  std::vector<char*> variables = environment();
  pid_t pid = 0;
  error = ::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(), arguments.data(), variables.data());
  if (error != 0) {
    const Code code = error == ENOENT ? Code::not_found : error == EACCES ? Code::denied : Code::failed;
    return fail(code, "the worker's program cannot be started", options.id, path + ": " + text_of(error));
  }
  Launched launched{pid, Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
  if (!launched.pidfd) {
    const int why = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(Code::failed, "a worker cannot be watched", options.id, text_of(why));
  }
  return launched;
}

Result<ControlMemory> ControlMemory::make(const ProcessOptions& options) {
  ControlMemory memory;
  memory.descriptor_ = Descriptor(::memfd_create("weir worker control", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int fd = memory.descriptor_.get();
  if (!memory.descriptor_ || ::ftruncate(fd, sizeof(Control)) != 0 ||
      ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail(Code::exhausted, "no shared memory for a worker", options.id, text_of(errno));
  }
  void* const at = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED) return fail(Code::exhausted, "no shared memory for a worker", options.id, text_of(errno));
  memory.control_ = new (at) Control;  // the file's zeroes are its value: nothing is written
  register_region(options.owner, {static_cast<const std::byte*>(at), sizeof(Control)});
  return memory;
}

ControlMemory::ControlMemory(ControlMemory&& other) noexcept
    : descriptor_(std::move(other.descriptor_)), control_(std::exchange(other.control_, nullptr)) {}

ControlMemory::~ControlMemory() {
  if (control_ == nullptr) return;
  unregister_region({reinterpret_cast<const std::byte*>(control_), sizeof(Control)});
  ::munmap(control_, sizeof(Control));
}

}  // namespace weir::worker::detail
