// Running a subject: at the pace of a sound card, which is what counts, or as fast as it goes.
#pragma once

#include <cstdint>

#include "bench/spatial/subject.hpp"

namespace bench {

// FIFO for this thread, memory that stays, and sleeps that end when they should: as a sound server has it. Where that
// is not permitted the thread stays an ordinary one. What the threads of subjects shall have, too.
Schedule become_real_time();

struct Paced {
  double cpu_percent;             // of real time: user and system, all threads of the process
  double p50_us, p99_us, max_us;  // of the call for a block
  std::uint64_t blocks;
  std::uint64_t late;                // blocks that were not whole when due, or came after the next one was due
  std::uint64_t wrong, checked;      // of samples at random places: further than `tolerance` from the exact result
  double deviation;                  // the largest
  std::uint64_t allocations, frees;  // blocks in whose call the thread did that
  std::uint64_t preempted;           // blocks in whose call it lost its CPU
};
// Two subjects that keep to this are not further than 1e-4 from each other.
constexpr double tolerance = 5e-5;

// Each block at its due time, for `warm_up_s` and then for `seconds` that are measured.
Paced run_paced(Subject& subject, const Work& work, double warm_up_s, double seconds);

// CPU as % of the played time, after a warm-up: for choosing between options, not for comparing subjects.
double run_unpaced(Subject& subject, const Work& work, double seconds);

}  // namespace bench
