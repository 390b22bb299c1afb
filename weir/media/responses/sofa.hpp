// Responses from a SOFA file (AES69), convention SimpleFreeFieldHRIR.
#pragma once

#include <filesystem>

#include "weir/media/responses/response_set.hpp"

namespace weir::media {

enum class SofaPick {
  nearest,       // the measurement nearest to the speaker, as it was taken
  interpolated,  // between the three nearest, if none is within 0.1°
};

// "nearest", "interpolated"; `invalid` with these words for anything else.
Result<SofaPick> parse_sofa_pick(std::string_view text);

// Where Debian's libmysofa1 keeps its measurement of a dummy head (MIT KEMAR, 44.1 kHz), the default where no file is
// given.
inline constexpr const char* kemar_path = "/usr/share/libmysofa/MIT_KEMAR_normal_pinna.sofa";

// A file of more than this many bytes is refused.
inline constexpr std::uint64_t max_sofa_bytes = 256U << 20;

// The responses of the layout's speakers, but the LFE, at their directions(); Data.Delay applied. An interpolated
// response is the mean of three, weighted by the inverse of their angles, after each ear's responses were shifted onto
// each other (cross-correlation, parts of a sample): so neither highs nor the delay between the ears are smeared. Where
// parts of a sample are shifted, the whole set may begin up to 48 samples later. At several distances the farthest is
// taken. `not_found`, `denied`; `corrupt`: no SOFA file or a broken one; `unsupported`: another convention; `invalid`:
// values that cannot be; no measurement within 20° of a speaker. Thread-safety: any thread, one file at a time.
// Allocates: the whole file and the result. Blocks: file system, other readers of SOFA files.  Ownership: none.
Result<ResponseSet> read_sofa(const std::filesystem::path& path, const Layout& layout,
                              SofaPick pick = SofaPick::interpolated);

// read_sofa() of the measurement above. `not_found`: it is not installed; the error names the package.
Result<ResponseSet> default_responses(const Layout& layout, SofaPick pick = SofaPick::interpolated);

}  // namespace weir::media
