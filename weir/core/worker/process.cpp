#include "weir/core/worker/process.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <system_error>

#include "weir/core/worker/process_state.hpp"
#include "weir/core/worker/workers_book.hpp"

namespace weir::worker {
namespace {

using detail::Descriptor;

// A child may turn the words that a sleeper waits on back at the wrong moment; then this is how late it wakes.
constexpr Nanos longest_sleep = std::chrono::milliseconds(250);

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

Result<void> check(const ProcessOptions& options, std::span<const std::byte> job, std::span<const int> descriptors) {
  if (job.size() > detail::max_job_bytes || descriptors.size() > detail::max_job_descriptors) {
    return fail(Code::invalid, "a worker's job is at most 60 KiB and 8 descriptors", options.id);
  }
  return {};
}

// Everything that the child is told before it runs waits in its socket.
Result<void> put_hello(const ProcessOptions& options, detail::ControlMemory& control, const Descriptor& socket,
                       std::span<const std::byte> job, std::span<const int> descriptors) {
  detail::Hello hello;
  hello.parent = ::getpid();
  hello.descriptors = static_cast<std::uint32_t>(descriptors.size());
  hello.memory_max_bytes = options.memory_max_bytes;
  hello.job_bytes = job.size();
  std::array<int, detail::max_datagram_descriptors> handed{control.descriptor().get()};
  std::copy(descriptors.begin(), descriptors.end(), handed.begin() + 1);
  if (!detail::send_datagram(socket.get(), bytes_of(hello), job, std::span(handed).first(1 + descriptors.size()))) {
    return fail(Code::failed, "a worker's job cannot be handed over", options.id, std::strerror(errno));
  }
  control.descriptor().reset();
  return {};
}

Error start_error(const ProcessOptions& options, const std::optional<Error>& unstarted, const End& end, bool too_slow) {
  if (unstarted) return *unstarted;
  if (too_slow) return Error{Code::unreachable, "the worker did not start in time", options.id, end.text};
  if (end.cause == Cause::asked) return Error{Code::cancelled, "stopped while a worker was starting", options.id};
  return Error{Code::failed, "the worker ended while it was starting", options.id, end.text};
}

}  // namespace

Process::State::~State() {
  if (!watcher.joinable()) return;
  judge(Cause::asked, "its parent was done with it");
  watcher.join();
}

bool Process::State::judge(Cause cause, std::string text) {
  {
    std::lock_guard lock(mutex);
    if (verdict || ended) return false;
    verdict = End{cause, std::move(text)};
  }
  is_judged.store(true, std::memory_order_release);
  wake_watcher();
  return true;
}

void Process::State::wake_watcher() const noexcept {
  const std::uint64_t one = 1;
  // It cannot fail but by being full, and then the watcher is awake anyway.
  while (::write(wake.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Process::State::wait_for_end(Instant deadline) {
  std::unique_lock lock(mutex);
  changed.wait_until(lock, deadline, [this] { return ended.has_value(); });
}

const End& Process::State::wait_for_end() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return ended.has_value(); });
  return *ended;
}

Result<std::unique_ptr<Process>> Process::start(ProcessOptions options, std::span<const std::byte> job,
                                                std::span<const int> descriptors, const std::stop_token& stop) {
  if (auto checked = check(options, job, descriptors); !checked) return tl::unexpected(checked.error());
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(Code::exhausted, "no socket for a worker", options.id, std::strerror(errno));
  }
  Descriptor parents(ends[0]), childs(ends[1]);
  auto control = detail::ControlMemory::make(options);
  if (!control) return tl::unexpected(control.error());
  if (auto put = put_hello(options, *control, parents, job, descriptors); !put) return tl::unexpected(put.error());

