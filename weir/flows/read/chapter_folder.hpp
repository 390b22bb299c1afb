// ChapterFolder: a sound file for each chapter, and what an interrupted run has made of them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "weir/flows/read/sink.hpp"
#include "weir/media/audio/sound_writer.hpp"

namespace weir::read {

// The files are "07 The Whale.opus": as many digits as the last chapter's number has, and the title as far as it makes
// a file name. Beside them is ".weir-read", which says which chapters are whole and of what: another book, voice or
// manner begins anew. With subtitles each file has one of the same name.
class ChapterFolder final : public Sink {
 public:
  // The folder is made if it is not there; its parent has to be.
  static Result<std::unique_ptr<Sink>> make(const ReadOptions& options, const BookFacts& facts);
  ~ChapterFolder() override;

  bool has(std::uint32_t chapter) const override;
  Result<void> begin_chapter(const ChapterStart& start) override;
  Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) override;
  Result<void> commit() override;

 private:
  struct File {
    std::string name;
    std::uintmax_t bytes = 0;
  };
  ChapterFolder(const ReadOptions& options, std::string fingerprint, int digits);
  Result<void> read_state();
  Result<void> write_state() const;
  Result<void> end_chapter();
  std::string stem_of(const ChapterStart& start) const;

  const ReadOptions& options_;
  const std::string fingerprint_;  // of the book and of how it is said
  const int digits_;
  std::map<std::uint32_t, File> done_;
  std::uint32_t chapter_ = 0;
  std::string name_;  // of the file that is being written
  std::unique_ptr<media::SoundWriter> writer_;
  std::unique_ptr<Sink> captions_;
};

}  // namespace weir::read
