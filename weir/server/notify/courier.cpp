#include "weir/server/notify/courier.hpp"

#include <csignal>

#include "weir/core/account.hpp"

namespace weir::notify {

Courier::~Courier() { close(clock_.now()); }

void Courier::start(Run run) {
  thread_ = std::jthread([this, run = std::move(run)](const std::stop_token& stop) {
    // A receiver that hangs up while it is written to is an error like others, whatever the library does about it.
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    AccountBinding binding(Account::open("notify"));
    run(*outbox_, stop);
  });
}

Result<void> Courier::close(Instant deadline) {
  auto written = outbox_->close_intake();
  if (!thread_.joinable()) return written;
  for (;;) {
    const std::uint32_t seen = outbox_->news();
    // A receiver that is gone does not hold the end of the program up: nothing is lost.
    if (outbox_->idle() || clock_.now() >= deadline) break;
    outbox_->wait(seen, deadline, {});
  }
  thread_.request_stop();
  thread_.join();
  outbox_->end();
  return written;
}

}  // namespace weir::notify
