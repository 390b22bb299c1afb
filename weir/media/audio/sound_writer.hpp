// SoundWriter: sound to a WAV, FLAC, Opus or MP3 file that is there whole or not at all, or as WAV to a pipe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weir/core/result.hpp"
#include "weir/media/audio/quantizer.hpp"

namespace weir::media {

enum class SampleFormat { int16, int24, int32, float32 };

struct SoundFormat {
  int rate_hz = 48'000, channels = 2;
  SampleFormat samples = SampleFormat::int24;
  std::uint32_t mask = 0;  // wav_mask() of the layout, for more than two channels
};

// The name's ending says what it becomes: .wav (beyond 4 GiB as RF64), .flac (16 and 24 bits, up to 8 channels), .opus
// (in Ogg, 32 kbit/s a channel) or .mp3 (64 kbit/s a channel). The latter two are mono or stereo at the rates that they
// know, take samples of any format, cannot be empty, and decode to as many frames as were written.
// It is written beside its name as NAME.part and replaces what has the name at commit(), in one step; without commit(),
// or after an error, what was there stays as it was. "-" is standard output, which is WAV, as are pipes and devices:
// their header says that the length is unknown, unless standard output is a file.
// Floats become integers dithered and clamped as Quantizer says; samples of 16 bits are kept exactly, but for Opus and
// MP3.
// Errors: `invalid`: another ending, a format that it cannot hold, a folder. `exhausted`: no room on the disk.
// `denied`, `not_found`: the folder. `closed`: nobody reads the pipe any more (where SIGPIPE is ignored).
// Thread-safety: one thread at a time.  Allocates: create(), and the encoders as they please.  Blocks: on the disk or
// pipe.
// Ownership: owns the file.
class SoundWriter {
 public:
  static Result<std::unique_ptr<SoundWriter>> create(const std::string& path, const SoundFormat& format);
  virtual ~SoundWriter() = default;
  SoundWriter(const SoundWriter&) = delete;
  SoundWriter& operator=(const SoundWriter&) = delete;

  // interleaved[frames][channels], full scale ±1. After an error only destruction makes sense.
  Result<void> write(const float* interleaved, std::int64_t frames);
  // Likewise, full scale ±32768. A WAV of 16 bits takes them as they are.
  Result<void> write(const std::int16_t* interleaved, std::int64_t frames);
  // Nothing can be written afterwards.
  virtual Result<void> commit() = 0;

  std::uint64_t frames() const noexcept { return frames_; }
  // Of what came as floats: samples beyond ±1, which integer formats clamp; floats keep them.
  std::uint64_t clipped() const noexcept { return quantizer_.clipped(); }
  std::uint64_t not_finite() const noexcept { return quantizer_.not_finite(); }
  float peak() const noexcept { return quantizer_.peak(); }

 protected:
  explicit SoundWriter(const SoundFormat& format);
  // At most block_frames frames.
  virtual Result<void> put(std::span<const float> samples) = 0;
  // Any number of them.
  virtual Result<void> put(std::span<const std::int16_t> samples) = 0;

  static constexpr std::int64_t block_frames = 1024;

  const SoundFormat format_;
  Quantizer quantizer_;

 private:
  std::uint64_t frames_ = 0;
};

// Bits of a sample.
int bits_of(SampleFormat format) noexcept;

}  // namespace weir::media
