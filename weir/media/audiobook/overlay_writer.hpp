// OverlayWriter: a book to read and to hear at once, as EPUB 3 with media overlays.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/audiobook/audiobook.hpp"
#include "weir/media/captions/timed_word.hpp"
#include "weir/media/documents/document.hpp"

namespace weir::media {

enum class Highlight { sentence, word };

struct OverlayOptions {
  int rate_hz = 48'000;                           // of all times
  std::string modified = "2000-01-01T00:00:00Z";  // dcterms:modified
  Highlight highlight = Highlight::sentence;
};

// Times in samples from the beginning of the chapter's audio file.
struct OverlaySentence {
  documents::Range text;  // of the paragraph's
  std::int64_t start = 0;
  std::vector<TimedWord> words;  // ranges of the paragraph's text
};

struct OverlayParagraph {
  documents::Kind kind = documents::Kind::text;
  int level = 1;  // of a heading
  std::string_view text, language;
  bool right_to_left = false;
  std::span<const OverlaySentence> sentences;  // in order
};

// EPUB 3.3 and its Media Overlays: one XHTML and one SMIL file a chapter, with spans around sentences and words. Clips
// follow each other without gaps, as readers jump from clip to clip: each lasts until the next begins, the last one to
// the end of its file. A chapter without sound has no overlay. The same book gives the same file, its urn:uuid
// included. One chapter's text is in memory, and its audio never.
// Errors: `invalid`: a cover that is neither JPEG nor PNG, audio that is neither .mp3 nor .opus, no chapter.
// `exhausted`: no room on the disk, more than 4 GiB. `denied`, `not_found`: the folder, an audio file.
// Thread-safety: one thread at a time.  Allocates: yes.  Blocks: on the disk.  Ownership: owns the file.
class OverlayWriter {
 public:
  static Result<std::unique_ptr<OverlayWriter>> create(const std::filesystem::path& path, const AudiobookInfo& info,
                                                       const OverlayOptions& options);
  ~OverlayWriter();

  // level: 1 is a chapter or part, 2 is within that …
  void begin_chapter(std::string_view title, int level = 1);
  void paragraph(const OverlayParagraph& paragraph);
  // Its sound, a finished file of so many frames, which is copied; "" and 0: it has none.
  Result<void> end_chapter(const std::filesystem::path& audio, std::int64_t frames);
  // Nothing can be written afterwards.
  Result<void> commit();

 private:
  struct State;
  explicit OverlayWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::media
