// DescriptorIo: libavformat's way to a file that is open already, in a process that may open none.
#pragma once

extern "C" {
#include <libavformat/avformat.h>
}

#include <cstdint>

namespace weir::media::m4b {

// Reading has a place of its own, so that a file can be read while it is written (as for moving its index).
// Thread-safety: one thread.  Allocates: open().  Blocks: on the disk.  Ownership: borrows the descriptor; the contexts
// that it gives are freed with close().
class DescriptorIo {
 public:
  explicit DescriptorIo(int descriptor) : descriptor_(descriptor) {}
  // Null: no memory. For writing there is one at a time.
  AVIOContext* open(int flags);
  static void close(AVIOContext* io);
  // errno of the first write that failed, else 0.
  int write_error() const noexcept { return write_error_; }

 private:
  struct Place {
    DescriptorIo& io;
    std::int64_t at = 0;
  };
  static int read(void* place, std::uint8_t* bytes, int size);
  static int write(void* place, std::uint8_t* bytes, int size);
  static std::int64_t seek(void* place, std::int64_t offset, int whence);

  int descriptor_;
  int write_error_ = 0;
};

}  // namespace weir::media::m4b
