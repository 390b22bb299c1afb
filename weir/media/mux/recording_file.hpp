// RecordingFile: a segment or a clip that is being written, and the room it takes on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "weir/media/mux/mp4_writer.hpp"
#include "weir/media/mux/recorder.hpp"
#include "weir/media/mux/retention.hpp"

namespace weir::media {

// Thread-safety: used by one thread.  Allocates: as Mp4Writer.  Blocks: on the disk.
// Ownership: owns the file; borrows the retention, which has its room back when the file ends, whichever way.
class RecordingFile {
 public:
  // `path_of(copy)` for 1, 2 and so on names the places, of which the first free one is taken; relative to the folder.
  // `exhausted`: no room, by the retention or by the disk. Otherwise as Mp4Writer.
  static Result<std::unique_ptr<RecordingFile>> open(RecordingKind kind,
                                                     const std::function<std::string(unsigned)>& path_of,
                                                     const StreamInfo& info, Retention& retention);
  ~RecordingFile();

  // After an error, only close() makes sense.
  Result<void> write(const MuxPacket& packet);
  // What is whole of it gets its name.
  Result<Recorded> close();

  std::uint32_t epoch() const noexcept { return epoch_; }
  std::int64_t duration_us() const noexcept { return writer_->duration_us(); }
  std::uint64_t packets() const noexcept { return writer_->packets(); }

 private:
  RecordingFile(Retention& retention, std::uint32_t epoch) : retention_(retention), epoch_(epoch) {}
  Result<void> take_room();

  Retention& retention_;
  const std::uint32_t epoch_;
  std::unique_ptr<Mp4Writer> writer_;
  Recorded recorded_;
  std::uint64_t granted_bytes_ = 0, packet_bytes_ = 0;
};

// Whether an error says that the disk or its share for recordings is used up.
bool is_no_room(const Error& error) noexcept;

}  // namespace weir::media
