// Measuring small operations: every subject of a case does the same work, a little in each round, the subjects taking
// turns, so that what disturbs the machine disturbs them alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace bench {

// What one thread of a subject does: `operations` times the operation. Set-up lies in the closure.
using Body = std::function<void(std::size_t thread, std::size_t operations)>;

struct Subject {
  std::string name;
  Body body;
};

struct Case {
  std::string name;  // "acquire+release, 2 threads"
  std::size_t threads = 1;
  std::vector<Subject> subjects;
};

std::vector<Case> pool_cases();
std::vector<Case> channel_cases();
std::vector<Case> lock_cases();

// Nanoseconds of wall time from the moment all threads start to the moment the last is done, per operation of one
// thread. A run from which the machine took a CPU away is made again, up to ten times: that is the machine's time, not
// the subject's, and the same rule holds for all.
double time_once(const Case& which, const Subject& subject, std::size_t operations);

// How many operations take about `seconds`.
std::size_t calibrate(const Case& which, const Subject& subject, double seconds);

// Requests to jemalloc per operation, those of all threads together.
double allocations_per_operation(const Case& which, const Subject& subject, std::size_t operations);

// True when jemalloc runs as its authors ship it: peers are measured with the allocator's own defaults.
bool allocator_has_its_defaults();

// The compiler must take it that the value is used.
template <class T>
inline void keep(T&& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Waiting for another thread: spin a little, then let it have the CPU, which on a busy machine may be this one.
class Backoff {
 public:
  void pause();

 private:
  unsigned spins_ = 0;
};

}  // namespace bench
