#include "bench/worker/run.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "bench/worker/frame.hpp"

namespace bench {
namespace {

constexpr std::int64_t pace_ns = 2'000'000;
constexpr std::int64_t patience_ns = 120'000'000'000;

// What the processes of a run tell each other and the one that started them; ages_ns follows it.
struct Outcome {
  std::atomic<bool> receiver_ready, receiver_done;
  std::int64_t begun_ns, ended_ns;
  double sender_cpu_s, receiver_cpu_s;
  std::int64_t* ages_ns() { return reinterpret_cast<std::int64_t*>(this + 1); }
};

class SharedOutcome {
 public:
  explicit SharedOutcome(std::uint64_t frames) : bytes_(sizeof(Outcome) + frames * sizeof(std::int64_t)) {
    void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) give_up_errno("mmap");
    outcome_ = new (memory) Outcome{};
  }
  ~SharedOutcome() { ::munmap(outcome_, bytes_); }
  SharedOutcome(const SharedOutcome&) = delete;
  SharedOutcome& operator=(const SharedOutcome&) = delete;
  Outcome& operator*() { return *outcome_; }

 private:
  std::size_t bytes_;
  Outcome* outcome_;
};

// Of this process, all its threads, user and system.
double cpu_s() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

void sleep_until(std::int64_t instant_ns) {
  const timespec when{instant_ns / 1'000'000'000, instant_ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

void pin(int nth) {
  cpu_set_t allowed, mine;
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  nth %= CPU_COUNT(&allowed);
  CPU_ZERO(&mine);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || nth-- != 0) continue;
    CPU_SET(cpu, &mine);
    ::sched_setaffinity(0, sizeof mine, &mine);
    return;
  }
}

void send(Link& link, Outcome& outcome, std::uint64_t frames, bool paced) {
  while (!outcome.receiver_ready.load()) ::usleep(1000);
  const auto sender = link.sender();
  double cpu_before = 0;
  std::int64_t next_ns = now_ns();
  for (std::uint64_t number = 0; number < warm_up + frames; ++number) {
    if (paced) sleep_until(next_ns += pace_ns);
    if (number == warm_up) {
      cpu_before = cpu_s();
      outcome.begun_ns = now_ns();
    }
    std::byte* place = sender->place();
    write_frame(place, number);
    stamp_frame(place);
    sender->hand_over();
  }
  outcome.sender_cpu_s = cpu_s() - cpu_before;
  // What was handed over last must outlive its sender.
  while (!outcome.receiver_done.load()) ::usleep(1000);
}

void receive(Link& link, Outcome& outcome, std::uint64_t frames) {
  // The sender waits for a receiver that listens already, however that is made.
  outcome.receiver_ready.store(true);
  const auto receiver = link.receiver();
  double cpu_before = 0;
  for (std::uint64_t number = 0; number < warm_up + frames; ++number) {
    if (number == warm_up) cpu_before = cpu_s();
    const std::byte* frame = receiver->take();
    const std::int64_t age = age_ns(frame);
    if (number >= warm_up) outcome.ages_ns()[number - warm_up] = age;
    check_frame(frame, number);
    receiver->release();
  }
  outcome.ended_ns = now_ns();
  outcome.receiver_cpu_s = cpu_s() - cpu_before;
  outcome.receiver_done.store(true);
}

template <class Work>
pid_t start(int cpu, const sigset_t& mask, Work work) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) give_up_errno("fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  pin(cpu);
  work();
  std::exit(0);  // iceoryx says goodbye to its daemon at the exit
}

// Both to their ends. One that fails takes the other with it: it would wait for ever.
void wait_for_both(pid_t sender, pid_t receiver, const sigset_t& child_ends, const std::string& name) {
  const std::int64_t deadline_ns = now_ns() + patience_ns;
  pid_t running[] = {sender, receiver};
  std::string why;
  while (running[0] != 0 || running[1] != 0) {
    for (pid_t& pid : running) {
      int status = 0;
      if (pid == 0 || ::waitpid(pid, &status, WNOHANG) != pid) continue;
      if (status != 0 && why.empty()) why = pid == sender ? "its sender failed" : "its receiver failed";
      pid = 0;
    }
    if (why.empty() && now_ns() > deadline_ns) why = "no end within two minutes";
    if (!why.empty()) {
      for (const pid_t pid : running) {
        if (pid != 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
      }
      break;
    }
    const timespec second{1, 0};
    if (running[0] != 0 || running[1] != 0) ::sigtimedwait(&child_ends, nullptr, &second);
  }
  if (!why.empty()) throw std::runtime_error(name + ": " + why);
}

void run(const Way& way, Outcome& outcome, std::uint64_t frames, bool paced) {
  sigset_t child_ends, before;
  sigemptyset(&child_ends);
  sigaddset(&child_ends, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_ends, &before);
  const auto link = way.make();
  const pid_t receiver = start(1, before, [&] { receive(*link, outcome, frames); });
  const pid_t sender = start(0, before, [&] { send(*link, outcome, frames, paced); });
  wait_for_both(sender, receiver, child_ends, way.name);
}

}  // namespace

Paced run_paced(const Way& way, std::uint64_t frames) {
  SharedOutcome outcome(frames);
  run(way, *outcome, frames, true);
  std::int64_t* ages = (*outcome).ages_ns();
  std::sort(ages, ages + frames);
  const auto us = [&](std::uint64_t i) { return static_cast<double>(ages[std::min(i, frames - 1)]) / 1e3; };
  return {us(frames / 2), us(frames * 99 / 100)};
}

BackToBack run_back_to_back(const Way& way, std::uint64_t frames) {
  SharedOutcome shared(frames);
  run(way, *shared, frames, false);
  const Outcome& outcome = *shared;
  const auto n = static_cast<double>(frames);
  return {n * 1e9 / static_cast<double>(outcome.ended_ns - outcome.begun_ns),
          (outcome.sender_cpu_s + outcome.receiver_cpu_s) * 1000 / n};
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench-worker: %s\n", why.c_str());
  std::exit(1);
}

void give_up_errno(const std::string& what) { give_up(what + ": " + std::strerror(errno)); }

}  // namespace bench
