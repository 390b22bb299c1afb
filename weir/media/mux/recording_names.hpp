// Where recordings lie below the recordings' folder, and how a path is known to be one:
//   CAMERA/2024-05-01/13-37-00.123.mp4   a segment, by the UTC wall time of its first packet; "-2" before ".mp4" and so
//                                        on where that name is taken
//   CAMERA/clips/NAME.mp4                an event's clip, "-2" and so on for its further pieces
//   CAMERA/snapshots/NAME.jpg            an event's picture
// Each is NAME.part while it is written. Everything else is none of ours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::media {

enum class RecordingKind : std::uint8_t { segment, clip, snapshot };
std::string_view to_string(RecordingKind kind) noexcept;

// What one component of such a path may be: 1 to 128 bytes, none of them a control character or '/', and no '.' first.
bool is_safe_name(std::string_view name) noexcept;

// Relative to the recordings' folder. `copy`: 1 for the first of that name.
std::string segment_path(std::string_view camera, std::int64_t wall_us, unsigned copy);
std::string clip_path(std::string_view camera, std::string_view name, unsigned copy);

struct RecordingName {
  RecordingKind kind = RecordingKind::segment;
  std::string camera, folder, file;
  bool part = false;          // still written, or left by a crash
  std::int64_t start_ms = 0;  // segments: since the Unix epoch
  std::uint16_t copy = 1;     // segments
  std::string path() const { return camera + '/' + folder + '/' + file; }
};

// Nothing: not a recording's path.
std::optional<RecordingName> read_recording_name(std::string_view path);

}  // namespace weir::media
