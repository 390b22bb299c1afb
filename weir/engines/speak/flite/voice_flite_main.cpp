// weir-worker-voice-flite: flite for a parent, in a box without any file.
#include "weir/engines/speak/flite/flite_engine.hpp"
#include "weir/engines/speak/voice_worker.hpp"

int main() { return weir::speak::run_worker("weir-worker-voice-flite", {}, weir::speak::make_flite); }
