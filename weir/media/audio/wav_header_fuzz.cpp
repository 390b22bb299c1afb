// Any bytes as the head of a WAV file: an error, or a header whose samples begin within them.
#include <algorithm>
#include <cstdlib>

#include "weir/media/audio/wav_header.hpp"

using namespace weir::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  const auto header = read_wav_header([&](std::span<std::byte> into) -> weir::Result<bool> {
    if (size - at < into.size()) return false;
    std::transform(data + at, data + at + into.size(), into.begin(), [](std::uint8_t one) { return std::byte{one}; });
    at += into.size();
    return true;
  });
  if (header && (header->offset != at || header->channels < 0 || header->bits < 0)) std::abort();
  if (!header && header.error().message().empty()) std::abort();
  return 0;
}