  auto state = std::make_unique<State>(std::move(options), std::move(*control), std::move(parents));
  state->child_end = std::move(childs);
  state->wake = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake) return fail(Code::exhausted, "no descriptor for a worker", state->options.id, std::strerror(errno));
  try {
    state->watcher = std::thread([&watched = *state] { watched.watch(); });
  } catch (const std::system_error& error) {
    return fail(Code::exhausted, "no thread to watch a worker", state->options.id, error.what());
  }

  const std::stop_callback cancel(stop,
                                  [started = state.get()] { started->judge(Cause::asked, "stopped while starting"); });
  bool ready = false;
  {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->ready || state->ended; });
    ready = state->ready && !state->verdict;
  }
  if (ready) return std::unique_ptr<Process>(new Process(std::move(state)));
  const End& end = state->wait_for_end();
  return tl::unexpected(start_error(state->options, state->unstarted, end, state->too_slow));
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}
Process::~Process() = default;

bool Process::send(const Message& message) noexcept {
  return !state_->over() && !state_->judged() && state_->writer.write(message);
}

Result<void> Process::send_memory(const Message& message, const Pool& pool) {
  const std::string& id = state_->options.id;
  if (pool.descriptor() < 0) return fail(Code::invalid, "only a shared pool can be lent", id, pool.id());
  if (state_->over() || state_->judged()) return fail(Code::closed, "the worker has ended", id);
  detail::MemoryNote note;
  note.bytes = pool.memory().size();
  note.message = message;
  const int descriptor = pool.descriptor();
  // The memory first: it must be there when the message is read.
  if (!detail::send_datagram(state_->socket.get(), bytes_of(note), {}, std::span(&descriptor, 1))) {
    const Code code = errno == EAGAIN || errno == ETOOMANYREFS ? Code::exhausted : Code::closed;
    return fail(code, "memory cannot be lent to the worker", id, std::strerror(errno));
  }
  if (!state_->writer.write(message)) return fail(Code::exhausted, "the worker does not read its messages", id);
  return {};
}

Received Process::receive(Message& message, Instant deadline, const std::stop_token& stop) {
  State& s = *state_;
  std::optional<std::stop_callback<std::function<void()>>> wake;
  for (;;) {
    // What it said before it died is worth hearing; what it said before it was convicted is not.
    const bool over = s.over(), judged = s.judged();
    if (!judged) {
      const Result<bool> read = s.reader.read(message);
      if (!read) {
        convict(read.error().message());
        continue;
      }
      if (*read) return Received::message;
    }
    if (over) return Received::ended;
    if (stop.stop_requested()) return Received::stopped;
    const Instant now = Clock::real().now();
    if (now >= deadline) return Received::deadline;
    const Instant until = std::min(deadline, now + longest_sleep);
    if (judged) {
      s.wait_for_end(until);
      continue;
    }
    // Only those who wait pay for it. Registering runs the callback if the stop came meanwhile.
    if (!wake && stop.stop_possible()) wake.emplace(stop, [&s] { s.reader.ring(); });
    s.reader.wait(until);
  }
}

void Process::expect_until(Instant deadline) noexcept {
  state_->expected.store(deadline);
  // The watcher looks at `expected` again after it has said until when it sleeps.
  if (deadline < state_->planned.load()) state_->wake_watcher();
}

void Process::convict(std::string what) { state_->judge(Cause::protocol, std::move(what)); }

const End& Process::end() {
  state_->judge(Cause::asked, "its parent was done with it");
  return state_->wait_for_end();
}

std::optional<End> Process::ended() const {
  std::lock_guard lock(state_->mutex);
  return state_->ended;
}

void Process::count_revoked(std::size_t leases) noexcept {
  const auto end = ended();
  if (end && end->cause != Cause::asked) detail::book_revoked(state_->options.id, leases);
}

pid_t Process::pid() const noexcept { return state_->pid.load(std::memory_order_relaxed); }
const std::string& Process::id() const noexcept { return state_->options.id; }

std::vector<ProcessReport> Process::report_all() { return detail::book_report(); }

std::filesystem::path worker_executable(std::string_view name) {
  const std::string file = "weir-worker-" + std::string(name);
#ifdef WEIR_TEST_HOOKS
  if (const char* directory = std::getenv("WEIR_TEST_BIN_DIR"); directory != nullptr) {
    return std::filesystem::path(directory) / file;
  }
#endif
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / file;
}

}  // namespace weir::worker
