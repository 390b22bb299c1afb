// weir-worker-decode: one stream's decoder, in a box.
#include <cstdio>

#include "weir/core/worker/child.hpp"
#include "weir/media/worker/decode_server.hpp"

int main() {
  const auto child = weir::worker::Child::connect();
  if (!child) {
    std::fprintf(stderr, "weir-worker-decode: %s\n", child.error().line().c_str());
    return 2;
  }
  return weir::media::decode::DecodeServer(**child).run();
}

#if defined(__SANITIZE_THREAD__)
// As in the tests of decoders: FFmpeg hands buffers between its frame threads by atomics that are not instrumented.
extern "C" const char* __tsan_default_suppressions() { return "race:libavutil.so\nrace:libavcodec.so\n"; }
#endif
