// FileHandle and FileReader: a file that is opened once, before anything looks into it, and read by libavformat through
// its descriptor alone. Whoever demuxes needs neither the path nor the right to open files.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "weir/media/av.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: never.  Blocks: never.  Ownership: move-only; closes the descriptor.
class FileHandle {
 public:
  FileHandle() noexcept = default;
  explicit FileHandle(int descriptor) noexcept : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileHandle();

  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// What libavformat reads a file through. It keeps its own position: the descriptor may be shared with others.
// Thread-safety: used by one thread.  Allocates: make() only.  Blocks: in libavformat's calls, on the disk.
// Ownership: borrows the descriptor and the interrupt's state; owns the context.
class FileReader {
 public:
  // Nothing: not enough memory.
  static std::unique_ptr<FileReader> make(int descriptor, AVIOInterruptCB interrupt);
  ~FileReader();

  AVIOContext* context() noexcept { return context_; }

 private:
  FileReader(int descriptor, AVIOInterruptCB interrupt) : descriptor_(descriptor), interrupt_(interrupt) {}
  static int read(void* self, std::uint8_t* out, int size) noexcept;
  static std::int64_t seek(void* self, std::int64_t offset, int whence) noexcept;

  int descriptor_;
  AVIOInterruptCB interrupt_;
  std::int64_t position_ = 0;
  AVIOContext* context_ = nullptr;
};

}  // namespace weir::media
