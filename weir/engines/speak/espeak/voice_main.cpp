// weir-worker-voice: espeak-ng for a parent, in a box. Its licence is the GPL's, so it is in this program alone.
#include <clocale>

#include "weir/engines/speak/espeak/espeak_engine.hpp"
#include "weir/engines/speak/voice_worker.hpp"

int main() {
  // Its classes of characters; the locale's file can be opened now.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  return weir::speak::run_worker("weir-worker-voice", {weir::speak::espeak_data()}, weir::speak::make_espeak);
}
