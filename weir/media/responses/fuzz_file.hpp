// Fuzz targets for readers that take a path: the bytes as a file that is only in memory, and what must be true of the
// answer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "weir/media/responses/response_set.hpp"

namespace weir::media::fuzz {

class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || ::write(fd_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

inline void expect_sound(const Result<ResponseSet>& set) {
  if (!set) {
    if (set.error().line().find('\n') != std::string::npos) std::abort();
    return;
  }
  const std::size_t taps = set->taps();
  if (taps == 0 || taps > std::size_t{ResponseSet::max_seconds} * static_cast<std::size_t>(set->rate_hz)) std::abort();
  for (const Response& r : set->responses) {
    if (r.left.size() != taps || r.right.size() != taps) std::abort();
    for (const float v : r.left) {
      if (!std::isfinite(v)) std::abort();
    }
    for (const float v : r.right) {
      if (!std::isfinite(v)) std::abort();
    }
  }
}

}  // namespace weir::media::fuzz
