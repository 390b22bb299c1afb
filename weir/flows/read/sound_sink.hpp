// SoundSink: the whole book as one sound file, or as WAV to standard output.
#pragma once

#include <memory>

#include "weir/flows/read/sink.hpp"
#include "weir/media/audio/sound_writer.hpp"

namespace weir::read {

class SoundSink final : public Sink {
 public:
  explicit SoundSink(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> begin_chapter(const ChapterStart& start) override;
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) override;
  Result<void> commit() override { return writer_->commit(); }

 private:
  const std::filesystem::path path_;
  std::unique_ptr<media::SoundWriter> writer_;  // once the rate is known
};

// A voice's sound: mono, 16 bits.
Result<std::unique_ptr<media::SoundWriter>> create_speech(const std::filesystem::path& path, int rate_hz);

}  // namespace weir::read
