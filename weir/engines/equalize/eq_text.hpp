// Equalizer text as Equalizer APO reads it, AutoEq writes it and Room EQ Wizard exports it.
#pragma once

#include <string>
#include <string_view>

#include "weir/core/result.hpp"
#include "weir/engines/equalize/eq_settings.hpp"

namespace weir::equalize {

// Understands, in any letter case, with decimal points or commas:
//   Preamp: -6.2 dB                                        several add up
//   Filter 1: ON PK Fc 105 Hz Gain 1.5 dB Q 0.70           the number may be missing; OFF: the line has no effect
//   Filter: ON LSC 12 dB Fc 105 Hz Gain 3 dB               a shelf's slope in dB per octave instead of Q
//   Channel: L                                             what follows is for L or 1, R or 2, L R or all
// Types: PK PEQ Modal, LS HS (Fc is the corner, if a Q or slope is given), LSC HSC (Fc is the middle), LP LPQ HP HPQ BP
// (Q 1/√2 unless given), NO (Q 30 unless given), AP, None. PK and AP also take BW Oct for Q. Blank lines, lines that
// start with #, `Device: all`, `Stage: post-mix` and the heading of a Room EQ Wizard export say nothing about the sound
// and are passed over. Everything else is an error: what is not understood would be missing from the sound.
// `name` is the text's name in errors, which say "name:line" and quote the line.
// Errors: `invalid`: a line that is not understood, a number out of range, no filter at all. `exhausted`: too many
// bands or bytes.
// Thread-safety: any thread.  Allocates: yes.  Blocks: never.  Ownership: the settings own all.
Result<EqSettings> parse_eq(std::string_view text, const std::string& name);

constexpr std::size_t max_eq_text_bytes = 1 << 20;

}  // namespace weir::equalize
