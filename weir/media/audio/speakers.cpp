#include "weir/media/audio/speakers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <numbers>

namespace weir::media {
namespace {

struct SpeakerFacts {
  Speaker speaker;
  std::string_view name;
  std::string_view other_name;
  Direction direction;
  std::uint32_t wav_bit;  // 0: WAV has none
};

constexpr std::array<SpeakerFacts, 22> facts{{
    {Speaker::FL, "FL", "L", {30, 0}, 0x1},
    {Speaker::FR, "FR", "R", {-30, 0}, 0x2},
    {Speaker::FC, "FC", "C", {0, 0}, 0x4},
    {Speaker::LFE, "LFE", "SUB", {0, 0}, 0x8},
    {Speaker::BL, "BL", "RL", {135, 0}, 0x10},
    {Speaker::BR, "BR", "RR", {-135, 0}, 0x20},
    {Speaker::SL, "SL", "", {90, 0}, 0x200},
    {Speaker::SR, "SR", "", {-90, 0}, 0x400},
    {Speaker::BC, "BC", "RC", {180, 0}, 0x100},
    {Speaker::FLC, "FLC", "", {15, 0}, 0x40},
    {Speaker::FRC, "FRC", "", {-15, 0}, 0x80},
    {Speaker::WL, "WL", "", {60, 0}, 0},
    {Speaker::WR, "WR", "", {-60, 0}, 0},
    {Speaker::TFL, "TFL", "", {45, 30}, 0x1000},
    {Speaker::TFR, "TFR", "", {-45, 30}, 0x4000},
    {Speaker::TSL, "TSL", "", {90, 30}, 0},
    {Speaker::TSR, "TSR", "", {-90, 30}, 0},
    {Speaker::TBL, "TBL", "TRL", {135, 30}, 0x8000},
    {Speaker::TBR, "TBR", "TRR", {-135, 30}, 0x20000},
    {Speaker::TC, "TC", "", {0, 90}, 0x800},
    {Speaker::TFC, "TFC", "", {0, 30}, 0x2000},
    {Speaker::TBC, "TBC", "TRC", {180, 30}, 0x10000},
}};

const SpeakerFacts& facts_of(Speaker speaker) noexcept { return facts[static_cast<std::size_t>(speaker)]; }

std::string upper_without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte) == 0) out += static_cast<char>(std::toupper(byte));
  }
  return out;
}

std::string joined(const std::vector<Speaker>& speakers) {
  std::string out;
  for (const Speaker s : speakers) out.append(out.empty() ? "" : ",").append(to_string(s));
  return out;
}

// The layout with its own name if it is a known one, else named by its speakers.
Result<Layout> named(std::vector<Speaker> channels) {
  if (std::ssize(channels) > Layout::max_channels) {
    return fail(Code::invalid, "more channels than the 16 that a layout may have", {}, std::to_string(channels.size()));
  }
  for (const Layout& known : known_layouts()) {
    if (known.channels == channels) return known;
  }
  std::string name = joined(channels);
  return Layout{std::move(name), std::move(channels)};
}

std::string known_names() {
  std::string out;
  for (const Layout& known : known_layouts()) out.append(out.empty() ? "" : " ").append(known.name);
  return out;
}

Result<Layout> listed_speakers(std::string_view original, std::string_view list) {
  std::vector<Speaker> channels;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string_view word = list.substr(at, end - at);
    const auto speaker = speaker_of(word);
    if (!speaker) {
      std::string known;
      for (const Speaker s : all_speakers()) known.append(known.empty() ? "" : " ").append(to_string(s));
      return fail(Code::invalid, "no such layout or speaker: use a known layout or a list of speakers",
                  std::string(original),
                  "'" + std::string(word) + "' is none of " + known_names() + ", nor of the speakers " + known);
    }
    if (std::ranges::find(channels, *speaker) != channels.end()) {
      return fail(Code::invalid, "a layout names each speaker once", std::string(original),
                  std::string(to_string(*speaker)));
    }
    channels.push_back(*speaker);
    at = end + 1;
  }
  return named(std::move(channels));
}

}  // namespace

std::span<const Speaker> all_speakers() noexcept {
  static constexpr auto all = [] {
    std::array<Speaker, facts.size()> speakers{};
    for (std::size_t i = 0; i < facts.size(); ++i) speakers[i] = facts[i].speaker;
    return speakers;
  }();
  return all;
}

std::string_view to_string(Speaker speaker) noexcept { return facts_of(speaker).name; }

std::optional<Speaker> speaker_of(std::string_view name) noexcept {
  const auto same = [name](std::string_view other) {
    return std::ranges::equal(name, other, {}, [](char c) { return std::toupper(static_cast<unsigned char>(c)); });
  };
  if (name.empty()) return std::nullopt;
  for (const SpeakerFacts& f : facts) {
    if (same(f.name) || same(f.other_name)) return f.speaker;
  }
  return std::nullopt;
}

Speaker mirrored(Speaker speaker) noexcept {
  const Direction from = facts_of(speaker).direction;
  for (const SpeakerFacts& f : facts) {
    if (f.direction.azimuth_deg == -from.azimuth_deg && f.direction.elevation_deg == from.elevation_deg &&
        from.azimuth_deg != 0) {
      return f.speaker;
    }
  }
  return speaker;
}

