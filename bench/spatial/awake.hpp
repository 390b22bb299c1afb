// AwakeCores: as long as it lives, no core halts.
#pragma once

#include <sys/types.h>

#include <vector>

namespace bench {

// A core that has nothing to do halts, and in a virtual machine its host gives it to somebody else, who leaves its
// caches cold: what a block then takes is the neighbours' doing, up to three times the median for work that is always
// the same. So each core has a process of its own that turns in a circle whenever nobody else wants it (SCHED_IDLE),
// which is what `idle=poll` does for musicians. Its CPU time is its own.
class AwakeCores {
 public:
  // Before threads are started and memory is locked. Cores for which that fails stay as they are.
  AwakeCores();
  ~AwakeCores();
  AwakeCores(const AwakeCores&) = delete;
  AwakeCores& operator=(const AwakeCores&) = delete;

 private:
  std::vector<pid_t> children_;
};

}  // namespace bench
