#include "weir/core/worker/child.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <mutex>
#include <new>
#include <string_view>

#include "weir/core/worker/allocation_bomb.hpp"
#include "weir/core/worker/descriptor.hpp"
#include "weir/core/worker/wire.hpp"

namespace weir::worker {
namespace {

using detail::Descriptor;

tl::unexpected<Error> not_started_by_weir(const char* detail) {
  return fail(Code::invalid, "this program is a worker: weir starts it, people do not", {}, detail);
}

void limit(int resource, std::uint64_t most) noexcept {
  rlimit present{};
  // Lowering a limit needs no rights, so nothing can go wrong here but a limit that is lower already.
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &present) != 0) return;
  const rlimit wanted{std::min<rlim_t>(most, present.rlim_max), std::min<rlim_t>(most, present.rlim_max)};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

// CPU time has no limit: a camera decodes for months, and any figure would end it one day. A worker that turns in a
// circle says nothing, and its parent ends it for that.
void set_limits([[maybe_unused]] std::uint64_t memory_max_bytes) noexcept {
  // No core file, by its limit. Not by PR_SET_DUMPABLE: a process that is not dumpable hides its memory's sizes from
  // its parent's ledger, and what it tried from its judge.
  limit(RLIMIT_CORE, 0);
  // Its null devices, its socket, what the job needs and memory that is about to be mapped.
  limit(RLIMIT_NOFILE, 64);
#ifndef WEIR_SANITIZED
  limit(RLIMIT_DATA, memory_max_bytes);
#endif
}

Result<void> tie_to_parent(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(Code::failed, "the kernel does not tie a worker to its parent", {}, std::strerror(errno));
  }
  // It may have died before it was asked for.
  if (::getppid() != parent) return fail(Code::closed, "the parent is gone");
  return {};
}

// Behind `used` bytes and a NUL; what does not fit is left out, as it is for people. How much is used then.
std::size_t append(std::span<char> room, std::size_t used, std::string_view text) {
  if (used + text.size() >= room.size()) text = text.substr(0, used < room.size() ? room.size() - used - 1 : 0);
  std::copy(text.begin(), text.end(), room.begin() + static_cast<std::ptrdiff_t>(used));
  return std::min(used + text.size() + 1, room.size() - 1);
}

}  // namespace

struct Child::State {
  State(Descriptor its_socket, detail::Control& its_control)
      : socket(std::move(its_socket)),
        control(its_control),
        reader(its_control.to_child),
        writer(its_control.to_parent) {}

  bool closing() const noexcept { return control.closing.load(std::memory_order_acquire) != 0; }

  Descriptor socket;
  detail::Control& control;  // mapped for as long as the process runs
  RingReader reader;
  std::mutex sending;
  RingWriter writer;
  Message last;  // received
  std::vector<std::byte> job;
  std::vector<int> descriptors;
  std::vector<std::span<std::byte>> mapped;
};

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}

Child::~Child() {
  for (const std::span<std::byte> memory : state_->mapped) ::munmap(memory.data(), memory.size());
}

Result<std::unique_ptr<Child>> Child::connect() {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(detail::child_socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
    return not_started_by_weir("descriptor 3 is not its socket");
  }
  Descriptor socket(detail::child_socket);
  std::vector<std::byte> hello_and_job(sizeof(detail::Hello) + detail::max_job_bytes);
  detail::Datagram datagram;
  if (!detail::receive_datagram(socket.get(), hello_and_job, datagram, 0)) {
    return not_started_by_weir(std::strerror(errno));
  }
  std::array<Descriptor, detail::max_datagram_descriptors> handed;
  for (std::size_t i = 0; i < datagram.descriptor_count; ++i) handed[i] = Descriptor(datagram.descriptors[i]);

  detail::Hello hello;
  std::memcpy(&hello, hello_and_job.data(), sizeof hello);
  const detail::Hello expected;
  if (datagram.bytes < sizeof hello || hello.kind != expected.kind || hello.version != expected.version ||
      datagram.bytes != sizeof hello + hello.job_bytes || datagram.descriptor_count != 1 + hello.descriptors) {
    return not_started_by_weir("another version of weir");
  }
  if (auto tied = tie_to_parent(hello.parent); !tied) return tl::unexpected(tied.error());
  set_limits(hello.memory_max_bytes);
  std::set_new_handler([] { out_of_memory(); });
#ifdef WEIR_TEST_HOOKS
  allocate_all_on_sigusr1();
#endif
  // Read from its file now; in the sandbox there are none.
  ::tzset();

  void* const control =
      ::mmap(nullptr, sizeof(detail::Control), PROT_READ | PROT_WRITE, MAP_SHARED, handed[0].get(), 0);
  if (control == MAP_FAILED) return fail(Code::failed, "the control memory cannot be mapped", {}, std::strerror(errno));
  auto state = std::make_unique<State>(std::move(socket), *static_cast<detail::Control*>(control));
  state->job.assign(hello_and_job.begin() + sizeof hello,
                    hello_and_job.begin() + static_cast<std::ptrdiff_t>(datagram.bytes));
  for (std::size_t i = 1; i <= hello.descriptors; ++i) state->descriptors.push_back(handed[i].release());
  return std::unique_ptr<Child>(new Child(std::move(state)));
}

