#include "weir/media/responses/tracks.hpp"

#include <unistd.h>

#include <algorithm>

#include "weir/media/audio/sound_reader.hpp"
#include "weir/media/responses/response_set.hpp"

namespace weir::media {
namespace {

Result<void> check_bounds(const SoundInfo& info, const std::string& owner) {
  if (info.rate_hz < ResponseSet::min_rate_hz || info.rate_hz > ResponseSet::max_rate_hz) {
    return fail(Code::invalid, "the sample rate is not between 8000 and 384000 Hz", owner,
                std::to_string(info.rate_hz));
  }
  if (info.channels < 1 || info.channels > Tracks::max_tracks) {
    return fail(Code::invalid, "no file of responses has so many tracks", owner, std::to_string(info.channels));
  }
  return {};
}

std::size_t most_frames(const SoundInfo& info) {
  const auto by_time = static_cast<std::size_t>(info.rate_hz) * ResponseSet::max_seconds;
  return std::min(by_time, ResponseSet::max_samples / static_cast<std::size_t>(info.channels));
}

tl::unexpected<Error> too_long(const std::string& owner, std::string detail = {}) {
  return fail(Code::invalid, "this is too long for impulse responses: at most 10 s and 64 MiB in all", owner,
              std::move(detail));
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
  auto opened = SoundReader::open(owner);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  SoundReader& file = **opened;
  const SoundInfo& info = file.info();
  if (auto fits = check_bounds(info, owner); !fits) return tl::unexpected(fits.error());

  // A length may be unknown, or wrong: so the reading is bounded too.
  const std::size_t most = most_frames(info);
  if (info.frames && *info.frames > most) {
    return too_long(owner, std::to_string(*info.frames / static_cast<std::uint64_t>(info.rate_hz)) + " s");
  }
  const auto tracks = static_cast<std::size_t>(info.channels);
  Tracks out{info.rate_hz, std::vector<std::vector<float>>(tracks), info.layout};
  constexpr std::int64_t block_frames = 4096;
  std::vector<float> block(static_cast<std::size_t>(block_frames) * tracks);
  for (;;) {
    const auto got = file.read(block.data(), block_frames);
    if (!got) return tl::unexpected(got.error());
    const auto frames = static_cast<std::size_t>(*got);
    if (frames == 0) break;
    if (out.samples[0].size() + frames > most) return too_long(owner);
    for (std::size_t t = 0; t < tracks; ++t) {
      for (std::size_t i = 0; i < frames; ++i) out.samples[t].push_back(block[i * tracks + t]);
    }
  }
  if (file.truncated()) return fail(Code::corrupt, "this audio file is cut off", owner);
  if (out.samples[0].empty()) return fail(Code::corrupt, "this audio file has no samples", owner);
  return out;
}

}  // namespace weir::media
