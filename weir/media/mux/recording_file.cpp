#include "weir/media/mux/recording_file.hpp"

#include <algorithm>
#include <utility>

namespace weir::media {
namespace {

constexpr std::uint64_t grant_bytes = std::uint64_t{1} << 20;
constexpr unsigned max_copies = 1000;

}  // namespace

bool is_no_room(const Error& error) noexcept { return error.code == Code::exhausted; }

Result<std::unique_ptr<RecordingFile>> RecordingFile::open(RecordingKind kind,
                                                           const std::function<std::string(unsigned)>& path_of,
                                                           const StreamInfo& info, Retention& retention) {
  std::unique_ptr<RecordingFile> file(new RecordingFile(retention, info.epoch));
  file->recorded_.kind = kind;
  if (auto room = file->take_room(); !room) return tl::unexpected(room.error());
  for (unsigned copy = 1, missing = 0; copy <= max_copies; ++copy) {
    file->recorded_.path = path_of(copy);
    if (auto made = retention.make_folder_of(file->recorded_.path); !made) return tl::unexpected(made.error());
    auto writer = Mp4Writer::open(retention.dir() / file->recorded_.path, info);
    if (writer) {
      file->writer_ = std::move(*writer);
      return file;
    }
    // An empty folder may be deleted just now: it is made again.
    if (writer.error().code == Code::not_found && ++missing < 3) {
      --copy;
      continue;
    }
    if (writer.error().code != Code::invalid) return tl::unexpected(writer.error());
  }
  return fail(Code::invalid, "all names for this recording are taken", file->recorded_.path);
}

RecordingFile::~RecordingFile() { retention_.give_back(granted_bytes_); }

Result<void> RecordingFile::take_room() {
  if (!retention_.room_for(grant_bytes)) {
    return fail(Code::exhausted, "no room for recordings; allow them more, or free some of the disk",
                retention_.dir().native());
  }
  granted_bytes_ += grant_bytes;
  return {};
}

Result<void> RecordingFile::write(const MuxPacket& packet) {
  // Ahead of the disk: up to a fragment is still in memory.
  while (packet_bytes_ + packet.size + grant_bytes / 2 > granted_bytes_) {
    if (auto room = take_room(); !room) return room;
  }
  if (auto written = writer_->write(packet); !written) return written;
  packet_bytes_ += packet.size;
  if (writer_->packets() == 1) {
    recorded_.start_pts_us = recorded_.end_pts_us = packet.pts_us;
    recorded_.start_wall_us = packet.capture_us;
  }
  recorded_.end_pts_us = std::max(recorded_.end_pts_us, packet.pts_us);
  recorded_.end_wall_us = packet.capture_us;
  return {};
}

Result<Recorded> RecordingFile::close() {
  const auto bytes = writer_->close();
  if (!bytes) return tl::unexpected(bytes.error());
  recorded_.bytes = *bytes;
  recorded_.packets = writer_->whole_packets();
  // What was granted and not needed goes back, whatever was not granted counts all the same.
  retention_.added(recorded_.path, *bytes);
  granted_bytes_ -= std::min(granted_bytes_, *bytes);
  return recorded_;
}

}  // namespace weir::media
