// SoundReader: sound from a file or a pipe, as floats in WAV's order of channels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "weir/core/result.hpp"
#include "weir/media/audio/speakers.hpp"

namespace weir::media {

constexpr int max_sound_rate_hz = 768'000;
constexpr int max_sound_channels = 64;

// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its values.
struct SoundInfo {
  int rate_hz = 0, channels = 0;
  // What the channels are; nothing: the file does not say, says nonsense or more than a Layout holds, and no layout of
  // so many is usual. Then a person has to say.
  std::optional<Layout> layout;
  bool layout_is_from_file = false;     // else it is what sounds of so many channels usually have
  std::optional<std::uint64_t> frames;  // nothing: not known before the end
  std::string format;                   // "WAV, 16 bit integer", for people
};

// Every format of libsndfile from a file (WAV, RF64, W64, AIFF, CAF, FLAC, Ogg with Vorbis or Opus, MP3 …), WAV from
// a pipe. Samples of integer formats are within ±1; others may be beyond, or no number, which is counted.
// Errors of open(): `not_found`, `denied`, `invalid`: a folder; `unsupported`: a format that is not known, or not from
// a pipe, no or more than 64 channels, a rate beyond 768 kHz; `corrupt`.
// Thread-safety: one thread at a time.  Allocates: open(), and the codecs as they please.
// Blocks: on the disk or pipe.  Ownership: owns the file.
class SoundReader {
 public:
  // "-" is standard input. Anything else is a path. A pipe that says nothing is waited for until `stop` asks; open()
  // and read() are then errors.
  static Result<std::unique_ptr<SoundReader>> open(const std::string& path, std::stop_token stop = {});
  virtual ~SoundReader() = default;
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  const SoundInfo& info() const noexcept { return info_; }

  // interleaved[frames][channels]. Returns how many there were: fewer than asked for only at the end, then 0.
  // `corrupt`: what comes next cannot be decoded, or has another rate or other channels. What came before was good.
  Result<std::int64_t> read(float* interleaved, std::int64_t frames);

  // The end was reached before the file's own length, or in the middle of a frame. Known of WAV, RF64, FLAC and Ogg; of
  // other formats as far as libsndfile knows the length.
  bool truncated() const noexcept { return truncated_; }
  // Samples so far that were no number or infinite. They are passed on.
  std::uint64_t not_finite() const noexcept { return not_finite_; }

 protected:
  SoundReader() = default;
  virtual Result<std::int64_t> decode(float* interleaved, std::int64_t frames) = 0;

  SoundInfo info_;
  std::string name_;
  bool truncated_ = false;

 private:
  std::uint64_t not_finite_ = 0;
};

}  // namespace weir::media
