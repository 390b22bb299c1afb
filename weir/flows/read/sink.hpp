// Sink: where the speech of a book goes: a sound file, subtitles, a list of words.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/flows/read/line.hpp"
#include "weir/flows/read/options.hpp"
#include "weir/flows/read/track.hpp"
#include "weir/media/audiobook/audiobook.hpp"

namespace weir::read {

// What files say about the book that is in them.
struct BookFacts {
  documents::Info info;
  std::string id;                            // the file's stem: the title where there is none
  std::vector<documents::Chapter> chapters;  // where they are needed
  std::vector<std::byte> cover;              // likewise: JPEG or PNG, or empty
};
media::AudiobookInfo audiobook_of(const BookFacts& facts);

struct ChapterStart {
  std::uint32_t chapter = 0;  // from 0
  std::string title;          // empty: it has none
  std::uint8_t level = 1;
  std::int64_t at = 0;  // sample of the output
  int rate_hz = 0;
};

// Calls come in the text's order; after an error only destruction makes sense. What is not committed is not there.
// Thread-safety: one thread.  Allocates: yes.  Blocks: on the disk.  Ownership: owns its files.
class Sink {
 public:
  virtual ~Sink() = default;
  // An earlier run has written this chapter, of the same book in the same manner: it is passed over.
  virtual bool has(std::uint32_t) const { return false; }
  virtual Result<void> begin_chapter(const ChapterStart&) { return {}; }
  // `samples`: the silence before the line and its sound.
  virtual Result<void> put(const Line& line, const LineTimes& times, std::span<const std::int16_t> samples) = 0;
  virtual Result<void> commit() = 0;
};

}  // namespace weir::read
