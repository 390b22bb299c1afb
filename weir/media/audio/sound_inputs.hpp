// What SoundReader::open() chooses from.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/media/audio/sound_reader.hpp"
#include "weir/media/audio/wav_header.hpp"

namespace weir::media {

// A descriptor that is closed at the end; that of standard input is not.
// Thread-safety: one thread.  Allocates: never.  Blocks: on the file, until `stop` asks.
// Ownership: owns the descriptor, if it is to.
class InputFile {
 public:
  InputFile(int descriptor, bool owned, std::stop_token stop = {}) noexcept
      : descriptor_(descriptor), owned_(owned), stop_(std::move(stop)) {}
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  int descriptor() const noexcept { return descriptor_; }
  // As many bytes as there are, up to `size`; negative: an errno, ECANCELED when stopped.
  std::int64_t read(std::byte* bytes, std::size_t size) noexcept;

 private:
  int descriptor_;
  bool owned_;
  std::stop_token stop_;
};

// A regular file, by libsndfile.
Result<std::unique_ptr<SoundReader>> open_sound_file(InputFile file, const std::string& name);
// WAV of integers or floats from what cannot go back.
Result<std::unique_ptr<SoundReader>> open_sound_pipe(InputFile file, const std::string& name);

// Layout of a WAV file.
void set_wav_layout(SoundInfo& info, std::uint32_t mask);
// Channels and rate are such as weir takes.
Result<void> check_sound(std::int64_t rate_hz, std::int64_t channels, const std::string& name);

}  // namespace weir::media