float angle_between_deg(const Direction& a, const Direction& b) noexcept {
  constexpr double radians = std::numbers::pi / 180;
  const double up_a = a.elevation_deg * radians, up_b = b.elevation_deg * radians;
  const double round = (static_cast<double>(a.azimuth_deg) - static_cast<double>(b.azimuth_deg)) * radians;
  const double cosine = std::sin(up_a) * std::sin(up_b) + std::cos(up_a) * std::cos(up_b) * std::cos(round);
  return static_cast<float>(std::acos(std::clamp(cosine, -1.0, 1.0)) / radians);
}

bool Layout::has(Speaker speaker) const noexcept { return channel_of(speaker).has_value(); }

std::optional<std::size_t> Layout::channel_of(Speaker speaker) const noexcept {
  const auto at = std::ranges::find(channels, speaker);
  if (at == channels.end()) return std::nullopt;
  return static_cast<std::size_t>(at - channels.begin());
}

Direction direction(Speaker speaker, const Layout& layout) noexcept {
  const bool back = speaker == Speaker::BL || speaker == Speaker::BR;
  const bool side = speaker == Speaker::SL || speaker == Speaker::SR;
  const bool backs = layout.has(Speaker::BL) || layout.has(Speaker::BR) || layout.has(Speaker::BC);
  const bool sides = layout.has(Speaker::SL) || layout.has(Speaker::SR) || layout.has(Speaker::BC);
  Direction d = facts_of(speaker).direction;
  if ((back && !sides) || (side && !backs)) d.azimuth_deg = d.azimuth_deg > 0 ? 110.F : -110.F;
  return d;
}

std::span<const Layout> known_layouts() {
  using enum Speaker;
  static const std::array<Layout, 12> known{{
      {"mono", {FC}},
      {"stereo", {FL, FR}},
      {"3.0", {FL, FR, FC}},
      {"quad", {FL, FR, BL, BR}},
      {"5.0", {FL, FR, FC, BL, BR}},
      {"5.1", {FL, FR, FC, LFE, BL, BR}},
      {"5.1(side)", {FL, FR, FC, LFE, SL, SR}},
      {"6.1", {FL, FR, FC, LFE, BC, SL, SR}},
      {"7.0", {FL, FR, FC, BL, BR, SL, SR}},
      {"7.1", {FL, FR, FC, LFE, BL, BR, SL, SR}},
      {"7.1.4", {FL, FR, FC, LFE, BL, BR, SL, SR, TFL, TFR, TBL, TBR}},
      {"9.1.6", {FL, FR, FC, LFE, BL, BR, SL, SR, WL, WR, TFL, TFR, TSL, TSR, TBL, TBR}},
  }};
  return known;
}

Result<Layout> parse_layout(std::string_view text) {
  struct Spelling {
    std::string_view text, name;
  };
  static constexpr std::array<Spelling, 7> spellings{{{"1.0", "mono"},
                                                      {"2.0", "stereo"},
                                                      {"5.1(BACK)", "5.1"},
                                                      {"5.1-BACK", "5.1"},
                                                      {"5.1BACK", "5.1"},
                                                      {"5.1-SIDE", "5.1(side)"},
                                                      {"5.1SIDE", "5.1(side)"}}};
  std::string wanted = upper_without_blanks(text);
  for (const Spelling& s : spellings) {
    if (wanted == s.text) wanted = upper_without_blanks(s.name);
  }
  for (const Layout& known : known_layouts()) {
    if (wanted == upper_without_blanks(known.name)) return known;
  }
  return listed_speakers(text, wanted);
}

Result<Layout> layout_of_mask(std::uint32_t mask, int channels) {
  if (mask == 0) return default_layout(channels);
  std::vector<std::pair<std::uint32_t, Speaker>> bits;
  std::uint32_t known = 0;
  for (const SpeakerFacts& f : facts) {
    known |= f.wav_bit;
    if ((mask & f.wav_bit) != 0) bits.emplace_back(f.wav_bit, f.speaker);
  }
  if ((mask & ~known) != 0 || std::popcount(mask) != channels) {
    return fail(Code::invalid, "the channel mask does not fit the channels: say the layout", {},
                std::to_string(channels) + " channels, " + std::to_string(std::popcount(mask)) + " bits in mask " +
                    std::to_string(mask));
  }
  std::ranges::sort(bits);
  std::vector<Speaker> speakers;
  for (const auto& [bit, speaker] : bits) speakers.push_back(speaker);
  return named(std::move(speakers));
}

std::uint32_t wav_mask(const Layout& layout) noexcept {
  std::uint32_t mask = 0;
  for (const Speaker s : layout.channels) {
    const std::uint32_t bit = facts_of(s).wav_bit;
    if (bit <= mask) return 0;  // WAV's order is that of its bits
    mask |= bit;
  }
  return mask;
}

Result<Layout> default_layout(int channels) {
  static constexpr std::array<std::string_view, 10> defaults{"mono", "stereo", "3.0", "quad",  "5.0",
                                                             "5.1",  "6.1",    "7.1", "7.1.4", "9.1.6"};
  for (const Layout& known : known_layouts()) {
    if (std::ssize(known.channels) == channels && std::ranges::find(defaults, known.name) != defaults.end())
      return known;
  }
  return fail(Code::invalid, "no layout of so many channels is usual: say which, as FL,FR,FC", {},
              std::to_string(channels) + " channels; usual are 1 to 8, 12 and 16");
}

}  // namespace weir::media
