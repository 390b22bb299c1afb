// weir-worker-test: a worker that does what tests ask for, mostly what a worker must not.
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <thread>

#include "weir/core/worker/call.hpp"
#include "weir/core/worker/child.hpp"
#include "weir/core/worker/process.hpp"
#include "weir/core/worker/testing/lies.hpp"
#include "weir/core/worker/testing/test_worker.hpp"
#include "weir/core/worker/wire.hpp"

namespace {

using weir::worker::Child;
using weir::worker::Message;
using weir::worker::test::Answer;
using weir::worker::test::Do;
using weir::worker::test::Question;
using weir::worker::test::Start;

[[noreturn]] void die_of(int signal) {
  // Sanitizers make an exit status of it.
  ::signal(signal, SIG_DFL);
  ::raise(signal);
  std::abort();
}

[[noreturn]] void hang() {
  volatile bool for_ever = true;
  while (for_ever) {
  }
  std::abort();
}

[[noreturn]] void grow() {
#ifdef WEIR_SANITIZED
  weir::worker::out_of_memory();  // there is no limit under a sanitizer
#else
  for (;;) {
    auto* const memory = new char[1 << 20];
    for (int i = 0; i < 1 << 20; i += 4096) *static_cast<volatile char*>(memory + i) = 1;
  }
#endif
}

void connect_with(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(80);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// What the sandbox forbids. Whoever comes back has not been stopped.
void trespass(Do what) {
  switch (what) {
    case Do::open_file: ::open("/etc/passwd", O_RDONLY); break;
    case Do::connect: connect_with(::socket(AF_INET, SOCK_STREAM, 0)); break;
    case Do::connect_own: connect_with(weir::worker::detail::child_socket); break;
    case Do::listen: ::listen(::socket(AF_INET, SOCK_STREAM, 0), 1); break;
    case Do::fork:
      if (::fork() == 0) ::_exit(0);
      break;
    case Do::exec: ::execl("/bin/true", "true", nullptr); break;
    case Do::map_code: ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
    case Do::protect_code: {
      void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
      break;
    }
    case Do::kill_parent: ::kill(::getppid(), SIGKILL); break;
    case Do::unlink: ::unlink("/tmp/weir-test-nothing"); break;
    case Do::trace: ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); break;
    case Do::unix_socket: ::socket(AF_UNIX, SOCK_STREAM, 0); break;
    case Do::become_undumpable: ::prctl(PR_SET_DUMPABLE, 0); break;
    default: break;
  }
}

void fill(Child& child, Message message) {
  auto memory = child.map();
  if (!memory) ::_exit(3);
  for (std::byte& byte : *memory) byte = static_cast<std::byte>(message.sequence);
  message.type = static_cast<std::uint32_t>(Do::echo);
  message.put<std::uint64_t>(memory->size());
  child.send(message);
}

std::span<std::byte> control_memory;

// Where it lies is nobody's business here, so it is looked up while files can still be opened.
void find_control_memory() {
  FILE* const maps = std::fopen("/proc/self/maps", "r");
  if (maps == nullptr) return;
  char line[512];
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    unsigned long low = 0, high = 0;
    if (std::string_view(line).find("weir worker control") == std::string_view::npos) continue;
    if (std::sscanf(line, "%lx-%lx", &low, &high) != 2) continue;
    control_memory = {reinterpret_cast<std::byte*>(low), high - low};  // NOLINT(performance-no-int-to-ptr)
  }
  std::fclose(maps);
}

[[noreturn]] void scribble(std::uint64_t seed) {
  if (control_memory.empty()) ::_exit(4);
  std::mt19937_64 random(seed);
  auto* const words = reinterpret_cast<volatile std::uint32_t*>(control_memory.data());
  for (;;) words[random() % (control_memory.size() / sizeof *words)] = static_cast<std::uint32_t>(random());
}

// What a sandbox with files is asked for.
void use_path(Child& child, Message message) {
  const auto path = message.get<std::array<char, 160>>();
  int file = -1, flags = O_RDONLY;
  switch (static_cast<Do>(message.type)) {
    case Do::list_path: flags = O_RDONLY | O_DIRECTORY; break;
    case Do::write_path: flags = O_RDWR; break;
    case Do::create_path: flags = O_RDONLY | O_CREAT; break;
    case Do::locate_path: flags = O_PATH; break;
    default: break;
  }
  struct stat about{};
  errno = 0;
  const bool done =
      static_cast<Do>(message.type) == Do::stat_path
          ? ::stat(path.data(), &about) == 0
          : (file = ::open(path.data(), flags, 0600)) >= 0;  // NOLINT(bugprone-assignment-in-if-condition)
  message.slot = done ? 0 : static_cast<std::uint32_t>(errno);
  std::array<char, 4096> bytes{};
  message.generation = 0;
  if (file >= 0) {
    const ssize_t got = static_cast<Do>(message.type) == Do::list_path ? ::getdents64(file, bytes.data(), bytes.size())
                                                                       : ::read(file, bytes.data(), bytes.size());
    message.generation = got > 0 ? static_cast<unsigned char>(bytes[0]) : 0;
    if (got < 0) message.slot = static_cast<std::uint32_t>(errno);
    ::close(file);
  }
  child.send(message);
}

