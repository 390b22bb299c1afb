// A remote source for tests: as the program makes it, but with all the time that a busy machine may take.
#pragma once

#include <chrono>

#include "weir/core/worker/process.hpp"
#include "weir/media/worker/remote_source.hpp"

namespace weir::media::test {

inline RemoteSourceOptions patient() {
  RemoteSourceOptions o;
  o.executable = worker::worker_executable("connect");
  o.hang_after = std::chrono::seconds(60);
  return o;
}

}  // namespace weir::media::test
