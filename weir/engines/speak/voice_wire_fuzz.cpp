// Any answers of a voice's worker: joined as far as they can be, refused whole otherwise.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "weir/engines/speak/voice_wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::speak;
  auto bytes = std::as_bytes(std::span(data, size));
  wire::text_of(bytes);
  for (const VoiceInfo& voice : wire::voices_of(bytes, "engine")) {
    if (voice.name.find('\n') != voice.name.npos) std::abort();
  }
  wire::choice_of(bytes);
  wire::Sound sound;
  wire::Begin begin;
  while (bytes.size() > sizeof(wire::Answer) + 2) {
    wire::Answer answer;
    std::memcpy(&answer, bytes.data(), sizeof answer);
    bytes = bytes.subspan(sizeof answer);
    // Few would say the right length by chance.
    const bool plausible = std::to_integer<int>(bytes[0]) % 4 != 0;
    std::size_t length = std::min<std::size_t>(std::to_integer<std::size_t>(bytes[1]), bytes.size() - 2);
    bytes = bytes.subspan(2);
    if (plausible) {
      answer.rate_hz = 22050;
      answer.more &= 1;
      answer.heard %= 8;
      length = std::max<std::size_t>(length, answer.heard * sizeof(Heard)) & ~std::size_t{1};
      if (length > bytes.size()) return 0;
      answer.samples = static_cast<std::uint32_t>((length - answer.heard * sizeof(Heard)) / 2);
    }
    const std::size_t there = sound.samples.size(), known = sound.heard.size();
    const auto joined = wire::join(answer, bytes.first(length), begin, sound);
    bytes = bytes.subspan(length);
    if (joined && sound.samples.size() != there + answer.samples) std::abort();
    if (!joined && (sound.samples.size() != there || sound.heard.size() != known)) std::abort();
    if (joined && answer.more == 0) begin = {begin.position + 10, sound.samples.size()};
  }
  for (const Heard& heard : sound.heard) {
    if (heard.sample < 0) std::abort();
  }
  return 0;
}
