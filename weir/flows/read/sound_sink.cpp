#include "weir/flows/read/sound_sink.hpp"

namespace weir::read {

Result<std::unique_ptr<media::SoundWriter>> create_speech(const std::filesystem::path& path, int rate_hz) {
  return media::SoundWriter::create(path.string(),
                                    {.rate_hz = rate_hz, .channels = 1, .samples = media::SampleFormat::int16});
}

Result<void> SoundSink::begin_chapter(const ChapterStart& start) {
  if (writer_ != nullptr) return {};
  auto writer = create_speech(path_, start.rate_hz);
  if (!writer) return tl::unexpected(writer.error());
  writer_ = std::move(*writer);
  return {};
}

Result<void> SoundSink::put(const Line&, const LineTimes&, std::span<const std::int16_t> samples) {
  return writer_->write(samples.data(), static_cast<std::int64_t>(samples.size()));
}

}  // namespace weir::read
