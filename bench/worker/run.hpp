// One run of one way: two processes, each on its own CPU, that live for this run only.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/worker/way.hpp"

namespace bench {

// Handed over before anything is measured: both processes have then touched what they use.
constexpr std::uint64_t warm_up = 100;

struct Paced {
  double p50_us, p99_us;
};
// A frame every 2 ms; each is written, stamped and handed over. From the stamp until the receiver has read the frame's
// last byte.
Paced run_paced(const Way& way, std::uint64_t frames);

struct BackToBack {
  double frames_per_s;
  double cpu_s_per_1000;  // of both processes together
};
// Frames one after another, as fast as both can: written, handed over, and a byte of each page read.
BackToBack run_back_to_back(const Way& way, std::uint64_t frames);

}  // namespace bench
