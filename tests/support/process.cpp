#include "tests/support/process.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <regex>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace weir::test {

namespace {

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() { close_end(read); }
  void close_write() { close_end(write); }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
};

std::vector<std::string> environment(const Command& command) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos) merged[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  for (const auto& name : command.unset) merged.erase(name);
  for (const auto& [name, value] : command.env) merged[name] = value;
  std::vector<std::string> result;
  for (const auto& [name, value] : merged) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::string tail(const std::string& text) {
  constexpr std::size_t shown = 2000;
  return text.size() <= shown ? text : "…" + text.substr(text.size() - shown);
}

}  // namespace

struct Process::State {
  pid_t pid = -1;
  std::size_t max_output_bytes = 0;
  Pipe out_pipe, err_pipe, start_pipe;
  std::thread reader;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::string out, err;  // guarded by mutex, as all below
  std::uint64_t discarded_bytes = 0;
  bool drained = false;  // both streams have ended
  bool reaped = false;
  int status = 0;
  std::string start_error;

  void start(const Command& command);
  void read_all();
  bool reap_locked(int flags);
  bool send_locked(int signal) { return !reaped && pid > 0 && ::kill(pid, signal) == 0; }
  void end();
};

void Process::State::start(const Command& command) {
  max_output_bytes = command.max_output_bytes;
  auto args = command.argv;
  auto env = environment(command);
  const auto argv = pointers(args);
  const auto envp = pointers(env);
  const std::string cwd = command.cwd.string();
  const pid_t parent = ::getpid();

  pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) {
    // Only async-signal-safe calls from here: other threads may hold the allocator's locks.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDONLY);
    const bool placed = ::getppid() == parent && ::dup2(null, 0) >= 0 && ::dup2(out_pipe.write, 1) >= 0 &&
                        ::dup2(err_pipe.write, 2) >= 0 && (cwd.empty() || ::chdir(cwd.c_str()) == 0);
    if (placed) ::execvpe(argv[0], argv.data(), envp.data());
    const int failure = errno;
    [[maybe_unused]] const auto written = ::write(start_pipe.write, &failure, sizeof failure);
    ::_exit(127);
  }
  ::setpgid(pid, pid);
  out_pipe.close_write();
  err_pipe.close_write();
  start_pipe.close_write();
  int failure = 0;
  ssize_t got = 0;
  do {
    got = ::read(start_pipe.read, &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  if (got == sizeof failure) start_error = std::strerror(failure);
  reader = std::thread([this] { read_all(); });
}

void Process::State::read_all() {
  std::array<pollfd, 2> ends{{{out_pipe.read, POLLIN, 0}, {err_pipe.read, POLLIN, 0}}};
  std::array<std::string*, 2> kept{&out, &err};
  std::array<char, 65536> buffer;
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t got = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        ends[i].fd = -1;
        continue;
      }
      const std::lock_guard lock(mutex);
      const auto bytes = static_cast<std::size_t>(got);
      const std::size_t room = std::min(bytes, max_output_bytes - kept[i]->size());
      kept[i]->append(buffer.data(), room);
      discarded_bytes += bytes - room;
      changed.notify_all();
    }
  }
  const std::lock_guard lock(mutex);
  drained = true;
  changed.notify_all();
}

bool Process::State::reap_locked(int flags) {
  if (reaped) return true;
  pid_t done = 0;
  do {
    done = ::waitpid(pid, &status, flags);
  } while (done < 0 && errno == EINTR);
  reaped = done == pid;
  return reaped;
}

void Process::State::end() {
  {
    const std::lock_guard lock(mutex);
    send_locked(SIGKILL);
    // The group outlives its leader while a grandchild lives; the id cannot be reused before that.
    ::kill(-pid, SIGKILL);
    reap_locked(0);
  }
  if (reader.joinable()) reader.join();
}

Process::Process(const Command& command) : state_(std::make_unique<State>()) { state_->start(command); }

