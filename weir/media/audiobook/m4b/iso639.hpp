// MP4 has room for three letters of a language's name.
#pragma once

#include <string>
#include <string_view>

namespace weir::media::m4b {

// "eng" of "en-GB"; "und" of what ISO 639 does not have.
std::string iso639_2(std::string_view language);

}  // namespace weir::media::m4b
