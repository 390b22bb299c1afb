#include "weir/core/ring.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "weir/core/regions.hpp"

namespace weir {

Result<std::unique_ptr<Ring>> Ring::make(RingOptions options) {
  if (options.frame_bytes == 0 || options.frames == 0) {
    return fail(Code::invalid, "a ring holds at least one frame of at least one byte", options.id);
  }
  std::unique_ptr<Ring> ring(new Ring(std::move(options)));
  if (auto mapped = ring->map(); !mapped) return tl::unexpected(mapped.error());
  return ring;
}

Result<void> Ring::map() {
  const auto refused = [&](const char* what) {
    return fail(Code::exhausted, "no memory for the ring", options_.id,
                std::string(what) + ": " + std::generic_category().message(errno));
  };
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t bytes = (options_.frame_bytes * options_.frames + page - 1) / page * page;
  const int file = ::memfd_create("weir ring", MFD_CLOEXEC);
  if (file < 0) return refused("memfd_create");
  void* memory = MAP_FAILED;
  // Taken and not only promised: a page that is missing on a hot path would end the process.
  if (::ftruncate(file, static_cast<off_t>(bytes)) == 0 && ::fallocate(file, 0, 0, static_cast<off_t>(bytes)) == 0) {
    memory = ::mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  bool mapped = memory != MAP_FAILED;
  for (std::size_t half = 0; half < 2 && mapped; ++half) {
    mapped = ::mmap(static_cast<std::byte*>(memory) + half * bytes, bytes, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0) != MAP_FAILED;
  }
  const int why = errno;
  ::close(file);
  errno = why;
  if (!mapped) {
    if (memory != MAP_FAILED) ::munmap(memory, 2 * bytes);
    errno = why;
    return refused("mmap");
  }
  memory_ = static_cast<std::byte*>(memory);
  bytes_ = bytes;
  register_region(options_.owner, {memory_, 2 * bytes_});
  return {};
}

Ring::~Ring() {
  if (memory_ == nullptr) return;
  unregister_region({memory_, 2 * bytes_});
  ::munmap(memory_, 2 * bytes_);
}

std::span<std::byte> Ring::writable() noexcept {
  const std::uint64_t at = written_.load(std::memory_order_relaxed);
  const std::uint64_t room = bytes_ - (at - read_.load(std::memory_order_acquire));
  return {memory_ + at % bytes_, static_cast<std::size_t>(room - room % options_.frame_bytes)};
}

void Ring::wrote(std::size_t frames) noexcept {
  const std::size_t bytes = std::min(frames * options_.frame_bytes, writable().size());
  written_.store(written_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  moved();
}

void Ring::end() noexcept {
  ended_.store(true, std::memory_order_release);
  moved();
}

std::span<const std::byte> Ring::readable() noexcept {
  const std::uint64_t at = read_.load(std::memory_order_relaxed);
  return {memory_ + at % bytes_, static_cast<std::size_t>(written_.load(std::memory_order_acquire) - at)};
}

void Ring::read(std::size_t frames) noexcept {
  const std::size_t bytes = std::min(frames * options_.frame_bytes, readable().size());
  read_.store(read_.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
  moved();
}

bool Ring::drained() const noexcept {
  // In this order: what was written before the end is seen with it.
  return ended() && read_.load(std::memory_order_relaxed) == written_.load(std::memory_order_acquire);
}

}  // namespace weir