std::span<const std::byte> Child::job() const noexcept { return state_->job; }
std::span<const int> Child::descriptors() const noexcept { return state_->descriptors; }

Result<void> Child::enter_sandbox(const SandboxOptions& options) {
  detail::Ready ready;
  ready.network = options.network ? 1 : 0;
  std::size_t said = 0;
  for (const auto& path : options.readable) said = append(ready.text, said, path.native());
  Descriptor violations;
  if (sandbox_available()) {
    auto entered = worker::enter_sandbox(options);
    if (!entered) {
      ready = {.refused = 1};
      append(ready.text, 0, entered.error().message());
      detail::send_datagram(state_->socket.get(), std::as_bytes(std::span(&ready, 1)), {}, {});
      return tl::unexpected(entered.error());
    }
    violations = Descriptor(*entered);
    ready.boxed = 1;
  }
  const int descriptor = violations.get();
  const std::span<const int> handed(&descriptor, violations ? 1 : 0);
  if (!detail::send_datagram(state_->socket.get(), std::as_bytes(std::span(&ready, 1)), {}, handed)) {
    return fail(Code::closed, "the parent is gone", {}, std::strerror(errno));
  }
  // Whoever holds it may answer for the kernel, so it must be gone before the first untrusted byte.
  violations.reset();
  detail::Go go;
  detail::Datagram datagram;
  if (!detail::receive_datagram(state_->socket.get(), std::as_writable_bytes(std::span(&go, 1)), datagram, 0) ||
      datagram.bytes != sizeof go || go.kind != detail::Kind::go) {
    return fail(Code::closed, "the parent is gone");
  }
  return {};
}

bool Child::receive(Message& message) noexcept {
  for (;;) {
    if (state_->closing()) return false;
    if (try_receive(message)) return true;
    if (state_->closing()) return false;
    // The parent's death ends this process wherever it is.
    state_->reader.wait(never);
  }
}

bool Child::try_receive(Message& message) noexcept {
  const Result<bool> read = state_->reader.read(message);
  // Only who has written over the parent's own position gets here: this process, damaged.
  if (!read) fatal("the parent's messages make no sense");
  if (*read) state_->last = message;
  return *read;
}

bool Child::send(const Message& message) noexcept {
  const std::lock_guard lock(state_->sending);
  for (;;) {
    if (state_->closing()) return false;
    if (state_->writer.write(message)) return true;
    state_->writer.wait_for_room(never);
  }
}

Result<std::span<std::byte>> Child::map() {
  for (;;) {
    detail::MemoryNote note;
    detail::Datagram datagram;
    if (!detail::receive_datagram(state_->socket.get(), std::as_writable_bytes(std::span(&note, 1)), datagram,
                                  MSG_DONTWAIT)) {
      return fail(Code::not_found, "no memory came with the message", {}, std::strerror(errno));
    }
    const Descriptor memory(datagram.descriptor_count == 1 ? datagram.descriptors[0] : -1);
    if (!memory) datagram.close_descriptors();
    if (datagram.bytes != sizeof note || note.kind != detail::Kind::memory || !memory) {
      return fail(Code::closed, "the parent is gone");
    }
    // Of a message that was received earlier and whose memory nobody took.
    if (std::memcmp(&note.message, &state_->last, sizeof(Message)) != 0) continue;
    void* const at = ::mmap(nullptr, note.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (at == MAP_FAILED) return fail(Code::exhausted, "lent memory cannot be mapped", {}, std::strerror(errno));
    state_->mapped.emplace_back(static_cast<std::byte*>(at), note.bytes);
    return state_->mapped.back();
  }
}

void Child::unmap(std::span<std::byte> memory) noexcept {
  const auto it = std::find_if(state_->mapped.begin(), state_->mapped.end(),
                               [&](const auto& known) { return known.data() == memory.data(); });
  if (it == state_->mapped.end()) return;
  ::munmap(it->data(), it->size());
  state_->mapped.erase(it);
}

void out_of_memory() noexcept { ::_exit(detail::out_of_memory_status); }

}  // namespace weir::worker
