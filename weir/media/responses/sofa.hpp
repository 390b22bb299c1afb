// Responses from a SOFA file (AES69), convention SimpleFreeFieldHRIR.
#pragma once

#include <filesystem>

#include "weir/media/responses/sofa_directions.hpp"

namespace weir::media {

// Where Debian's libmysofa1 keeps its measurement of a dummy head (MIT KEMAR, 44.1 kHz), the default where no file is
// given.
inline constexpr const char* kemar_path = "/usr/share/libmysofa/MIT_KEMAR_normal_pinna.sofa";

// responses_at() of read_sofa_file().
// Thread-safety: any thread, one file at a time.  Allocates: the whole file and the result.
// Blocks: file system, other readers of SOFA files.  Ownership: none.
Result<ResponseSet> read_sofa(const std::filesystem::path& path, const Layout& layout,
                              SofaPick pick = SofaPick::interpolated);

// read_sofa() of the measurement above. `not_found`: it is not installed; the error names the package.
Result<ResponseSet> default_responses(const Layout& layout, SofaPick pick = SofaPick::interpolated);

}  // namespace weir::media
