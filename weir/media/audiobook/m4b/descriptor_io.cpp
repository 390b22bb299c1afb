#include "weir/media/audiobook/m4b/descriptor_io.hpp"

#include <unistd.h>

#include <cerrno>
#include <memory>

namespace weir::media::m4b {
namespace {
constexpr int buffer_bytes = 64 << 10;
}

AVIOContext* DescriptorIo::open(int flags) {
  auto place = std::make_unique<Place>(Place{*this});
  auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_bytes));
  if (buffer == nullptr) return nullptr;
  const bool writes = (flags & AVIO_FLAG_WRITE) != 0;
  AVIOContext* io = avio_alloc_context(buffer, buffer_bytes, writes ? 1 : 0, place.get(), writes ? nullptr : &read,
                                       writes ? &write : nullptr, &seek);
  if (io == nullptr) {
    av_free(buffer);
    return nullptr;
  }
  place.release();  // close() takes it back
  return io;
}

void DescriptorIo::close(AVIOContext* io) {
  if (io == nullptr) return;
  avio_flush(io);
  const std::unique_ptr<Place> place(static_cast<Place*>(io->opaque));
  av_freep(&io->buffer);
  avio_context_free(&io);
}

int DescriptorIo::read(void* place, std::uint8_t* bytes, int size) {
  auto& [io, at] = *static_cast<Place*>(place);
  const ssize_t n = ::pread(io.descriptor_, bytes, static_cast<std::size_t>(size), at);
  if (n < 0) return AVERROR(errno);
  at += n;
  return n == 0 ? AVERROR_EOF : static_cast<int>(n);
}

int DescriptorIo::write(void* place, std::uint8_t* bytes, int size) {
  auto& [io, at] = *static_cast<Place*>(place);
  if (io.write_error_ != 0) return AVERROR(io.write_error_);
  // The sandbox has no pwrite(); nobody else uses the descriptor's own place.
  if (::lseek(io.descriptor_, at, SEEK_SET) != at) io.write_error_ = errno;
  int left = size;
  while (left > 0 && io.write_error_ == 0) {
    const ssize_t n = ::write(io.descriptor_, bytes, static_cast<std::size_t>(left));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      io.write_error_ = errno;
      break;
    }
    at += n;
    bytes += n;
    left -= static_cast<int>(n);
  }
  return io.write_error_ == 0 ? size : AVERROR(io.write_error_);
}

std::int64_t DescriptorIo::seek(void* place, std::int64_t offset, int whence) {
  auto& [io, at] = *static_cast<Place*>(place);
  const std::int64_t size = ::lseek(io.descriptor_, 0, SEEK_END);
  if (whence == AVSEEK_SIZE) return size < 0 ? AVERROR(errno) : size;
  at = whence == SEEK_CUR ? at + offset : whence == SEEK_END ? size + offset : offset;
  return at;
}

}  // namespace weir::media::m4b
