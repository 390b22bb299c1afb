#include "weir/flows/read/overlay_sink.hpp"

#include <unistd.h>

#include "weir/flows/read/sound_sink.hpp"

namespace weir::read {
namespace {

// Hidden, and no other run's.
std::filesystem::path sound_beside(const std::filesystem::path& book) {
  return book.parent_path() / ('.' + book.stem().string() + '-' + std::to_string(::getpid()) + ".mp3");
}

}  // namespace

OverlaySink::OverlaySink(std::filesystem::path path, const BookFacts& facts, std::string modified)
    : path_(std::move(path)),
      sound_path_(sound_beside(path_)),
      info_(audiobook_of(facts)),
      modified_(std::move(modified)) {}

OverlaySink::~OverlaySink() { remove_sound(); }

void OverlaySink::remove_sound() noexcept {
  std::error_code ignored;  // it may not be there, and a file that stays is all that could come of it
  std::filesystem::remove(sound_path_, ignored);
}

Result<void> OverlaySink::begin_chapter(const ChapterStart& start) {
  if (writer_ == nullptr) {
    auto writer = media::OverlayWriter::create(path_, info_, {.rate_hz = start.rate_hz, .modified = modified_});
    if (!writer) return tl::unexpected(writer.error());
    writer_ = std::move(*writer);
  }
  if (auto ended = end_chapter(); !ended) return ended;
  auto sound = create_speech(sound_path_, start.rate_hz);
  if (!sound) return tl::unexpected(sound.error());
  sound_ = std::move(*sound);
  writer_->begin_chapter(start.title, start.level);
  return {};
}

Result<void> OverlaySink::put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) {
  if (paragraph_ != line.paragraph) {
    end_paragraph();
    paragraph_ = line.paragraph;
  }
  // The parts of a long sentence are one.
  if (sentences_.empty() || last_sentence_ != line.sentence) {
    sentences_.push_back({.text = line.text, .start = times.start, .words = {}});
    last_sentence_ = line.sentence;
  }
  media::OverlaySentence& sentence = sentences_.back();
  sentence.text.end = line.text.end;
  for (std::size_t i = 0; i < line.words.size(); ++i) {
    sentence.words.push_back({line.paragraph->words[line.words[i]].text, times.words[i].start, times.words[i].end});
  }
  return sound_->write(samples.data(), static_cast<std::int64_t>(samples.size()));
}

void OverlaySink::end_paragraph() {
  if (paragraph_ == nullptr) return;
  writer_->paragraph({.kind = paragraph_->kind,
                      .level = paragraph_->level,
                      .text = paragraph_->text,
                      .language = paragraph_->language,
                      .right_to_left = paragraph_->right_to_left,
                      .sentences = sentences_});
  paragraph_.reset();
  sentences_.clear();
}

Result<void> OverlaySink::end_chapter() {
  if (sound_ == nullptr) return {};
  end_paragraph();
  const auto frames = static_cast<std::int64_t>(sound_->frames());
  if (auto committed = sound_->commit(); !committed) return committed;
  sound_.reset();
  auto ended = writer_->end_chapter(sound_path_, frames);
  remove_sound();
  return ended;
}

Result<void> OverlaySink::commit() {
  if (auto ended = end_chapter(); !ended) return ended;
  return writer_->commit();
}

}  // namespace weir::read
