// CaptionWriter: what is said and when, as SRT, WebVTT or enhanced LRC.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/media/captions/timed_word.hpp"

namespace weir::media {

struct CaptionInfo {
  std::string title, author;  // UTF-8, for .lrc; empty: not known
};

// The name's ending says what it becomes:
//   .srt  cues of at most two lines of 42 characters, numbered, lines ended as on Windows, which is where it comes
//   from; .vtt  the same cues, with the time of each word inside them; .lrc  a line for each sentence, with the time of
//   each word: [mm:ss.xx]<mm:ss.xx>word <mm:ss.xx>word<mm:ss.xx>.
// Longer sentences become several cues, each shown until the next. Times never go back and cues never overlap, whatever
// comes in: what would, is moved behind what was before. The file is there whole or not at all, as PartFile has it.
// Errors: `invalid`: another ending. `exhausted`, `denied`, `not_found`: the disk, the folder.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: on the disk.  Ownership: owns the file.
class CaptionWriter {
 public:
  static Result<std::unique_ptr<CaptionWriter>> create(const std::filesystem::path& path, int rate_hz,
                                                       const CaptionInfo& info = {});
  virtual ~CaptionWriter() = default;
  CaptionWriter(const CaptionWriter&) = delete;
  CaptionWriter& operator=(const CaptionWriter&) = delete;

  // Times in samples from the beginning of the sound. Words in order, as ranges of the text, which is UTF-8 in one
  // line.
  virtual Result<void> sentence(std::string_view text, std::int64_t start, std::int64_t end,
                                std::span<const TimedWord> words) = 0;
  // Nothing can be written afterwards.
  virtual Result<void> commit() = 0;

 protected:
  CaptionWriter() = default;
};

}  // namespace weir::media
