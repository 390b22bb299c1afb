// Recorder: one camera's recordings, cut from its compressed packets: all of it in segments, and clips of events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/channel_base.hpp"
#include "weir/core/clock.hpp"
#include "weir/core/result.hpp"
#include "weir/media/mux/recording_names.hpp"
#include "weir/media/mux/retention.hpp"
#include "weir/media/packet.hpp"

namespace weir::media {

// A file that is whole now.
struct Recorded {
  RecordingKind kind = RecordingKind::segment;
  std::filesystem::path path;  // relative to the recordings' folder
  std::string name;            // the clip's, as it was begun; empty for segments
  std::int64_t start_pts_us = 0, end_pts_us = 0;
  std::int64_t start_wall_us = 0, end_wall_us = 0;  // when its first and last packet were received
  std::uint64_t bytes = 0, packets = 0;
};

struct RecorderOptions {
  std::string owner = {};  // the camera: its folder and its account
  bool continuous = false;
  Nanos segment = std::chrono::seconds(60);
  Nanos pre = std::chrono::seconds(5), post = std::chrono::seconds(5);
  std::size_t ring_bytes = std::size_t{8} << 20;  // must hold `pre` and what comes while an event is recognised
  Clock* clock = &Clock::real();
  std::function<void(const Recorded&)> on_file = {};  // on the recorder's thread; may be empty
};

enum class RecorderState : std::uint8_t {
  idle,       // nothing to record
  recording,  // also: waits for the first key
  no_room,    // see Retention; goes on by itself when there is room
  failing,    // see last_error; tried again by itself, at most half a minute apart
};
inline std::string_view to_string(RecorderState state) noexcept {
  switch (state) {
    case RecorderState::idle: return "idle";
    case RecorderState::recording: return "recording";
    case RecorderState::no_room: return "no room";
    case RecorderState::failing: return "failing";
  }
  return "";
}

struct RecorderReport {
  RecorderState state = RecorderState::idle;
  std::uint64_t segments = 0, clips = 0;  // files that are whole
  std::uint64_t bytes = 0;                // in them
  std::uint64_t packets = 0;              // in them
  // Packets that a file should have had. full: lost on the way (the ring too small, the disk too slow, full or gone);
  // keyframe: before the first key of a file.
  DropCounts dropped{};
  std::uint64_t corrupt = 0;        // packets that are no access units
  std::uint64_t errors = 0;         // of writing
  std::uint64_t refused_clips = 0;  // too many at once, a name that is no file's or already open
  std::uint64_t open_clips = 0;
  std::uint64_t ring_bytes = 0, ring_packets = 0;  // held for what comes
  std::string last_error;
};

// Segments are cut at the first key after their length: together they have every packet once. A clip begins at the last
// key at or before its start that the ring still has. Both end where the epoch changes, and go on in a new file: a
// clip's is NAME-2.mp4 and so on, also after ten minutes. After as long a silence as a segment's length, files are
// ended, and go on with the next key.
// Thread-safety: packet() from the camera's thread, the rest from any thread.
// Allocates: make(), and on its own thread; packet() once per epoch.
// Blocks: packet() a mutex for a copy; close() until what is open is on the disk.
// Ownership: owns its thread, ring and open files; borrows the retention and the clock.
class Recorder {
 public:
  static constexpr std::size_t max_open_clips = 8;

  // `invalid`: the owner's name cannot be a folder's, durations that are not positive, too small a ring.
  static Result<std::unique_ptr<Recorder>> make(RecorderOptions options, Retention& retention);
  ~Recorder();

  void packet(const Packet& packet, const StreamInfo& info) noexcept;

  // The clip shows from `pre` before the begin to `post` after the end. An event that ends with the stream, or is never
  // ended, is a clip of what there is.
  void clip_begin(std::string name, std::int64_t pts_us);
  void clip_end(const std::string& name, std::int64_t pts_us);

  // Writes what is pushed and ends what is open. Packets after it are dropped `closed`.
  void close();
  RecorderReport report() const;

 private:
  class Thread;
  explicit Recorder(std::unique_ptr<Thread> thread);
  std::unique_ptr<Thread> thread_;
};

}  // namespace weir::media