Process::~Process() {
  if (state_) state_->end();
}

Process::Process(Process&&) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    if (state_) state_->end();
    state_ = std::move(other.state_);
  }
  return *this;
}

pid_t Process::pid() const noexcept { return state_->pid; }

bool Process::running() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->reap_locked(WNOHANG);
}

bool Process::send(int signal) {
  const std::lock_guard lock(state_->mutex);
  return !state_->reap_locked(WNOHANG) && state_->send_locked(signal);
}

std::optional<std::vector<std::string>> Process::wait_for_output(const std::string& pattern, Watchdog watchdog) {
  const std::regex wanted(pattern);
  const auto deadline = std::chrono::steady_clock::now() + watchdog;
  std::unique_lock lock(state_->mutex);
  std::array<std::size_t, 2> searched{0, 0};
  for (;;) {
    const bool last = state_->drained;
    std::size_t i = 0;
    for (const std::string* text : {&state_->out, &state_->err}) {
      // Whole lines only: a number that is still being written would match too early.
      for (std::size_t& from = searched[i++]; from < text->size();) {
        const auto line_end = text->find('\n', from);
        if (line_end == std::string::npos && !last) break;
        const std::string line = text->substr(from, line_end == std::string::npos ? line_end : line_end - from);
        std::smatch match;
        if (std::regex_search(line, match, wanted)) return std::vector<std::string>(match.begin(), match.end());
        if (line_end == std::string::npos) break;
        from = line_end + 1;
      }
    }
    if (last) return std::nullopt;
    if (state_->changed.wait_until(lock, deadline) == std::cv_status::timeout) return std::nullopt;
  }
}

std::string Process::out() const {
  const std::lock_guard lock(state_->mutex);
  return state_->out;
}

std::string Process::err() const {
  const std::lock_guard lock(state_->mutex);
  return state_->err;
}

Outcome Process::wait(Watchdog watchdog) {
  using namespace std::chrono_literals;
  Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + watchdog;
  {
    std::unique_lock lock(state_->mutex);
    while (!state_->reap_locked(WNOHANG)) {
      if (std::chrono::steady_clock::now() >= deadline) {
        outcome.watchdog = true;
        break;
      }
      state_->changed.wait_for(lock, 20ms);
    }
  }
  state_->end();
  const std::lock_guard lock(state_->mutex);
  outcome.start_error = state_->start_error;
  if (outcome.start_error.empty()) {
    if (WIFEXITED(state_->status)) outcome.exit_code = WEXITSTATUS(state_->status);
    if (WIFSIGNALED(state_->status)) outcome.signal = WTERMSIG(state_->status);
  }
  outcome.out = state_->out;
  outcome.err = state_->err;
  outcome.discarded_bytes = state_->discarded_bytes;
  return outcome;
}

std::string Outcome::line() const {
  std::string text = watchdog                ? "hung until the watchdog ended it"
                     : !start_error.empty()  ? "not started: " + start_error
                     : exit_code.has_value() ? "exit " + std::to_string(*exit_code)
                                             : "signal " + std::to_string(signal.value_or(0));
  return text + "\n--- stdout\n" + tail(out) + "\n--- stderr\n" + tail(err);
}

Outcome run(const Command& command, Watchdog watchdog) { return Process(command).wait(watchdog); }

std::optional<std::filesystem::path> program(std::string_view name) {
  const char* directory = std::getenv("WEIR_TEST_BIN_DIR");
  const auto path = std::filesystem::path(directory != nullptr ? directory : WEIR_DEFAULT_BIN_DIR) / name;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  return path;
}

ScratchDir::ScratchDir() {
  std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = name;
}

ScratchDir::~ScratchDir() {
  std::error_code error;
  // A test may have taken write permission away.
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all, error);
  std::filesystem::remove_all(path_, error);
}

}  // namespace weir::test
