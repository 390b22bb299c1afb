#include "weir/media/file_reader.hpp"

#include <unistd.h>

#include <cerrno>

namespace weir::media {

FileHandle::~FileHandle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::unique_ptr<FileReader> FileReader::make(int descriptor, AVIOInterruptCB interrupt) {
  // What libavformat itself reads files with.
  constexpr int buffer_bytes = 32768;
  std::unique_ptr<FileReader> reader(new FileReader(descriptor, interrupt));
  void* buffer = av_malloc(buffer_bytes);
  if (buffer == nullptr) return nullptr;
  reader->context_ = avio_alloc_context(static_cast<unsigned char*>(buffer), buffer_bytes, 0, reader.get(),
                                        &FileReader::read, nullptr, &FileReader::seek);
  if (reader->context_ == nullptr) {
    av_free(buffer);
    return nullptr;
  }
  return reader;
}

FileReader::~FileReader() {
  // The buffer may be another by now: probing exchanges it.
  if (context_ != nullptr) av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int FileReader::read(void* self, std::uint8_t* out, int size) noexcept {
  auto& reader = *static_cast<FileReader*>(self);
  for (;;) {
    if (reader.interrupt_.callback(reader.interrupt_.opaque) != 0) return AVERROR_EXIT;
    const ssize_t got = ::pread(reader.descriptor_, out, static_cast<std::size_t>(size), reader.position_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return AVERROR(errno);
    if (got == 0) return AVERROR_EOF;
    reader.position_ += got;
    return static_cast<int>(got);
  }
}

std::int64_t FileReader::seek(void* self, std::int64_t offset, int whence) noexcept {
  auto& reader = *static_cast<FileReader*>(self);
  whence &= ~AVSEEK_FORCE;
  // lseek and not fstat: it does without looking at anything but the descriptor's own file, in a sandbox too.
  const std::int64_t size = ::lseek(reader.descriptor_, 0, SEEK_END);
  if (size < 0) return AVERROR(errno);
  if (whence == AVSEEK_SIZE) return size;
  const std::int64_t from = whence == SEEK_CUR ? reader.position_ : whence == SEEK_END ? size : 0;
  std::int64_t target = 0;
  if (__builtin_add_overflow(from, offset, &target) || target < 0) return AVERROR(EINVAL);
  return reader.position_ = target;
}

}  // namespace weir::media
