// Subject: one way to render a Work, a block at a time, without added latency.
#pragma once

#include <memory>
#include <string>

#include "bench/spatial/work.hpp"

namespace bench {

// How the threads of a run are scheduled: as a sound server's are, where that is permitted.
struct Schedule {
  int policy, priority;
};

class Subject {
 public:
  virtual ~Subject() = default;
  // in[inputs][block] → out[ears][block]. False: a part of it was not ready in time, and is missing.
  virtual bool process(const float* const* in, float* const* out) = 0;
};

// zita-convolver's choices. FFTW_MEASURE is always on.
struct ZitaOptions {
  bool vector = true;       // its own SIMD code
  unsigned maxpart = 8192;  // the longest partition; each length but the shortest has a thread of its own
  bool dense = true;        // said to be dense, or half as dense: it cuts the response otherwise
  bool sync = false;        // waits for its threads instead of going on without them
  std::string text() const;
  // From what text() gives; throws what is wrong with it.
  static ZitaOptions from(const std::string& text);
};

std::unique_ptr<Subject> weir_subject(const Work& work);
std::unique_ptr<Subject> zita_subject(const Work& work, const ZitaOptions& options, Schedule schedule);
// Uniform partitions, a convolver for each of the 16 paths: as FFTConvolver does it, written anew, on fftw3f.
std::unique_ptr<Subject> uniform_subject(const Work& work);

}  // namespace bench
