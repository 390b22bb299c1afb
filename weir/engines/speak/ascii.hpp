// ASCII: a text as flite can read it, which knows no other letters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::speak {

struct Ascii {
  std::string text;
  std::vector<std::uint32_t> places;  // for each byte of it, the byte of the original that it comes from
};

// Of clean text: Latin letters without their accents, quotation marks, dashes and ellipses as typewriters have them; a
// blank for everything else.
Ascii to_ascii(std::string_view text);

}  // namespace weir::speak
