// What SoundWriter::create() chooses from.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "weir/media/audio/sound_writer.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::media {

// Where bytes go: a PartFile, or what cannot be gone back in.
// Thread-safety: one thread.  Allocates: in errors.  Blocks: on the file or pipe.  Ownership: owns the file.
class ByteOutput {
 public:
  virtual ~ByteOutput() = default;
  virtual Result<void> append(std::span<const std::byte> bytes) = 0;
  // Over the first bytes, where that can be done; else they stay as they are.
  virtual Result<void> overwrite_head(std::span<const std::byte> bytes) = 0;
  virtual Result<void> commit() = 0;
};

std::unique_ptr<ByteOutput> output_to(PartFile file);
// The descriptor is closed at the end if it is owned.
std::unique_ptr<ByteOutput> output_to(int descriptor, bool owned, std::string name);

Result<std::unique_ptr<SoundWriter>> create_wav(std::unique_ptr<ByteOutput> output, const SoundFormat& format);
enum class Encoding { flac, opus, mp3 };
Result<std::unique_ptr<SoundWriter>> create_encoded(PartFile file, SoundFormat format, Encoding encoding);

}  // namespace weir::media
