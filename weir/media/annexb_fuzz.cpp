// The access-unit splitter on any bytes: extradata and unit come from the same input. What it says it will write, it
// writes, and nothing else.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "weir/media/annexb.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::media;
  if (size < 3) return 0;
  const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
  const auto codec = static_cast<NalCodec>(data[0] % 3);
  const bool key = (data[0] & 0x80) != 0;
  const std::size_t split = 2 + data[1] % (size - 1);
  auto units = AccessUnits::make(codec, input.subspan(2, split - 2));
  if (!units) units = AccessUnits::make(codec, {});
  const auto unit = input.subspan(split);
  if (units->brings_other_parameter_sets(unit)) {
    units->adopt_parameter_sets(unit);
    if (units->brings_other_parameter_sets(unit)) std::abort();
  }
  const auto needed = units->annexb_bytes(unit, key);
  if (!needed) return 0;
  std::vector<std::byte> out(*needed);
  const auto written = units->write(unit, key, out);
  if (!written || *written != *needed) std::abort();
  if (*needed > 0 && units->write(unit, key, std::span(out).first(*needed - 1))) std::abort();
  return 0;
}
