#include "weir/flows/spatial/sound.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "weir/engines/equalize/eq_text.hpp"
#include "weir/media/responses/convert_rate.hpp"
#include "weir/media/responses/level.hpp"
#include "weir/media/responses/load.hpp"
#include "weir/media/responses/trim.hpp"

namespace weir::spatial {
namespace {

Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "cannot be read", path.string());
  std::string text;
  // One byte more than is allowed, so that the parser sees that there is more.
  text.resize(equalize::max_eq_text_bytes + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(Code::failed, "cannot be read", path.string());
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

Result<std::unique_ptr<equalize::Equalization>> read_eq(const std::filesystem::path& path, int rate_hz) {
  if (path.empty()) return nullptr;
  const auto text = read_text(path);
  if (!text) return tl::unexpected(text.error());
  const auto settings = equalize::parse_eq(*text, path.string());
  if (!settings) return tl::unexpected(settings.error());
  return equalize::Equalization::make(*settings, rate_hz);
}

}  // namespace

Result<Heard> read_responses(const ResponseOptions& options, const media::Layout& layout, int rate_hz) {
  auto set =
      media::load_responses(options.hrir, layout,
                            {.order = options.order,
                             .map = options.map,
                             .pick = options.interpolate ? media::SofaPick::interpolated : media::SofaPick::nearest});
  if (!set) return tl::unexpected(set.error());
  Heard heard;
  heard.name = set->name;
  heard.set_rate_hz = set->rate_hz;
  if (options.trim) *set = media::trimmed(std::move(*set));
  auto converted = media::convert_rate(*set, rate_hz);
  if (!converted) return tl::unexpected(converted.error());
  // Loudness first: what is then still too loud is turned down, and a set that is not is left as loud as the others.
  if (options.match_loudness) heard.gain_db -= media::loudness_db(*converted);
  if (options.normalise) {
    const double most = media::normalising_gain_db(*converted);
    heard.gain_db = options.match_loudness ? std::min(heard.gain_db, most) : most;
  }
  if (heard.gain_db != 0) *converted = media::scaled(std::move(*converted), heard.gain_db);
  auto responses = media::for_layout(*converted, layout);
  if (!responses) return tl::unexpected(responses.error());
  heard.responses = std::move(*responses);
  return heard;
}

Result<std::unique_ptr<Sound>> prepare(const SoundOptions& options, const Heard& heard, const convolve::Shape& shape) {
  std::vector<convolve::Impulses> impulses;
  for (const media::Response& channel : heard.responses.channels) impulses.push_back({channel.left, channel.right});
  auto filter = convolve::Filter::prepare(shape, impulses);
  if (!filter) return tl::unexpected(filter.error());
  auto equalization = read_eq(options.eq, heard.responses.rate_hz);
  if (!equalization) return tl::unexpected(equalization.error());
  auto sound = std::make_unique<Sound>();
  sound->filter = std::move(*filter);
  sound->equalization = std::move(*equalization);
  sound->gain = static_cast<float>(std::pow(10.0, options.gain_db / 20));
  return sound;
}

}  // namespace weir::spatial
