// weir-worker-sofa: reads one SOFA file for a parent, in a box.
#include <cstdio>

#include "weir/media/responses/sofa_worker.hpp"

int main() {
  const auto child = weir::worker::Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-sofa: %s\n", child.error().line().c_str());
    return 2;
  }
  return weir::media::sofa::run_worker(**child);
}

#if defined(__SANITIZE_ADDRESS__)
// libmysofa keeps some of what it has read of a file that it gives up.
extern "C" const char* __lsan_default_suppressions() { return "leak:libmysofa\n"; }
#endif
