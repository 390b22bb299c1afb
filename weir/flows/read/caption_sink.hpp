// CaptionSink: what is said as subtitles.
#pragma once

#include <memory>
#include <string>

#include "weir/flows/read/sink.hpp"
#include "weir/media/captions/caption_writer.hpp"

namespace weir::read {

class CaptionSink final : public Sink {
 public:
  CaptionSink(std::filesystem::path path, media::CaptionInfo info) : path_(std::move(path)), info_(std::move(info)) {}
  Result<void> begin_chapter(const ChapterStart& start) override;
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) override;
  Result<void> commit() override { return writer_->commit(); }

 private:
  const std::filesystem::path path_;
  const media::CaptionInfo info_;
  std::unique_ptr<media::CaptionWriter> writer_;  // once the rate is known
};

// ".srt" of "book.srt", and of a name that is an ending alone: ".srt" or "srt".
std::string caption_ending(const std::filesystem::path& name);

}  // namespace weir::read
