// Any polygons and lines, also those that are refused, and any tracks: events of a track alternate, counts agree with
// them, and a mask covers what it paints.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "weir/engines/track/mask.hpp"
#include "weir/engines/track/zones.hpp"

using namespace weir::track;

namespace {

struct Bytes {
  const std::uint8_t* data;
  std::size_t size;

  std::uint8_t byte() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  // Mostly on a coarse grid, where corners meet edges; sometimes any bits at all.
  float number() {
    const std::uint8_t kind = byte();
    if (kind >= 8) return static_cast<float>(kind % 33) / 32.0F;
    float value = 0;
    std::uint8_t raw[sizeof(value)];
    for (std::uint8_t& one : raw) one = byte();
    std::memcpy(&value, raw, sizeof(value));
    return value;
  }
  std::vector<Point> polygon() {
    std::vector<Point> points(byte() % 9);
    for (Point& point : points) point = {number(), number()};
    return points;
  }
};

void check_mask(const std::vector<Point>& points) {
  const auto mask = Mask::make({points});
  if (!mask) return;
  constexpr int columns = 7, rows = 5;
  std::vector<std::uint8_t> cells(columns * rows);
  mask->paint(cells, columns, rows);
  for (int i = 0; i < columns * rows; ++i) {
    const Box cell{static_cast<float>(i % columns), static_cast<float>(i / columns), 1, 1};
    if (mask->covers(cell, columns, rows) != (cells[static_cast<std::size_t>(i)] != 0)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes{data, size};
  std::vector<Zone> zones(bytes.byte() % 4);
  for (Zone& zone : zones) {
    zone.points = bytes.polygon();
    zone.dwell_us = bytes.byte() * 100'000;
    if (const auto checked = check_polygon(zone.points); !checked && checked.error().message().empty()) std::abort();
    check_mask(zone.points);
  }
  std::vector<Line> lines(bytes.byte() % 4);
  for (Line& line : lines) line = {"", {bytes.number(), bytes.number()}, {bytes.number(), bytes.number()}, {}};

  ZoneWatch watch(zones, lines);
  std::vector<std::map<std::uint64_t, bool>> inside(zones.size());
  std::int64_t pts_us = 0;
  while (bytes.size > 0) {
    pts_us += bytes.byte() * 10'000 - 100'000;
    std::vector<Track> tracks[2];
    for (auto& some : tracks) {
      for (int n = bytes.byte() % 4; n > 0; --n) {
        Track track;
        track.id = bytes.byte() % 8;
        track.label = bytes.byte() % 3;
        track.box = {bytes.number() * 100, bytes.number() * 100, bytes.number() * 10, bytes.number() * 10};
        some.push_back(track);
      }
    }
    for (const ZoneEvent& event : watch.update(tracks[0], tracks[1], 100, 100, pts_us)) {
      if (event.inside_us < 0) std::abort();
      if (event.what != Happening::enter && event.what != Happening::leave) continue;
      bool& is_inside = inside.at(event.index)[event.track];
      if (is_inside == (event.what == Happening::enter)) std::abort();
      is_inside = !is_inside;
    }
    for (const ZoneCount& count : watch.zone_counts()) {
      if (count.entered - count.left != count.inside || count.inside > ZoneWatch::max_tracks) std::abort();
    }
  }
  return 0;
}
