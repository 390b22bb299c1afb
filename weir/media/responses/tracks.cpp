#include "weir/media/responses/tracks.hpp"

#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "weir/media/responses/response_set.hpp"

namespace weir::media {
namespace {

struct Close {
  void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};
using File = std::unique_ptr<SNDFILE, Close>;

std::optional<Speaker> speaker_of_sndfile(int place) noexcept {
  switch (place) {
    case SF_CHANNEL_MAP_LEFT:
    case SF_CHANNEL_MAP_FRONT_LEFT: return Speaker::FL;
    case SF_CHANNEL_MAP_RIGHT:
    case SF_CHANNEL_MAP_FRONT_RIGHT: return Speaker::FR;
    case SF_CHANNEL_MAP_CENTER:
    case SF_CHANNEL_MAP_FRONT_CENTER: return Speaker::FC;
    case SF_CHANNEL_MAP_LFE: return Speaker::LFE;
    case SF_CHANNEL_MAP_REAR_LEFT: return Speaker::BL;
    case SF_CHANNEL_MAP_REAR_RIGHT: return Speaker::BR;
    case SF_CHANNEL_MAP_REAR_CENTER: return Speaker::BC;
    case SF_CHANNEL_MAP_SIDE_LEFT: return Speaker::SL;
    case SF_CHANNEL_MAP_SIDE_RIGHT: return Speaker::SR;
    case SF_CHANNEL_MAP_FRONT_LEFT_OF_CENTER: return Speaker::FLC;
    case SF_CHANNEL_MAP_FRONT_RIGHT_OF_CENTER: return Speaker::FRC;
    case SF_CHANNEL_MAP_TOP_CENTER: return Speaker::TC;
    case SF_CHANNEL_MAP_TOP_FRONT_LEFT: return Speaker::TFL;
    case SF_CHANNEL_MAP_TOP_FRONT_RIGHT: return Speaker::TFR;
    case SF_CHANNEL_MAP_TOP_FRONT_CENTER: return Speaker::TFC;
    case SF_CHANNEL_MAP_TOP_REAR_LEFT: return Speaker::TBL;
    case SF_CHANNEL_MAP_TOP_REAR_RIGHT: return Speaker::TBR;
    case SF_CHANNEL_MAP_TOP_REAR_CENTER: return Speaker::TBC;
    default: return std::nullopt;
  }
}

std::optional<Layout> stated_layout(SNDFILE* file, int tracks) {
  std::vector<int> places(static_cast<std::size_t>(tracks));
  const int bytes = tracks * static_cast<int>(sizeof(int));
  if (sf_command(file, SFC_GET_CHANNEL_MAP_INFO, places.data(), bytes) != SF_TRUE) return std::nullopt;
  std::string list;
  for (const int place : places) {
    const auto speaker = speaker_of_sndfile(place);
    if (!speaker) return std::nullopt;
    list.append(list.empty() ? "" : ",").append(to_string(*speaker));
  }
  auto layout = parse_layout(list);
  return layout ? std::optional(*std::move(layout)) : std::nullopt;
}

Result<void> check_bounds(const SF_INFO& info, const std::string& owner) {
  if (info.samplerate < ResponseSet::min_rate_hz || info.samplerate > ResponseSet::max_rate_hz) {
    return fail(Code::invalid, "the sample rate is not between 8000 and 384000 Hz", owner,
                std::to_string(info.samplerate));
  }
  if (info.channels < 1 || info.channels > Tracks::max_tracks) {
    return fail(Code::invalid, "no file of responses has so many tracks", owner, std::to_string(info.channels));
  }
  return {};
}

std::size_t most_frames(const SF_INFO& info) {
  const auto by_time = static_cast<std::size_t>(info.samplerate) * ResponseSet::max_seconds;
  return std::min(by_time, ResponseSet::max_samples / static_cast<std::size_t>(info.channels));
}

}  // namespace

Result<void> check_regular_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return fail(Code::not_found, "there is no such file", path.string());
  if (!std::filesystem::is_regular_file(status)) return fail(Code::invalid, "this is not a file", path.string());
  if (::access(path.c_str(), R_OK) != 0) return fail(Code::denied, "this file may not be read", path.string());
  if (std::filesystem::file_size(path, error) == 0) return fail(Code::corrupt, "this file is empty", path.string());
  return {};
}

Result<Tracks> read_tracks(const std::filesystem::path& path) {
  const std::string owner = path.string();
  if (auto there = check_regular_file(path); !there) return tl::unexpected(there.error());
  SF_INFO info{};
  const File file(sf_open(path.c_str(), SFM_READ, &info));
  if (!file) return fail(Code::corrupt, "this is no audio file that can be read", owner, sf_strerror(nullptr));
  if (auto fits = check_bounds(info, owner); !fits) return tl::unexpected(fits.error());

  // Some formats do not know their length before they end: then it is SF_COUNT_MAX, or wrong, and the reading is
  // bounded.
  const std::size_t most = most_frames(info);
  const bool says_length = info.frames != SF_COUNT_MAX;
  if (says_length && info.frames > static_cast<sf_count_t>(most)) {
    return fail(Code::invalid, "this is too long for impulse responses: at most 10 s and 64 MiB in all", owner,
                std::to_string(info.frames / info.samplerate) + " s");
  }
  const auto tracks = static_cast<std::size_t>(info.channels);
  Tracks out{info.samplerate, std::vector<std::vector<float>>(tracks), stated_layout(file.get(), info.channels)};
  if (says_length && info.frames > 0) {
    for (auto& track : out.samples) track.reserve(static_cast<std::size_t>(info.frames));
  }
  constexpr sf_count_t block_frames = 4096;
  std::vector<float> block(static_cast<std::size_t>(block_frames) * tracks);
  std::size_t frames = 0;
  for (;;) {
    const sf_count_t got = sf_readf_float(file.get(), block.data(), block_frames);
    if (got <= 0) break;
    frames += static_cast<std::size_t>(got);
    if (frames > most) {
      return fail(Code::invalid, "this is too long for impulse responses: at most 10 s and 64 MiB in all", owner);
    }
    for (std::size_t t = 0; t < tracks; ++t) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) out.samples[t].push_back(block[i * tracks + t]);
    }
  }
  if (sf_error(file.get()) != SF_ERR_NO_ERROR) {
    return fail(Code::corrupt, "this audio file is damaged", owner, sf_strerror(file.get()));
  }
  if (frames == 0) return fail(Code::corrupt, "this audio file has no samples", owner);
  if (says_length && std::cmp_not_equal(frames, info.frames)) {
    return fail(Code::corrupt, "this audio file is cut off", owner,
                std::to_string(frames) + " of " + std::to_string(info.frames) + " samples");
  }
  return out;
}

}  // namespace weir::media
