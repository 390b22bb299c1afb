// OverlaySink: the book once more as an EPUB, with its sound.
#pragma once

#include <memory>
#include <vector>

#include "weir/flows/read/sink.hpp"
#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/audiobook/overlay_writer.hpp"

namespace weir::read {

// A chapter's sound is a file beside the book until it is in it.
class OverlaySink final : public Sink {
 public:
  // modified: when the document was, as xsd:dateTime in UTC.
  OverlaySink(std::filesystem::path path, const BookFacts& facts, std::string modified);
  ~OverlaySink() override;

  Result<void> begin_chapter(const ChapterStart& start) override;
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) override;
  Result<void> commit() override;

 private:
  Result<void> end_chapter();
  void end_paragraph();
  void remove_sound() noexcept;

  const std::filesystem::path path_, sound_path_;
  const media::AudiobookInfo info_;
  const std::string modified_;
  std::unique_ptr<media::OverlayWriter> writer_;  // once the rate is known
  std::unique_ptr<media::SoundWriter> sound_;     // of the chapter
  // The paragraph that is being said.
  std::shared_ptr<const documents::Paragraph> paragraph_;
  std::vector<media::OverlaySentence> sentences_;
  std::uint32_t last_sentence_ = 0;
};

}  // namespace weir::read
