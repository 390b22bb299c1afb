#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "weir/core/children.hpp"
#include "weir/core/worker/process_state.hpp"
#include "weir/core/worker/sandbox.hpp"
#include "weir/core/worker/violation.hpp"
#include "weir/core/worker/workers_book.hpp"

namespace weir::worker {
namespace {

// For a child that was asked to end: to finish what it does, not to finish its work.
constexpr Nanos grace = std::chrono::milliseconds(200);

void block_signals() noexcept {
  // The program's handlers run on the threads that it has for them.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

std::string name_of(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

// What a child says of its sandbox, for people.
std::vector<std::string> lines_of(const detail::Ready& said) {
  std::vector<std::string> lines(1);
  for (const char c : said.text) {
    if (c == 0) {
      if (!lines.back().empty()) lines.emplace_back();
    } else {
      lines.back() += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

SandboxOptions options_of(const detail::Ready& said) {
  const std::vector<std::string> paths = lines_of(said);
  return {.network = said.network != 0, .readable = {paths.begin(), paths.end()}};
}

int milliseconds_until(Instant deadline) noexcept {
  if (deadline == never) return -1;
  const Nanos left = deadline - Clock::real().now();
  if (left <= Nanos::zero()) return 0;
  // Rounded up: woken a moment early, the watcher would turn without sleeping.
  return static_cast<int>(std::min<std::int64_t>(left.count() / 1'000'000 + 1, 3'600'000));
}

}  // namespace

void Process::State::watch() {
  block_signals();
  if (!launch()) return;
  while (!over()) {
    const Instant now = Clock::real().now();
    carry_out_verdict(now);
    sleep_until(look_at_deadlines(now));
  }
}

bool Process::State::launch() {
  auto launched = detail::launch(options, child_end);
  child_end.reset();
  if (!launched) {
    std::lock_guard lock(mutex);
    unstarted = launched.error();
    ended = End{Cause::failed, launched.error().message()};
    is_over.store(true, std::memory_order_release);
    changed.notify_all();
    return false;
  }
  pidfd = std::move(launched->pidfd);
  pid.store(launched->pid, std::memory_order_relaxed);
  start_deadline_ = Clock::real().now() + options.start_timeout;
  register_child(options.owner, launched->pid);
  detail::book_start(options.id, options.owner, launched->pid);
  return true;
}

Instant Process::State::look_at_deadlines(Instant now) {
  if (killed_) return never;
  if (asked_to_end_) return kill_at_;
  if (now >= start_deadline_) {
    const auto seconds = std::chrono::duration<double>(options.start_timeout).count();
    {
      std::lock_guard lock(mutex);
      too_slow = !verdict.has_value();
    }
    judge(Cause::hang, "was not in its sandbox after " + std::to_string(seconds) + " s");
    return now;
  }
  for (;;) {
    const Instant silent = expected.load();
    if (now >= silent) {
      judge(Cause::hang, "held work and said nothing until its deadline");
      return now;
    }
    const Instant next = std::min(silent, start_deadline_);
    planned.store(next);
    if (expected.load() == silent) return next;
  }
}

void Process::State::sleep_until(Instant deadline) {
  enum : std::size_t { death, call, violation, talk, count };
  std::array<pollfd, count> sources{};
  sources[death] = {pidfd.get(), POLLIN, 0};
  sources[call] = {wake.get(), POLLIN, 0};
  // A negative descriptor is passed over.
  sources[violation] = {killed_ || !violations ? -1 : violations.get(), POLLIN, 0};
  sources[talk] = {greeted_ || killed_ ? -1 : socket.get(), POLLIN, 0};
  if (::poll(sources.data(), sources.size(), milliseconds_until(deadline)) < 0) return;
  // Before its death: it may have said why the kernel does not box it in.
  if (sources[talk].revents != 0) hear_from_child();
  if (sources[death].revents != 0) return reap();
  if (sources[call].revents != 0) {
    std::uint64_t calls = 0;
    // Empty again or interrupted: the next turn looks at everything anyway.
    static_cast<void>(::read(wake.get(), &calls, sizeof calls));
  }
  if ((sources[violation].revents & POLLIN) != 0) {
    hear_of_violation();
  } else if (sources[violation].revents != 0) {
    violations.reset();  // its last thread is gone, and its end will be told by the pidfd
  }
}

void Process::State::hear_from_child() {
  detail::Ready said;
  detail::Datagram datagram;
  greeted_ = true;
  if (!detail::receive_datagram(socket.get(), std::as_writable_bytes(std::span(&said, 1)), datagram, MSG_DONTWAIT)) {
    if (errno == EAGAIN) {
      greeted_ = false;
    } else {
      judge(Cause::protocol, "its first words make no sense");
    }
    return;
  }
  if (datagram.bytes == 0 && datagram.descriptor_count == 0) return;  // it closed its socket: it ends, or is too slow
  const std::size_t due = said.boxed != 0 ? 1 : 0;
  if (datagram.bytes != sizeof said || said.kind != detail::Kind::ready || datagram.descriptor_count != due) {
    datagram.close_descriptors();
    judge(Cause::protocol, "its first words make no sense");
    return;
  }
  if (said.refused != 0) {
    const auto lines = lines_of(said);
    judge(Cause::failed, lines.empty() ? "the kernel does not put up its sandbox" : lines.front());
    return;
  }
  if (due != 0) violations = detail::Descriptor(datagram.descriptors[0]);
  // Nothing more is heard on the socket, and no descriptor can pile up in it.
  ::shutdown(socket.get(), SHUT_RD);
  detail::book_sandbox(options.id, due != 0 ? describe(options_of(said), options.memory_max_bytes)
                                            : "none: this build has a sanitizer, which needs the kernel for itself");
  const detail::Go go;
  if (!detail::send_datagram(socket.get(), std::as_bytes(std::span(&go, 1)), {}, {})) return;  // it is dead
  start_deadline_ = never;
  std::lock_guard lock(mutex);
  ready = true;
  changed.notify_all();
}

void Process::State::hear_of_violation() {
  const auto violation = detail::take_violation(violations.get());
  if (violation && !violation->harmless) judge(Cause::sandbox, violation->text);
}

void Process::State::carry_out_verdict(Instant now) {
  if (killed_ || !judged()) return;
  Cause cause;
  bool was_ready = false;
  {
    std::lock_guard lock(mutex);
    cause = verdict->cause;
    was_ready = ready;
  }
  if (cause == Cause::asked && was_ready && !asked_to_end_) {
    asked_to_end_ = true;
    kill_at_ = now + grace;
    control->closing.store(1, std::memory_order_release);
    RingReader(control->to_child).ring();
    RingWriter(control->to_parent).ring();
  } else if (cause != Cause::asked || !was_ready || now >= kill_at_) {
    kill_group();
    killed_ = true;
  }
}

void Process::State::kill_group() noexcept {
  // The child is not reaped yet, so the number is still its own.
  ::kill(-pid.load(std::memory_order_relaxed), SIGKILL);
}

void Process::State::reap() {
  kill_group();  // what it left behind, where a sandbox did not keep it from starting anything
  const pid_t number = pid.load(std::memory_order_relaxed);
  unregister_child(number);
  siginfo_t info{};
  int result = -1;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED);
  } while (result != 0 && errno == EINTR);
  End end = result == 0
                ? classify(info.si_code, info.si_status)
                : End{Cause::failed, "somebody else took its exit status: " + std::string(std::strerror(errno))};
  detail::book_end(options.id, number, end);
  {
    std::lock_guard lock(mutex);
    ended = std::move(end);
    pid.store(0, std::memory_order_relaxed);
    is_over.store(true, std::memory_order_release);
    changed.notify_all();
  }
  reader.ring();
}

End Process::State::classify(int code, int status) {
  const bool exited = code == CLD_EXITED;
  {
    std::lock_guard lock(mutex);
    // One that was asked to end may still crash; one that was to die for something has died for that.
    const bool as_asked = exited ? status == 0 : killed_ && status == SIGKILL;
    if (verdict && (verdict->cause != Cause::asked || as_asked)) return *verdict;
  }
  if (!exited) {
    // The filter's own answer to calls of another architecture, which cannot be held for a judge.
    if (status == SIGSYS) return {Cause::sandbox, "tried a system call of another architecture"};
    return {Cause::crash, "ended by " + name_of(status)};
  }
  if (status == detail::out_of_memory_status) {
    return {Cause::memory, "needed more than " + std::to_string(options.memory_max_bytes >> 20) + " MiB"};
  }
  if (status == 0) return {Cause::finished, "exited with status 0"};
  return {Cause::failed, "exited with status " + std::to_string(status)};
}

}  // namespace weir::worker
