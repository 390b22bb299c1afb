#include "weir/app/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "weir/core/result.hpp"

namespace weir::app {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  ended_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || ended_ < 0) fatal("no file descriptors for signals");
  thread_ = std::thread([this] { wait(); });
}

Signals::~Signals() {
  const std::uint64_t one = 1;
  if (::write(ended_, &one, sizeof one) != sizeof one) fatal("the signal thread cannot be told to end");
  thread_.join();
  ::close(signals_);
  ::close(ended_);
}

int Signals::exit_status(int otherwise) const noexcept {
  const int signal = received();
  return signal == 0 ? otherwise : 128 + signal;
}

void Signals::wait() {
  std::array<pollfd, 2> files{{{signals_, POLLIN, 0}, {ended_, POLLIN, 0}}};
  for (;;) {
    if (::poll(files.data(), files.size(), -1) < 0 && errno == EINTR) continue;
    if (files[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    int none = 0;
    if (!received_.compare_exchange_strong(none, static_cast<int>(info.ssi_signo))) {
      // Whoever asks twice does not want to wait for destructors.
      ::_exit(128 + static_cast<int>(info.ssi_signo));
    }
    stop_.request_stop();
  }
}

}  // namespace weir::app