void obey(Child& child, Message message) {
  const Do what = static_cast<Do>(message.type);
  switch (what) {
    case Do::echo: child.send(message); return;
    case Do::crash: die_of(SIGSEGV);
    case Do::trap: die_of(SIGABRT);
    case Do::exit: ::_exit(static_cast<int>(message.sequence));
    case Do::hang: hang();
    case Do::say:
      for (std::uint64_t i = 0; i < message.sequence; ++i) {
        Message word;
        word.sequence = i;
        if (!child.send(word)) return;
      }
      return;
    case Do::grow: grow();
    case Do::map: fill(child, message); return;
    case Do::descriptor: {
      unsigned char byte = 0;
      message.slot = ::read(child.descriptors()[message.sequence], &byte, 1) == 1 ? byte : 0;
      child.send(message);
      return;
    }
    case Do::open_random:
      message.slot = ::open("/dev/urandom", O_RDONLY) < 0 ? static_cast<std::uint32_t>(errno) : 0;
      child.send(message);
      return;
    case Do::thread: std::thread([&] { child.send(message); }).join(); return;
    case Do::send_descriptor: {
      const int descriptor = STDIN_FILENO;
      const bool sent = weir::worker::detail::send_datagram(
          weir::worker::detail::child_socket, std::as_bytes(std::span(&message, 1)), {}, std::span(&descriptor, 1));
      message.slot = sent ? 0 : static_cast<std::uint32_t>(errno);
      child.send(message);
      return;
    }
    case Do::scribble: scribble(message.sequence);
    case Do::read_path:
    case Do::list_path:
    case Do::write_path:
    case Do::create_path:
    case Do::locate_path:
    case Do::stat_path: use_path(child, message); return;
    default:
      trespass(what);
      child.send(message);
      return;
  }
}

weir::Result<weir::worker::Served<Answer>> answer(const Question& question, std::span<const std::byte> payload,
                                                  std::span<std::byte> room, weir::worker::Asked& asked) {
  switch (question.what) {
    case Question::refuse: return weir::fail(weir::Code::unsupported, "not\nthis one");
    case Question::wait_for_cancellation:
      while (!asked.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return weir::fail(weir::Code::cancelled, "as you like");
    case Question::ignore_cancellation: hang();
    case Question::crash: die_of(SIGSEGV);
    case Question::reverse: break;
  }
  std::reverse_copy(payload.begin(), payload.end(), room.begin());
  return weir::worker::Served<Answer>{{question.number + 1, ::getpid()}, payload.size()};
}

// As on a kernel that does not know Landlock, for this process and those it starts.
bool forget_landlock() {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  return filter != nullptr &&
         ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) == 0 &&
         ::seccomp_load(filter) == 0;
}

// A parent that is to be killed: starts a worker of its own, says its number, and sleeps. With "nobody", as that user,
// and says what becomes of a worker that opens a file. With "old-kernel", what becomes of one that may read files.
int be_parent(std::string_view how) {
  if (how == "nobody" && ::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 3;
  weir::worker::ProcessOptions options;
  options.id = "test/child";
  options.owner = "test";
  options.executable = weir::worker::worker_executable("test");
  options.start_timeout = std::chrono::seconds(60);
  std::vector<std::byte> job;
  if (how == "old-kernel") {
    if (!forget_landlock()) return 3;
    job = {static_cast<std::byte>(Start::boxed_with_files), std::byte{'/'}};
  }
  auto process = weir::worker::Process::start(options, job, {}, {});
  if (!process) {
    std::fprintf(stderr, "%s\n", process.error().line().c_str());
    return 1;
  }
  Message message;
  if (how == "nobody") {
    message.type = static_cast<std::uint32_t>(Do::open_file);
    (*process)->send(message);
    while ((*process)->receive(message, weir::never) != weir::worker::Received::ended) {
    }
    const weir::worker::End end = (*process)->end();
    std::printf("%s: %s\n", std::string(to_string(end.cause)).c_str(), end.text.c_str());
    return 0;
  }
  std::printf("child %d\n", static_cast<int>((*process)->pid()));
  std::fflush(stdout);
  (*process)->receive(message, weir::never);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--parent") return be_parent(argv[2]);
  auto child = Child::connect();
  if (!child) {
    std::fprintf(stderr, "%s\n", child.error().line().c_str());
    return 2;
  }
  const auto job = (*child)->job();
  const Start start = job.empty() ? Start::boxed : static_cast<Start>(job[0]);
  find_control_memory();
  switch (start) {
    case Start::exit_before: return 5;
    case Start::silent_before: ::pause(); return 6;
    case Start::crash_before: die_of(SIGSEGV);
    case Start::two_descriptors: return weir::worker::test::hand_over_too_much();
    default: break;
  }
  weir::worker::SandboxOptions box{.network = start == Start::boxed_with_network};
  if (start == Start::boxed_with_files) {
    box.readable.emplace_back(std::string(reinterpret_cast<const char*>(job.data()) + 1, job.size() - 1));
  }
  if (auto entered = (*child)->enter_sandbox(box); !entered) return 1;
  if (start == Start::serving) return weir::worker::serve<Question, Answer>(**child, answer) ? 0 : 1;
  if (start == Start::lying) return weir::worker::test::serve_lies(**child);
  Message message;
  while ((*child)->receive(message)) obey(**child, message);
  return 0;
}
