// Speakers and the layouts they stand in: which channel is where.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.hpp"

namespace weir::media {

// The names that every format and tool uses, letter by letter.
// NOLINTBEGIN(readability-identifier-naming)
enum class Speaker : std::uint8_t {
  FL,
  FR,
  FC,
  LFE,
  BL,
  BR,
  SL,
  SR,
  BC,
  FLC,
  FRC,
  WL,
  WR,
  TFL,
  TFR,
  TSL,
  TSR,
  TBL,
  TBR,
  TC,
  TFC,
  TBC,
};  // W: wide, T: top, B: back, S: side, C: centre, LC and RC: left and right of the centre
// NOLINTEND(readability-identifier-naming)

// Every speaker, in the order above.
std::span<const Speaker> all_speakers() noexcept;

std::string_view to_string(Speaker speaker) noexcept;

// "FL", in any case; L, R, C and SUB are FL, FR, FC and LFE; RL, RR, RC, TRL, TRR and TRC (rear) are BL, BR, BC, TBL,
// TBR and TBC. Nothing for any other word.
std::optional<Speaker> speaker_of(std::string_view name) noexcept;

// The same speaker on the other side; one in the middle is its own.
Speaker mirrored(Speaker speaker) noexcept;

// Where the sound comes from, in degrees: azimuth counter-clockwise from the front in (-180, 180], elevation up.
struct Direction {
  float azimuth_deg = 0, elevation_deg = 0;
};

// The angle between two directions in degrees, 0 to 180.
float angle_between_deg(const Direction& a, const Direction& b) noexcept;

// What each channel of a sound is, in order. Its speakers differ; there are 1 to `max_channels` of them.
// Thread-safety: value type.  Allocates: copies.  Blocks: never.  Ownership: owns its list.
struct Layout {
  static constexpr int max_channels = 16;

  std::string name;  // as parse_layout() reads it
  std::vector<Speaker> channels;

  bool has(Speaker speaker) const noexcept;
  // The channel of this speaker, if the layout has it.
  std::optional<std::size_t> channel_of(Speaker speaker) const noexcept;
};

// As in ITU-R BS.2051; the LFE counts as in front. The surround pair of a layout that has no other and no back centre
// stands at ±110° (BS.775), else the sides at ±90° and the backs at ±135°.
Direction direction(Speaker speaker, const Layout& layout) noexcept;

// mono stereo 3.0 quad 5.0 5.1 5.1(side) 6.1 7.0 7.1 7.1.4 9.1.6
std::span<const Layout> known_layouts();

// A known name, or the speakers themselves: "FL,FR,FC,LFE". Case and blanks do not
// matter; 1.0, 2.0, 5.1(back), 5.1-side and 5.1side are understood too. `invalid`: anything else, with what is allowed.
Result<Layout> parse_layout(std::string_view text);

// What a WAV file's channel mask says; 0 says nothing and gives the default. `invalid`: the mask has another number of
// bits than there are channels, or bits that are no speakers.
Result<Layout> layout_of_mask(std::uint32_t mask, int channels);

// The mask that a WAV file writes for this layout; 0 where no mask can say it (another order, wides, top sides).
std::uint32_t wav_mask(const Layout& layout) noexcept;

// What a sound of so many channels is taken for when nothing says more: 1 to 8, 12 (7.1.4) and 16 (9.1.6).
Result<Layout> default_layout(int channels);

}  // namespace weir::media
