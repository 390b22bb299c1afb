#include "weir/server/waker.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "weir/core/result.hpp"

namespace weir::server {

Waker::Waker() noexcept : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WEIR_CHECK(fd_ >= 0, "no descriptor left to wake the server with");
}

Waker::~Waker() { ::close(fd_); }

void Waker::notify() noexcept {
  if (pending_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the server wakes anyway.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Waker::drain() noexcept {
  std::uint64_t count;
  // Empty is fine: a wake-up may have been for something else.
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
  pending_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace weir::server
