#include "bench/spatial/awake.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>

namespace bench {
namespace {

[[noreturn]] void turn_on(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  const sched_param none{};
  const bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::sched_setaffinity(0, sizeof only, &only) == 0 &&
                     ::sched_setscheduler(0, SCHED_IDLE, &none) == 0;
  if (!ready) ::_exit(1);
  volatile std::uint64_t turns = 0;
  for (;;) {
    turns = turns + 1;
  }
}

}  // namespace

AwakeCores::AwakeCores() {
  cpu_set_t ours;
  if (::sched_getaffinity(0, sizeof ours, &ours) != 0) return;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &ours)) continue;
    const pid_t child = ::fork();
    if (child == 0) turn_on(core);
    if (child > 0) children_.push_back(child);
  }
}

AwakeCores::~AwakeCores() {
  for (const pid_t child : children_) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

}  // namespace bench
