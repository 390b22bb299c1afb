// Mp4Writer: one stream's compressed packets into an MP4 file, without encoding anything anew.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "weir/core/result.hpp"
#include "weir/media/mux/mux_packet.hpp"

namespace weir::media {

// The file is fragmented (ISO/IEC 14496-12 8.8), a fragment per group of pictures, or less of long ones, with an index
// in front. It is written as NAME.part and gets its name when it is whole; what a crash leaves of NAME.part can be
// played up to its last fragment. Decoding time starts at 0, presentation time as much later as the stream reorders
// pictures. A time that goes back or leaps by minutes goes on one picture after the last: no camera's clock makes a
// file unplayable. Thread-safety: used by one thread.  Allocates: in libavformat, up to one fragment (2 MiB, or half a
// second if that is more).  Blocks: on the disk.  Ownership: owns the file; one that is not closed is removed.
class Mp4Writer {
 public:
  // `unsupported`, with the codec's name: MP4 does not hold such streams, or the stream has not sent its parameter sets
  // yet. Otherwise as PartFile.
  static Result<std::unique_ptr<Mp4Writer>> open(const std::filesystem::path& path, const StreamInfo& info);
  ~Mp4Writer();

  // In decoding order; the first one must be a key, and all of the epoch that the file was opened for (else `invalid`).
  // After an error nothing more can be written, and close() keeps what is whole.
  Result<void> write(const MuxPacket& packet);
  // Ends the file and gives it its name; returns its size. An error: there is no file, as nothing of it is whole or the
  // disk does not take it. Once.
  Result<std::uint64_t> close();

  std::uint64_t bytes() const noexcept;          // on the disk by now
  std::int64_t duration_us() const noexcept;     // of what was written
  std::uint64_t packets() const noexcept;        // written
  std::uint64_t whole_packets() const noexcept;  // in fragments that are on the disk

 private:
  struct State;
  explicit Mp4Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::media
