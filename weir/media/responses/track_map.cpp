#include "weir/media/responses/track_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace weir::media {
namespace {

using enum Speaker;

constexpr std::array<std::string_view, 4> order_names{"automatic", "hesuvi", "pairs", "blocks"};

// HeSuVi writes the right speakers' near ear first.
constexpr std::array<TrackPair, 15> hesuvi_both_sides{{{FL, 0, 1},
                                                       {FR, 8, 7},
                                                       {FC, 6, 13},
                                                       {SL, 2, 3},
                                                       {SR, 10, 9},
                                                       {BL, 4, 5},
                                                       {BR, 12, 11},
                                                       {WL, 14, 15},
                                                       {WR, 16, 17},
                                                       {TFL, 18, 19},
                                                       {TFR, 20, 21},
                                                       {TSL, 22, 23},
                                                       {TSR, 24, 25},
                                                       {TBL, 26, 27},
                                                       {TBR, 28, 29}}};
constexpr std::array<TrackPair, 7> hesuvi_one_side{
    {{FL, 0, 1}, {FR, 1, 0}, {FC, 6, 6}, {SL, 2, 3}, {SR, 3, 2}, {BL, 4, 5}, {BR, 5, 4}}};

Result<TrackMap> unknown_count(TrackOrder order, int tracks) {
  static constexpr std::array<const char*, 4> known{
      "7, 14 and 30 (HeSuVi), 4, 16 and 32 (pairs); say the order, write a mix.txt, or name a stereo file as its "
      "speaker: "
      "FL.wav",
      "HeSuVi has 7, or an even number from 14 to 30", "pairs of 1 to 8, 12 or 16 speakers",
      "two blocks of 1 to 8, 12 or 16 speakers"};
  return fail(Code::invalid, "no order of tracks is known for so many", {},
              std::to_string(tracks) + " tracks; known are " + known[static_cast<std::size_t>(order)]);
}

Result<TrackMap> hesuvi(int tracks) {
  if (tracks == 7) return TrackMap(hesuvi_one_side.begin(), hesuvi_one_side.end());
  if (tracks < 14 || tracks > 30 || tracks % 2 != 0) return unknown_count(TrackOrder::hesuvi, tracks);
  TrackMap map(hesuvi_both_sides.begin(), hesuvi_both_sides.end());
  std::erase_if(map, [tracks](const TrackPair& p) { return std::max(p.left, p.right) >= tracks; });
  return map;
}

Result<TrackMap> by_layout(TrackOrder order, int tracks) {
  const auto layout = default_layout(tracks / 2);
  if (tracks % 2 != 0 || !layout) return unknown_count(order, tracks);
  TrackMap map;
  for (int i = 0; i < tracks / 2; ++i) {
    const Speaker speaker = layout->channels[static_cast<std::size_t>(i)];
    map.push_back(order == TrackOrder::pairs ? TrackPair{speaker, 2 * i, 2 * i + 1}
                                             : TrackPair{speaker, i, i + tracks / 2});
  }
  return map;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::optional<int> number(std::string_view text) {
  text = trimmed(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// What is wrong with the line, or nothing.
const char* add_line(TrackMap& map, std::string_view line, int tracks) {
  const std::size_t equals = line.find('='), comma = line.find(',', equals == std::string_view::npos ? 0 : equals);
  if (equals == std::string_view::npos || comma == std::string_view::npos)
    return "a line of the map is not NAME = LEFT, RIGHT";
  const auto speaker = speaker_of(trimmed(line.substr(0, equals)));
  if (!speaker) return "the map names an unknown speaker: use names as FL, FC, LFE, SL, BR, TFL";
  const auto left = number(line.substr(equals + 1, comma - equals - 1)), right = number(line.substr(comma + 1));
  if (!left || !right) return "the map's track numbers are not whole numbers from 0 on";
  if (std::max(*left, *right) >= tracks) return "the map names a track that the file does not have: they count from 0";
  for (const TrackPair& p : map) {
    if (p.speaker == *speaker) return "the map names a speaker twice";
    const bool other_side = p.speaker == mirrored(*speaker);
    if (other_side && p.left == *left && p.right == *right) return "the map gives both sides the same tracks";
  }
  map.push_back({*speaker, *left, *right});
  return nullptr;
}

}  // namespace

std::string_view to_string(TrackOrder order) noexcept { return order_names[static_cast<std::size_t>(order)]; }

Result<TrackOrder> parse_track_order(std::string_view text) {
  const auto at = std::ranges::find(order_names, text);
  if (at == order_names.end()) {
    return fail(Code::invalid, "no such order of tracks: use automatic, hesuvi, pairs or blocks", std::string(text));
  }
  return static_cast<TrackOrder>(at - order_names.begin());
}

Result<TrackMap> track_map(TrackOrder order, int tracks) {
  if (order == TrackOrder::hesuvi) return hesuvi(tracks);
  if (order != TrackOrder::automatic) return by_layout(order, tracks);
  switch (tracks) {
    case 7:
    case 14:
    case 30: return hesuvi(tracks);
    case 4:
    case 16:
    case 32: return by_layout(TrackOrder::pairs, tracks);
    default: return unknown_count(order, tracks);
  }
}

Result<TrackMap> parse_track_map(std::string_view text, int tracks) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  TrackMap map;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end), line = trimmed(whole.substr(0, whole.find_first_of("#;")));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (const char* wrong = add_line(map, line, tracks)) {
      return fail(Code::invalid, wrong, {},
                  "line " + std::to_string(line_number) + ": " + std::string(line.substr(0, 60)) + "; the file has " +
                      std::to_string(tracks) + " tracks");
    }
  }
  if (map.empty()) return fail(Code::invalid, "the map names no speaker: write lines as FL = 0, 1");
  return map;
}

}  // namespace weir::media
