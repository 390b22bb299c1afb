// Any bytes as measurements and as the answer of the worker that reads SOFA files. libmysofa itself is not in here: it
// does not survive this, which is why it is in a worker.
#include <algorithm>
#include <cstring>

#include "weir/media/responses/fuzz_file.hpp"
#include "weir/media/responses/sofa_wire.hpp"

namespace {

using namespace weir::media;

void answer(std::span<const std::byte> bytes) {
  sofa::Answer head;
  if (bytes.size() < sizeof head) return;
  std::memcpy(&head, bytes.data(), sizeof head);
  const auto payload = bytes.subspan(sizeof head);
  fuzz::expect_sound(sofa::set_of(head, payload));
  // Few answers would say the right length by chance.
  head.speakers = std::min<std::uint32_t>(head.speakers, 17);
  head.taps = head.speakers == 0 ? 0 : static_cast<std::uint32_t>(payload.size() / 8 / head.speakers);
  fuzz::expect_sound(sofa::set_of(head, payload.first(std::size_t{8} * head.speakers * head.taps)));
}

// Up to 16 measurements of up to 64 taps: what parse_sofa() has checked is so here too.
void measurements(std::span<const std::byte> bytes, SofaPick pick) {
  const auto byte = [&bytes] {
    if (bytes.empty()) return 0;
    const int value = std::to_integer<int>(bytes[0]);
    bytes = bytes.subspan(1);
    return value;
  };
  SofaFile file;
  file.rate_hz = 8000 + 100 * byte();
  file.taps = static_cast<std::size_t>(1 + byte() % 64);
  const int count = 1 + byte() % 16;
  for (int i = 0; i < count; ++i) {
    const auto azimuth = static_cast<float>(3 * byte()), elevation = static_cast<float>(byte() - 128);
    const auto distance = static_cast<float>(byte() % 3);
    const auto left = static_cast<float>(byte()) / 8, right = static_cast<float>(byte()) / 8;
    file.measurements.push_back({{azimuth, elevation}, distance, left, right});
  }
  for (std::size_t i = 0; i < 2 * file.taps * file.measurements.size(); ++i) {
    file.samples.push_back(static_cast<float>(byte() - 128) / 64);
  }
  static const Layout layout = *parse_layout("9.1.6");
  fuzz::expect_sound(responses_at(file, layout, pick));
  fuzz::expect_sound(responses_at(file, *parse_layout("stereo"), pick));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  if (data[0] % 4 == 0) {
    answer(bytes);
  } else {
    measurements(bytes, data[0] % 4 == 1 ? SofaPick::nearest : SofaPick::interpolated);
  }
  return 0;
}
