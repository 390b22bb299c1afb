// M4bWriter: sound, chapters and a cover to an M4B audiobook that is there whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/media/audiobook/audiobook.hpp"

namespace weir::media {

// AAC-LC at some 64 to 80 kbit/s a channel in MP4, its index in front, chapters both as QuickTime's track and as Nero's
// list (of which the format holds 255). The edit list says exactly how long the sound is. FFmpeg does it, in
// weir-worker-m4b, which exists only while there is a writer; its memory grows by some 4 MB an hour of sound at
// 22.05 kHz, for the index.
// Errors: `invalid`: a rate or number of channels that AAC does not have, a cover that is neither JPEG nor PNG, a
// chapter that does not begin after the one before, no sound. `exhausted`: no room on the disk. `denied`, `not_found`:
// the folder, the worker. `failed`: the worker ended. What had the name stays as it was after an error.
// Thread-safety: one thread at a time.  Allocates: create() and titles.  Blocks: while the worker works.
// Ownership: owns the file and the worker.
class M4bWriter {
 public:
  static Result<std::unique_ptr<M4bWriter>> create(const std::filesystem::path& path, const AudiobookInfo& info,
                                                   int rate_hz, int channels = 1);
  ~M4bWriter();

  // interleaved[frames][channels], full scale ±32768. After an error only destruction makes sense.
  Result<void> write(const std::int16_t* interleaved, std::int64_t frames);
  // From that frame on, of what was or will be written. The title may be empty; of a long one the first 255 bytes are
  // kept. Chapters that begin where there is no sound any more are left out; what is before the first one becomes one
  // without a title.
  Result<void> chapter(std::uint64_t start, std::string_view title);
  // Nothing can be written afterwards. Copies the file once, to bring its index to the front.
  Result<void> commit();

  std::uint64_t frames() const noexcept;

 private:
  struct State;
  explicit M4bWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::media
