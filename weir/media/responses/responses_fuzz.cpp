// Any bytes as an audio file of responses, then everything that is done to a set: only finite samples come out.
#include "weir/media/responses/convert_rate.hpp"
#include "weir/media/responses/for_layout.hpp"
#include "weir/media/responses/fuzz_file.hpp"
#include "weir/media/responses/level.hpp"
#include "weir/media/responses/load.hpp"
#include "weir/media/responses/trim.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::media;
  if (size < 1) return 0;
  static const Layout layout = *parse_layout("7.1.4");
  const fuzz::MemoryFile file(data + 1, size - 1);
  const auto set = load_responses(file.path(), layout, {.order = static_cast<TrackOrder>(data[0] % 4)});
  fuzz::expect_sound(set);
  if (!set || set->taps() > 512) return 0;
  const ResponseSet cut = trimmed(*set);
  fuzz::expect_sound(cut);
  fuzz::expect_sound(scaled(cut, normalising_gain_db(cut)));
  if (!std::isfinite(loudness_db(cut))) std::abort();
  const auto converted = convert_rate(cut, (data[0] & 4) != 0 ? 44100 : 96000);
  fuzz::expect_sound(converted);
  const auto channels = for_layout(cut, layout, (data[0] & 8) != 0 ? Missing::nearest : Missing::refuse);
  if (channels && channels->channels.size() != layout.channels.size()) std::abort();
  return 0;
}
