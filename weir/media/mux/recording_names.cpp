#include "weir/media/mux/recording_names.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "weir/media/files/part_file.hpp"

namespace weir::media {
namespace {

using namespace std::chrono;

std::string suffix(unsigned copy) { return copy > 1 ? "-" + std::to_string(copy) : std::string(); }

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// `count` digits off the front, then `behind`, if it is not 0.
bool take_digits(std::string_view& text, std::size_t count, char behind, int& value) {
  const std::size_t needed = count + (behind != 0 ? 1 : 0);
  if (text.size() < needed || (behind != 0 && text[count] != behind)) return false;
  if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count),
                   [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  std::from_chars(text.data(), text.data() + count, value);
  text.remove_prefix(needed);
  return true;
}

// The whole of `folder` and `stem`, or it is no segment.
bool read_segment(std::string_view folder, std::string_view stem, RecordingName& name) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, ms = 0;
  if (!take_digits(folder, 4, '-', y) || !take_digits(folder, 2, '-', mo) || !take_digits(folder, 2, 0, d) ||
      !folder.empty() || !take_digits(stem, 2, '-', h) || !take_digits(stem, 2, '-', mi) ||
      !take_digits(stem, 2, '.', s) || !take_digits(stem, 3, 0, ms)) {
    return false;
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 59) return false;
  if (!stem.empty()) {
    const char* end = stem.data() + stem.size();
    const auto read = std::from_chars(stem.data() + 1, end, name.copy);
    if (stem[0] != '-' || read.ec != std::errc() || read.ptr != end || name.copy < 2) return false;
  }
  const auto time = sys_days(date) + hours(h) + minutes(mi) + seconds(s) + milliseconds(ms);
  name.start_ms = duration_cast<milliseconds>(time.time_since_epoch()).count();
  return true;
}

}  // namespace

std::string_view to_string(RecordingKind kind) noexcept {
  switch (kind) {
    case RecordingKind::segment: return "segment";
    case RecordingKind::clip: return "clip";
    case RecordingKind::snapshot: return "snapshot";
  }
  return "";
}

bool is_safe_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 128 && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '/' && c != 0x7f;
  });
}

std::string segment_path(std::string_view camera, std::int64_t wall_us, unsigned copy) {
  const sys_time<milliseconds> time(floor<milliseconds>(microseconds(wall_us)));
  const year_month_day date(floor<days>(time));
  const hh_mm_ss clock(time - floor<days>(time));
  char text[64];
  std::snprintf(text, sizeof text, "/%04d-%02u-%02u/%02d-%02d-%02d.%03d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return std::string(camera) + text + suffix(copy) + ".mp4";
}

std::string clip_path(std::string_view camera, std::string_view name, unsigned copy) {
  return std::string(camera) + "/clips/" + std::string(name) + suffix(copy) + ".mp4";
}

std::optional<RecordingName> read_recording_name(std::string_view path) {
  const std::size_t first = path.find('/');
  const std::size_t second = first == std::string_view::npos ? first : path.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view camera = path.substr(0, first), folder = path.substr(first + 1, second - first - 1);
  std::string_view file = path.substr(second + 1), stem = file;
  if (!is_safe_name(camera) || !is_safe_name(folder) || file.empty() || file[0] == '.' ||
      file.find('/') != std::string_view::npos) {
    return std::nullopt;
  }
  RecordingName name;
  name.part = take_suffix(stem, part_suffix);
  const bool picture = folder == "snapshots";
  if (!take_suffix(stem, picture ? ".jpg" : ".mp4") || stem.empty()) return std::nullopt;
  if (picture) {
    name.kind = RecordingKind::snapshot;
  } else if (folder == "clips") {
    name.kind = RecordingKind::clip;
  } else if (!read_segment(folder, stem, name)) {
    return std::nullopt;
  }
  name.camera = camera;
  name.folder = folder;
  name.file = file;
  return name;
}

}  // namespace weir::media
